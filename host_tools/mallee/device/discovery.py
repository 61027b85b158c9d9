"""Find what answers, on TCP or on a serial line: mallee controllers and anything else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ..errors import MalleeError
from ..link.address import (
    MODBUS_TCP_PORT,
    SerialAddress,
    SerialPort,
    TcpAddress,
    as_port,
    names_settings,
    parse_address,
)
from ..link.base import Link
from ..link.failures import LinkDown, LinkError, NoAnswer
from ..link.rtu import SerialLink
from ..link.tcp import TcpLink
from .duplicates import Verdict
from .identity import read_identification, read_identity
from .linesearch import SERIAL_PROBE_S, SERIAL_UNITS, Progress, find_settings, find_units
from .others import listen_for_others, refused
from .resolve import known_dictionary

DEFAULT_UNITS = (1, 255)  # 255 addresses a TCP device itself (Messaging on TCP/IP Guide V1.0b, 4.4.2.1)
PROBE_S = 0.6  # a host that does not answer costs at most three of these: connect, and two units
_SLOW_S = 1.0  # for a unit that was heard, but later than that
_TRIES, _AGAIN_S = 6, 0.7  # longer than a link leaves a silent unit alone at first
_AT_ONCE = 64
_TARGET = re.compile(r"^(?:tcp://)?(?P<host>\[[^\]]+\]|[^:/]+)(?::(?P<first>\d+)(?:-(?P<last>\d+))?)?$")


class Found(msgspec.Struct, frozen=True):
    """One unit that answered. For a foreign device the identification of the standard, as far as it has one."""

    address: str
    unit: int
    mallee: bool
    profile: str | None = None
    name: str | None = None
    firmware: str | None = None
    serial_number: str | None = None
    dictionary: str | None = None
    """`known`, or `on the device`: it will be fetched from there."""
    vendor: str | None = None
    product: str | None = None
    note: str | None = None
    """What is wrong with its address, None: nothing that was seen."""


Target = TcpAddress | SerialAddress | SerialPort

_NOTES: dict[Verdict, str] = {
    "two": "two units answer at this address",
    "damaged": "its answers are damaged: two units with this address, or noise",
}
_NOTES_BESIDE: dict[Verdict, str] = {
    "two": "two answers came to one request: two units with this address, or one of them was the other master's",
    "damaged": "its answers are damaged: collisions with the other master, two units with this address, or noise",
}
"""Where another master talks, and was not heeded."""


def parse_targets(texts: Sequence[str]) -> list[Target]:
    """HOST, HOST:PORT, HOST:PORT-PORT, /dev/ttyUSB0 and serial://PORT, each address once. A line whose address does not say
    how it speaks is a SerialPort. Raises MalleeError."""
    found: dict[Target, None] = {}
    for text in map(as_port, texts):
        if text.startswith("serial:"):
            address = parse_address(text)
            assert isinstance(address, SerialAddress)
            found[address if names_settings(text) else SerialPort(address.device)] = None
            continue
        match = _TARGET.match(text)
        if match is None:
            raise _wrong(text)
        first = int(match["first"] or MODBUS_TCP_PORT)
        last = int(match["last"] or first)
        if not 1 <= first <= last <= 65535 or last - first >= 4096:
            raise _wrong(text)
        host = match["host"].strip("[]")
        found.update({TcpAddress(host, port): None for port in range(first, last + 1)})
    return list(found)


def _wrong(text: str) -> MalleeError:
    return MalleeError(
        f"{text!r} is not a target",
        "a typing error, or more than 4096 ports",
        "write HOST, HOST:PORT, HOST:PORT-PORT (127.0.0.1:15001-15030), /dev/ttyUSB0 or serial:///dev/ttyUSB0?baud=19200&framing=8E1",
    )


async def discover(
    targets: Sequence[Target],
    units: Sequence[int] | None = None,
    *,
    cache: Path | None = None,
    probe_s: float | None = None,
    force: bool = False,
    progress: Progress = lambda step: None,
) -> list[Found]:
    """Ask every target at once, in order of the targets. What does not answer is not in the list.

    `units` None: 1 and 255 on TCP, all on a serial line. `probe_s` is how long each may take; None: PROBE_S and SERIAL_PROBE_S.
    A line is listened to first; where others talk nothing is asked without `force`: raises MalleeError (REFUSED). Raises
    LinkDown for a serial port that cannot be opened.
    """
    bound = asyncio.Semaphore(_AT_ONCE)

    async def probe(target: Target) -> list[Found]:
        async with bound:
            if isinstance(target, TcpAddress):
                return await _probe(target, DEFAULT_UNITS if units is None else units, cache, probe_s or PROBE_S)
            asked, limit_s = SERIAL_UNITS if units is None else units, probe_s or SERIAL_PROBE_S
            known = isinstance(target, SerialAddress)
            address = target if known else SerialAddress(target.device)
            others = await listen_for_others(address)
            if others.talk and not force:
                raise refused(target.device, others)
            if not known:
                found = await find_settings(target.device, asked, limit_s, progress)
                if found is None:
                    return []
                address = found.address
            return await _probe_line(address, asked, cache, limit_s, progress, _NOTES_BESIDE if others.talk else _NOTES)

    return [found for each in await asyncio.gather(*map(probe, targets)) for found in each]


async def _probe(target: TcpAddress, units: Sequence[int], cache: Path | None, probe_s: float) -> list[Found]:
    link = TcpLink(target.host, target.port, timeout_s=probe_s)
    found: list[Found] = []
    try:
        for unit in units:
            try:
                one = await _ask(link, unit, cache)
            except NoAnswer:
                continue
            found.append(one)
            if one.mallee:  # it answers 255 as well as its own address: one controller, not two
                break
    except LinkDown:
        pass
    finally:
        await link.close()
    return found


async def _probe_line(
    target: SerialAddress,
    units: Sequence[int],
    cache: Path | None,
    probe_s: float,
    progress: Progress,
    notes: Mapping[Verdict, str],
) -> list[Found]:
    """One unit after the other. One that is heard late is asked again, with time. `notes` on what is wrong with an address."""
    found: list[Found] = []
    heard = await find_units(target, units, probe_s, progress)
    link = SerialLink(target, timeout_s=max(_SLOW_S, probe_s))
    try:
        for unit, verdict in heard:
            tries = 1 if verdict == "silent" else _TRIES
            one, note = await _ask_again(link, unit, cache, tries), notes.get(verdict)
            if one is not None or note is not None:
                one = one or Found(address=str(target), unit=unit, mallee=False)
                found.append(msgspec.structs.replace(one, unit=unit, note=note))
    finally:
        await link.close()
    return found


async def _ask_again(link: Link, unit: int, cache: Path | None, tries: int) -> Found | None:
    """Of a unit that was heard: one lost answer does not make it unknown."""
    for _ in range(tries):
        try:
            return await _ask(link, unit, cache)
        except NoAnswer:
            await asyncio.sleep(_AGAIN_S)
    return None


async def _ask(link: Link, unit: int, cache: Path | None) -> Found:
    identity = await read_identity(link, unit)
    if identity is not None:
        return Found(
            address=link.address,
            unit=unit if identity.unit is None else identity.unit,
            mallee=True,
            profile=identity.profile,
            name=identity.name,
            firmware=identity.firmware,
            serial_number=identity.serial_number,
            dictionary="known" if known_dictionary(identity.dictionary_hash, cache) else "on the device",
        )
    try:
        objects = await read_identification(link, unit)
    except LinkError:  # it answered before: a Modbus device without identification
        objects = {}
    return Found(
        address=link.address,
        unit=unit,
        mallee=False,
        firmware=objects.get(2),
        vendor=objects.get(0),
        product=objects.get(4) or objects.get(1),
    )
