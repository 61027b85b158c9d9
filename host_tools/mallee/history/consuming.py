"""The energy that counters of a history went on by."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from . import energy
from .compaction import HOUR_MS, Level
from .query import History
from .series import Series

_BESIDE_MS = 150_000
"""Counters come once a minute at the least: so far beside a range there is one, unless there is a gap."""
_RAW_MAX_MS = 6 * HOUR_MS


class Consumed(msgspec.Struct, frozen=True, kw_only=True):
    """Of one counter, in its unit. `energy` None: it is not known on both sides of anything in the range. `bridged` is the part
    that was counted in gaps."""

    device: str
    point: str
    unit: str
    from_ms: int
    to_ms: int
    energy: float | None
    bridged: float
    restarts: int


def counts_energy(series: Series) -> bool:
    return series.unit in energy.UNITS


def consumed(history: History, wanted: Sequence[Series], from_ms: int, to_ms: int) -> list[Consumed]:
    """Over what was recorded of the range. A long range is taken from minutes: a counter's lowest is that of the beginning."""
    found: list[Consumed] = []
    for series in wanted:
        first_ms, last_ms = history.extent(series)
        begin_ms, end_ms = max(from_ms, first_ms), min(to_ms, last_ms)
        if end_ms < begin_ms:
            continue
        level = Level.RAW if end_ms - begin_ms <= _RAW_MAX_MS else Level.MINUTE
        wide = widened(history, series.device, begin_ms, end_ms)
        times_ms, counts = _counts(history, series, *wide, level)
        result = energy.used(times_ms, counts, begin_ms, end_ms)
        unseen = [fill for of, fill in history.fills(begin_ms, end_ms) if of == series]
        found.append(
            Consumed(
                device=series.device,
                point=series.point,
                unit=series.unit,
                from_ms=begin_ms,
                to_ms=end_ms,
                energy=result.amount,
                bridged=sum((f.amount or 0.0) * energy.share(f.from_ms, f.to_ms, begin_ms, end_ms) for f in unseen),
                restarts=result.restarts,
            )
        )
    return found


def widened(history: History, device: str, from_ms: int, to_ms: int) -> tuple[int, int]:
    """A range with a value on both sides, however long the gaps are that it begins and ends in."""
    gaps = history.gaps(device, from_ms - _BESIDE_MS, to_ms + _BESIDE_MS)
    begins = [gap.from_ms for gap in gaps if gap.from_ms < from_ms]
    ends = [gap.to_ms for gap in gaps if gap.to_ms is not None and gap.to_ms > to_ms]
    return min([from_ms, *begins]) - _BESIDE_MS, max([to_ms, *ends]) + _BESIDE_MS


def _counts(
    history: History, series: Series, from_ms: int, to_ms: int, level: Level
) -> tuple[list[int], list[float | None]]:
    times_ms: list[int] = []
    counts: list[float | None] = []
    for piece in history.read([series], from_ms, to_ms, level):
        times_ms += piece.times_ms
        values = piece.values if piece.lows is None else piece.lows
        counts += [value if isinstance(value, int | float) else None for value in values]
    return times_ms, counts
