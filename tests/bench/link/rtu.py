"""What part of the request rate that the standard's times allow is reached on a serial line, in virtual time."""

from __future__ import annotations

import asyncio

from mallee import resources
from mallee.device.device import Device
from mallee.link.address import SerialAddress
from mallee.link.rtu import SerialLink
from mallee.link.rtu_frames import character_s, silence_s
from mallee.poll.group import Group, fast_group
from mallee.poll.poller import Poller

from ...host.line_loop import LineDevice, run_on_line
from ...host.peer import Peer

_FOR_S = 20.0
_REQUEST_BYTES = 8
LINES = ((115200, "8N1"), (19200, "8E1"))


def allowed_s(baud: int, framing: str, registers: int) -> float:
    """A request and its answer, each behind 3.5 characters of silence; the device replies at once."""
    return (_REQUEST_BYTES + 5 + 2 * registers) * character_s(baud, framing) + 2 * silence_s(baud)


async def rate(address: SerialAddress, group: Group) -> float:
    """Requests a second of a poller that always has one more to make."""
    link = SerialLink(address)
    poller = Poller()
    poller.add(Device(link, 1, resources.dictionary("pump")), [group])
    await asyncio.sleep(1)
    before = link.statistics.unit(1).answers
    await asyncio.sleep(_FOR_S)
    answers = link.statistics.unit(1).answers - before
    await poller.close()
    await link.close()
    return answers / _FOR_S


def measure() -> dict[str, tuple[float | None, str]]:
    dictionary = resources.dictionary("pump")
    fast = fast_group(dictionary, 0.0001)
    found: dict[str, tuple[float | None, str]] = {}
    for baud, framing in LINES:
        for name, group, registers in (("", fast, 55), (".shortest", Group("fast", ("state",), 0.0001), 1)):
            device = LineDevice(1, Peer(dictionary).answer)
            reached = run_on_line(lambda address, g=group: rate(address, g), [device], baud=baud, framing=framing)
            value = reached * allowed_s(baud, framing, registers)
            how = f"polling {registers} registers again and again for {_FOR_S:g} virtual s through the line model: "
            how += f"{reached:.1f} requests a second of {1 / allowed_s(baud, framing, registers):.1f}; reply delay 0"
            found[f"rtu_{baud}{name}"] = (round(value, 3), how)
    return found
