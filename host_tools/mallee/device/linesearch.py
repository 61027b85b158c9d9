"""Everything on a serial line: how it speaks, then who answers. Whether one may ask at all: others.py."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from ..link.address import SerialAddress
from ..link.failures import NoAnswer
from ..link.guessing import BAUDS
from ..link.probing import Prober
from ..link.rtu import SerialLink
from ..link.rtu_frames import FRAME_MIN
from ..link.tap import TapFrame
from .duplicates import TIMES, Verdict, ask, judge, long_question, short_question
from .identity import read_identity

SERIAL_UNITS = tuple(range(1, 248))  # MODBUS over Serial Line V1.02, 2.2
SERIAL_PROBE_S = 0.08  # to the first byte of an answer: 247 units at 19200 Bd in 22 s
_SECOND_S = 0.12  # after the last request, for a second answer
NEAR = 16  # units asked at each baud rate and framing before all are: addresses begin at 1
_COMMON = BAUDS[:4]
_FRAMINGS = ("8E1", "8N1", "8O1", "8N2")


class Step(NamedTuple):
    """How far a search is: `asked` of `units` at this baud rate and framing; `found` answered."""

    address: SerialAddress
    asked: int
    units: int
    found: int


class Heard(NamedTuple):
    """A unit of which something came, and what is to be thought of its address."""

    unit: int
    verdict: Verdict


class Settings(NamedTuple):
    """How a line speaks. `good`: an answer came whole there; otherwise only something damaged did."""

    address: SerialAddress
    good: bool


Progress = Callable[[Step], None]


def asking_settings(device: str) -> list[SerialAddress]:
    """In the order in which they are tried. Parity does matter here: units may check it in what they are asked."""
    common = [SerialAddress(device, baud, framing) for framing in _FRAMINGS[:2] for baud in _COMMON]
    other = [SerialAddress(device, baud, framing) for framing in _FRAMINGS[:2] for baud in BAUDS[len(_COMMON) :]]
    return common + other + [SerialAddress(device, baud, framing) for framing in _FRAMINGS[2:] for baud in _COMMON]


async def find_settings(
    device: str,
    units: Sequence[int],
    probe_s: float,
    progress: Progress = lambda step: None,
    *,
    but: SerialAddress | None = None,
) -> Settings | None:
    """At which baud rate and framing units answer: the nearest addresses in every way first, then the others. Where nothing good
    comes anywhere, the first at which something damaged does. `but` was tried before. Raises LinkDown."""
    damaged: SerialAddress | None = None
    for some in (units[:NEAR], units[NEAR:]):
        for address in asking_settings(device) if some else ():
            if address == but:
                continue
            link = SerialLink(address, timeout_s=probe_s)
            try:
                for number, unit in enumerate(some):
                    progress(Step(address, number, len(some), 0))
                    with suppress(NoAnswer):
                        await read_identity(link, unit)
                        return Settings(address, good=True)
                await asyncio.sleep(_SECOND_S)
                with suppress(NoAnswer):
                    await link.settle()
                if any(unit.late for unit in link.statistics.units.values()):
                    return Settings(address, good=True)
                if damaged is None and any(unit.damaged for unit in link.statistics.units.values()):
                    damaged = address
            finally:
                await link.close()
    return None if damaged is None else Settings(damaged, good=False)


class _Seen:
    """What came in a search. `noise` is bytes of no frame by the unit that was asked, 0: between two of them."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()
        self.came: Counter[int] = Counter()  # good frames, expected or not
        self.noise: Counter[int] = Counter()
        self.strangers = 0

    @property
    def heard(self) -> list[int]:
        """A byte or two is no answer: a line that nobody biases makes them."""
        return [unit for unit in sorted(self.asked) if self.came[unit] or self.noise[unit] >= FRAME_MIN]

    @property
    def doubtful(self) -> list[int]:
        return [unit for unit in self.heard if self.noise[unit] or self.came[unit] > self.asked[unit]]


async def find_units(
    address: SerialAddress, units: Sequence[int], probe_s: float, progress: Progress = lambda step: None
) -> list[Heard]:
    """Ask each unit once; where anything was damaged the silent ones again, and those of which too much or nothing good came
    until it is known why. Raises LinkDown."""
    seen = _Seen()
    await _sweep(address, units, probe_s, progress, seen)
    if seen.noise or seen.strangers:
        await _sweep(address, [unit for unit in units if not seen.came[unit]], probe_s, progress, seen)
    verdicts: dict[int, Verdict] = dict.fromkeys(seen.heard, "one")
    if seen.doubtful:
        async with Prober(address) as prober:
            for unit in seen.doubtful:
                short = await ask(prober, unit, short_question(), TIMES // 2)
                verdicts[unit] = judge(short + await ask(prober, unit, long_question(), TIMES // 2))
    return [Heard(unit, verdict) for unit, verdict in verdicts.items()]


async def _sweep(address: SerialAddress, units: Sequence[int], probe_s: float, progress: Progress, seen: _Seen) -> None:
    """A link of its own, which does not yet know whom to distrust: who is there matters, not to what the answer belongs."""
    link, asked = SerialLink(address, timeout_s=probe_s), 0

    def tap(frame: TapFrame) -> None:
        if frame.sent:
            seen.asked[frame.data[0]] += 1
        elif frame.good:
            seen.came[frame.data[0]] += 1
        else:
            seen.noise[asked] += len(frame.data)

    link.taps.append(tap)
    try:
        for number, unit in enumerate(units):
            asked = unit
            progress(Step(address, number, len(units), len(seen.heard)))
            with suppress(NoAnswer):
                await read_identity(link, unit)
        asked = 0
        await asyncio.sleep(_SECOND_S)
        with suppress(NoAnswer):
            await link.settle()
    finally:
        seen.strangers += link.statistics.wrong_unit
        await link.close()
