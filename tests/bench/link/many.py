"""64 controllers over TCP: fast blocks at 10 Hz, 250 registers more at 1 Hz, everything decoded."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from mallee.device.device import Device
from mallee.device.dictionary import Dictionary
from mallee.link.tcp import TcpLink
from mallee.poll.group import Group, fast_group, rest_group
from mallee.poll.poller import Polled, Poller

from .serving import responder

COUNT, REGISTERS = 64, 250
_WARM_S, _FOR_S = 3.0, 15.0


def rest_250(dictionary: Dictionary) -> Group:
    """The first 250 registers that are not in the fast block."""
    names: list[str] = []
    left = REGISTERS
    for name in rest_group(dictionary, 1.0).points:
        point = dictionary.by_name[name]
        if point.table == "input" and point.registers <= left:
            names.append(name)
            left -= point.registers
    return Group("rest", tuple(names), 1.0)


async def poll(ports: list[int]) -> tuple[float, list[tuple[float, float]], int]:
    """CPU share of this process, round trip of each fast block and how long it was the newest, and requests a second."""
    links = [TcpLink("127.0.0.1", port) for port in ports]
    poller = Poller()
    came: dict[str, list[tuple[float, float]]] = {}  # when, and its round trip
    loop = asyncio.get_running_loop()

    def hear(polled: Polled) -> None:
        if polled.group == "fast" and polled.good:
            trip_s = statistics[polled.device].round_trips_s()[-1]
            came.setdefault(polled.device, []).append((loop.time(), trip_s))

    statistics = {}
    poller.subscribe(hear)
    for link in links:
        device = await Device.connect(link, 1)
        statistics[device.name] = link.statistics.unit(1)
        poller.add(device, [fast_group(device.dictionary, 0.1), rest_250(device.dictionary)])
    await asyncio.sleep(_WARM_S)
    for times in came.values():
        times.clear()
    requests = sum(link.statistics.unit(1).requests for link in links)
    began_s, cpu_s = time.perf_counter(), time.process_time()
    await asyncio.sleep(_FOR_S)
    took_s = time.perf_counter() - began_s
    share = (time.process_time() - cpu_s) / took_s
    requests = sum(link.statistics.unit(1).requests for link in links) - requests
    gaps = [(trip_s, later_s - at_s) for each in came.values() for (at_s, trip_s), (later_s, _) in pairwise(each)]
    await poller.close()
    for link in links:
        await link.close()
    return share, gaps, round(requests / took_s)


def p99_age_s(gaps: list[tuple[float, float]]) -> float:
    """Of all moments on all controllers: an answer is a round trip old when it comes, and ages until the next one."""
    total_s = sum(gap_s for _, gap_s in gaps)
    low_s, high_s = 0.0, 10.0
    for _ in range(40):
        age_s = (low_s + high_s) / 2
        older_s = sum(max(0.0, trip_s + gap_s - max(age_s, trip_s)) for trip_s, gap_s in gaps)
        low_s, high_s = (age_s, high_s) if older_s > 0.01 * total_s else (low_s, age_s)
    return high_s


def measure() -> dict[str, tuple[float | None, str]]:
    with responder(COUNT) as serving:
        share, gaps, rate = asyncio.run(poll(serving.ports))
    how = f"{COUNT} PDUs in another process that answers from images of the real map (no firmware: its boards need the "
    how += f"simulator's time); fast block at 10 Hz, {REGISTERS} registers at 1 Hz, decoded: {rate} requests a second "
    how += f"for {_FOR_S:g} s, once"
    return {
        "many.cpu": (round(100 * share, 1), f"user and system time of the polling process; {how}"),
        "many.age_p99": (round(1000 * p99_age_s(gaps), 1), f"of all moments, from the sending of the request; {how}"),
    }
