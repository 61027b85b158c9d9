"""Find what answers, on TCP or on a serial line: mallee controllers and anything else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from ..errors import MalleeError
from ..link.address import MODBUS_TCP_PORT, SerialAddress, TcpAddress, parse_address
from ..link.base import Link
from ..link.failures import LinkDown, LinkError, NoAnswer
from ..link.rtu import SerialLink
from ..link.tcp import TcpLink
from .identity import read_identification, read_identity
from .resolve import known_dictionary

DEFAULT_UNITS = (1, 255)  # 255 addresses a TCP device itself (Messaging on TCP/IP Guide V1.0b, 4.4.2.1)
PROBE_S = 0.6  # a host that does not answer costs at most three of these: connect, and two units
SERIAL_UNITS = tuple(range(1, 248))  # MODBUS over Serial Line V1.02, 2.2
SERIAL_PROBE_S = 0.08  # to the first byte of an answer: 247 units at 19200 Bd in 22 s
_SLOW_S = 1.0  # for a unit that was heard, but later than that
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


def parse_targets(texts: Sequence[str]) -> list[TcpAddress | SerialAddress]:
    """HOST, HOST:PORT, HOST:PORT-PORT and serial://PORT, each address once. Raises MalleeError."""
    found: dict[TcpAddress | SerialAddress, None] = {}
    for text in texts:
        if text.startswith("serial:"):
            found[parse_address(text)] = None
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
        "write HOST, HOST:PORT, HOST:PORT-PORT (127.0.0.1:15001-15030) or serial:///dev/ttyUSB0?baud=19200&framing=8E1",
    )


async def discover(
    targets: Sequence[TcpAddress | SerialAddress],
    units: Sequence[int] | None = None,
    *,
    cache: Path | None = None,
    probe_s: float | None = None,
) -> list[Found]:
    """Ask every target at once, in order of the targets. What does not answer is not in the list.

    `units` None: 1 and 255 on TCP, all on a serial line. `probe_s` is how long each may take; None: PROBE_S and SERIAL_PROBE_S.
    Raises LinkDown for a serial port that cannot be opened.
    """
    bound = asyncio.Semaphore(_AT_ONCE)

    async def probe(target: TcpAddress | SerialAddress) -> list[Found]:
        async with bound:
            if isinstance(target, SerialAddress):
                return await _probe_line(
                    target, SERIAL_UNITS if units is None else units, cache, probe_s or SERIAL_PROBE_S
                )
            return await _probe(target, DEFAULT_UNITS if units is None else units, cache, probe_s or PROBE_S)

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


async def _probe_line(target: SerialAddress, units: Sequence[int], cache: Path | None, probe_s: float) -> list[Found]:
    """One unit after the other. One that is heard late is asked again, with time."""
    link = SerialLink(target, timeout_s=probe_s)
    found: list[Found] = []
    try:
        for unit in units:
            with suppress(NoAnswer):
                await read_identity(link, unit)
        heard = [u for u in units if (s := link.statistics.unit(u)).answers or s.exceptions or s.late or s.damaged]
        link.timeout_s = max(_SLOW_S, probe_s)
        for unit in heard:
            with suppress(NoAnswer):
                found.append(await _ask(link, unit, cache))
    finally:
        await link.close()
    return found


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
