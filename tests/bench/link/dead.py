"""What one dead unit of 32 costs the others on a serial line, in virtual time."""

from __future__ import annotations

import asyncio

from mallee import resources
from mallee.device.device import Device
from mallee.link.address import SerialAddress
from mallee.link.rtu import SerialLink
from mallee.poll.group import fast_group
from mallee.poll.poller import Poller

from ...host.line_loop import LineDevice, run_on_line
from ...host.peer import Peer

UNITS, DEAD = 32, 7
_FOR_S, _BAUD = 120.0, 9600


async def answers(address: SerialAddress, units: list[int]) -> int:
    dictionary = resources.dictionary("pump")
    link = SerialLink(address, timeout_s=60.0, answer_s=0.15)
    poller = Poller()
    for unit in units:
        poller.add(Device(link, unit, dictionary), [fast_group(dictionary, 1.0)])
    await asyncio.sleep(_FOR_S)
    await poller.close()
    await link.close()
    return link.statistics.summary().answers


def run(units: list[int]) -> int:
    devices = [LineDevice(unit, Peer(resources.dictionary("pump"), unit=unit).answer) for unit in range(1, UNITS + 1)]
    devices[DEAD - 1].dead = True
    return run_on_line(lambda address: answers(address, units), devices, baud=_BAUD)


def measure() -> dict[str, tuple[float | None, str]]:
    everyone = list(range(1, UNITS + 1))
    without, with_dead = run([unit for unit in everyone if unit != DEAD]), run(everyone)
    how = f"fast blocks that fill a line of {_BAUD} Bd for {_FOR_S:g} virtual s from its death on: {with_dead} answers of the 31 "
    how += f"others, {without} where the dead one is not asked"
    return {"dead_unit": (round(100 * (1 - with_dead / without), 2), how)}
