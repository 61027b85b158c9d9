"""The first part of an acceptance where there is no pod file: scan, go through what was found, write the pod file.

Name and unit address are no registers: they are written with the firmware, at the board's USB (docs/flashing.md). So whoever
changes them does it there, and here it is proven that the controller answers as what it shall be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from .. import clock
from ..device.discovery import Found, discover, parse_targets
from ..device.identity import Identity, read_identity
from ..errors import ExitCode, MalleeError
from ..link.failures import LinkDown, NoAnswer
from ..link.opening import open_link
from ..pod.alarms import atomic
from ..pod.drafting import refuse_place, write
from . import keeping
from .model import Named, Verdict
from .stock import FORMAT, Stock, checked, pod_file, proposed

_START_S, _PAUSE_S, _TIMEOUT_S = 20.0, 0.5, 0.5
_TRIES = 3


class Names(Protocol):
    """A person, or a policy in its place. `left`: what it is when a controller is left as it is."""

    left: Verdict

    def identity(self, one: Found, proposal: str) -> tuple[str, int]:
        """Name and unit address that it shall have."""
        ...

    def rename(self, one: Found, name: str, unit: int) -> bool:
        """Write them onto its board; False: it stays as it is. Raises MalleeError where that fails."""
        ...

    def again(self, error: MalleeError) -> None:
        """What was told, or done, cannot be."""
        ...


class AsTheyAre:
    """Nobody is there: each keeps the name and the unit that it has."""

    left: Verdict = "skipped"

    def identity(self, one: Found, proposal: str) -> tuple[str, int]:
        return proposal, one.unit

    def rename(self, one: Found, name: str, unit: int) -> bool:
        return False

    def again(self, error: MalleeError) -> None:
        raise error


Scan = Callable[[Sequence[str], Sequence[int] | None], Awaitable[list[Found]]]


async def scanned(targets: Sequence[str], units: Sequence[int] | None) -> list[Found]:
    return await discover(parse_targets(targets), units)


async def find(
    stock_file: Path,
    file: Path,
    targets: Sequence[str],
    names: Names,
    *,
    who: str,
    units: Sequence[int] | None = None,
    scan: Scan = scanned,
    tell: Callable[[Named], None] = lambda named: None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Named, ...]:
    """Who was found; the pod file is written then. Goes on where `stock_file` has it. Raises MalleeError (3) where nothing of
    ours answers, and for a pod file that stands there already."""
    with keeping.alone(stock_file):
        stock = _load(stock_file, targets)
        if stock is not None and _written(stock, file):
            say(f"{file} is written already, as {stock_file} has it")
            return stock.named
        _refuse_place(file)
        if stock is None:
            stock = Stock(targets=tuple(targets), found=tuple(await scan(targets, units)))
            _save(stock_file, stock)
            say(
                f"{len(stock.controllers)} controllers answered, and {len(stock.found) - len(stock.controllers)} others"
            )
        else:
            say(f"going on with controller {len(stock.named) + 1} of {len(stock.controllers)}, as {stock_file} has it")
        while (one := stock.next) is not None:
            named = await _name(one, stock, names, who)
            stock = msgspec.structs.replace(stock, named=(*stock.named, named))
            _save(stock_file, stock)
            tell(named)
        write(file, pod_file(stock, file.stem), overwrite=False)
        _save(stock_file, msgspec.structs.replace(stock, written=True))
        say(f"{file} is written; what is marked CHECK in it no bus can tell")
        return stock.named


async def _name(one: Found, stock: Stock, names: Names, who: str) -> Named:
    proposal = proposed(one, stock.taken)
    if one.note is not None:
        return _named(one, proposal, one.unit, "failed", who, f"{one.note}: it is not in the pod file")
    for _ in range(_TRIES):
        name, unit = names.identity(one, proposal)
        try:
            checked(name, unit, stock.taken)
            if (name, unit) == (one.name, one.unit):
                return _named(one, name, unit, "passed", who, "")
            if not names.rename(one, name, unit):
                break
            wrong = await _proven(one, name, unit)
            if not wrong:
                return _named(one, name, unit, "passed", who, "written onto its board, and it answers so")
            raise MalleeError(
                f"{one.address}: {wrong}",
                "another board was written, it does not run yet, or its baud or framing differs",
                "look at the board, and try again",
                ExitCode.FINDINGS,
            )
        except MalleeError as error:
            names.again(error)
    note = (
        f"it still calls itself {one.name or 'nothing'}, unit {one.unit}: `mallee flash --name {proposal}` changes that"
    )
    return _named(one, proposal, one.unit, names.left, who, note)


async def _proven(one: Found, name: str, unit: int) -> str:
    """What is wrong after some time; empty: it answers at that unit, with that name, and it is the same board."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + _START_S
    while True:
        identity = await _identity(one.address, unit)
        if identity is None:
            wrong = f"nothing of ours answers at unit {unit}"
        elif identity.serial_number != one.serial_number:
            wrong = f"serial number {identity.serial_number} answers at unit {unit}, and not {one.serial_number}"
        elif (identity.name, identity.unit) != (name, unit):
            wrong = f"it calls itself {identity.name or 'nothing'}, unit {identity.unit}"
        else:
            return ""
        if loop.time() >= end_s:
            return wrong
        await asyncio.sleep(_PAUSE_S)


async def _identity(address: str, unit: int) -> Identity | None:
    link = open_link(address, timeout_s=_TIMEOUT_S)
    try:
        return await read_identity(link, unit)
    except (NoAnswer, LinkDown):
        return None
    finally:
        await link.close()


def _refuse_place(file: Path) -> None:
    """Before anybody is asked for anything. Raises MalleeError."""
    if file.exists():
        raise MalleeError(
            f"{file} exists, and was not touched",
            "the controllers were found before, and the pod file is this one",
            f"leave --scan out: `mallee commission -c {file}` takes it; or name another file: --write FILE",
        )
    refuse_place(file, overwrite=False)


def _written(stock: Stock, file: Path) -> bool:
    return stock.written and file.exists()


def _named(one: Found, name: str, unit: int, verdict: Verdict, who: str, note: str) -> Named:
    return Named(
        address=one.address,
        serial=one.serial_number or "",
        was_name=one.name or "",
        was_unit=one.unit,
        name=name,
        unit=unit,
        verdict=verdict,
        who=who,
        time=clock.utc_now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        note=note,
    )


def _load(path: Path, targets: Sequence[str]) -> Stock | None:
    try:
        stock = msgspec.json.decode(path.read_bytes(), type=Stock)
        if stock.format != FORMAT or stock.targets != tuple(targets):
            raise ValueError(f"it is of {', '.join(stock.targets)}")
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise MalleeError(
            f"{path} is of another scan, or none: {error}",
            "the acceptance was begun with other addresses, or by another release",
            "name the same addresses, or another session: --session FILE",
            ExitCode.USAGE,
        ) from error
    return stock


def _save(path: Path, stock: Stock) -> None:
    try:
        atomic.write(path, msgspec.json.format(msgspec.json.encode(stock), indent=1))
    except OSError as error:
        raise keeping.cannot_write(path, error.strerror or str(error)) from error
