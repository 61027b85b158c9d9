"""Energy by period from a power: the mean of each minute or hour times the part of it in which the power was known. Pure.

Nothing is put in the place of what is not known: such time is missing in the sum, and in what is covered.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..energy import share
from .amounts import Amount
from .periods import Period


class Mean(NamedTuple):
    """Mean power of a bucket over the `part` (0 to 1) of it in which it was known; None: it was not."""

    begin_ms: int
    step_ms: int
    kW: float | None
    part: float


class Integral:
    """Takes the means of one power, in any order. `source` is what its amounts say."""

    def __init__(self, periods: Sequence[Period], source: str = "power") -> None:
        self._periods = periods
        self._begins = [period.begin_ms for period in periods]
        self._source = source
        self._kWh: list[float | None] = [None] * len(periods)
        self._covered = [0.0] * len(periods)

    def add(self, mean: Mean) -> None:
        if mean.kW is None or mean.part <= 0:
            return
        begin_ms, end_ms = mean.begin_ms, mean.begin_ms + mean.step_ms
        at = max(0, bisect_right(self._begins, begin_ms) - 1)
        while at < len(self._periods) and self._periods[at].begin_ms < end_ms:
            period = self._periods[at]
            known_ms = share(begin_ms, end_ms, period.begin_ms, period.end_ms) * mean.step_ms * mean.part
            if known_ms > 0:
                self._kWh[at] = (self._kWh[at] or 0.0) + mean.kW * known_ms / 3_600_000
                self._covered[at] += known_ms
            at += 1

    def amounts(self) -> list[Amount]:
        """One a period."""
        return [
            Amount(
                kWh=kWh,
                covered_ms=self._covered[at],
                of_ms=period.end_ms - period.begin_ms,
                sources=frozenset() if kWh is None else frozenset({self._source}),
            )
            for at, (period, kWh) in enumerate(zip(self._periods, self._kWh, strict=True))
        ]


class Recorded(NamedTuple):
    """When a device was recorded: from `first_ms` to `last_ms`, and not in `gaps`, which do not overlap."""

    first_ms: int
    last_ms: int
    gaps: Sequence[tuple[int, int]]


def mean_of(begin_ms: int, step_ms: int, kW: float | None, good: int, scans: int, recorded: Recorded) -> Mean:
    """Of a bucket with so many `good` values in so many `scans`. It was known while its device was recorded, and of that in the
    share of scans in which it was good: so neither a scan that comes a little late nor another pace of scans makes a hole."""
    start_ms, end_ms = max(begin_ms, recorded.first_ms), min(begin_ms + step_ms, recorded.last_ms)
    if not good or not scans or end_ms <= start_ms:
        return Mean(begin_ms, step_ms, None, 0.0)
    missing_ms = sum(max(0, min(end_ms, behind) - max(start_ms, gap)) for gap, behind in recorded.gaps)
    part = max(0.0, 1.0 - missing_ms / (end_ms - start_ms)) * min(1.0, good / scans)
    return Mean(start_ms, end_ms - start_ms, kW, part)


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of time that overlap as one."""
    found: list[tuple[int, int]] = []
    for begin_ms, end_ms in sorted(spans):
        if found and begin_ms <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_ms))
        else:
            found.append((begin_ms, end_ms))
    return found
