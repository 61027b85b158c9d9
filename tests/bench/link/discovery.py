"""How long it takes to find what there is: a whole serial line in virtual time, and hosts on loopback."""

from __future__ import annotations

import asyncio
import time

from mallee import resources
from mallee.device.discovery import discover
from mallee.link.address import SerialAddress, TcpAddress

from ...host.line_loop import LineDevice, run_on_line
from ...host.peer import Peer
from .serving import responder

UNITS = (1, 17, 200)
_ANSWERING, _SILENT, _CLOSED = 16, 8, 8


async def line(address: SerialAddress) -> float:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    found = await discover([address])
    assert [each.unit for each in found] == list(UNITS)
    return loop.time() - began_s


async def hosts(ports: list[int]) -> float:
    servers = [await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0) for _ in range(_SILENT + _CLOSED)]
    others = [server.sockets[0].getsockname()[1] for server in servers]
    for server in servers[_SILENT:]:
        server.close()
    began_s = time.perf_counter()
    found = await discover([TcpAddress("127.0.0.1", port) for port in ports + others])
    took_s = time.perf_counter() - began_s
    assert len(found) == _ANSWERING
    for server in servers[:_SILENT]:
        server.close()
    return took_s


def measure() -> dict[str, tuple[float | None, str]]:
    dictionary = resources.dictionary("pump")
    devices = []
    for unit in UNITS:
        peer = Peer(dictionary, unit=unit)
        peer.set("unit_address", unit)
        devices.append(LineDevice(unit, peer.answer))
    line_s = run_on_line(line, devices)
    with responder(_ANSWERING) as serving:
        hosts_s = max(asyncio.run(hosts(serving.ports)) for _ in range(3))
    how = f"{_ANSWERING} that answer, {_SILENT} that accept and are silent, {_CLOSED} that refuse; the worst of 3 times"
    return {
        "discovery.line_19200": (
            round(line_s, 2),
            "units 1 to 247 at 19200 Bd 8E1, of which 3 answer, in virtual time, once",
        ),
        "discovery.tcp_32": (round(hosts_s, 2), how),
    }
