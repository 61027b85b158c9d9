"""Energy by period from a counter: what it went on by between two values, in proportion to time. Pure.

A step over more time than counters come in is one over a gap. A counter that fell began anew: what it shows now is the least
that there was, unless that is more than its place can carry in that time. A step up that no cable carries is another counter
under the same name: nothing of it is energy.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from ..energy import share, step
from .amounts import Amount
from .periods import Period

GAP_MS = 150_000
"""Counters come once a minute at the least."""
_STEP_kWh = 0.01
"""Counters of other makes go on in steps of that."""


class Counter:
    """Takes the values of one counter in order of time, in kWh. `most_kW`: what its place can carry."""

    def __init__(self, periods: Sequence[Period], most_kW: float) -> None:
        self._periods = periods
        self._begins = [period.begin_ms for period in periods]
        self._most_kW = most_kW
        self._last: tuple[float, float] | None = None
        self._kWh: list[float | None] = [None] * len(periods)
        self._bridged = [0.0] * len(periods)
        self._covered = [0.0] * len(periods)
        self._restarts = [0] * len(periods)

    def add(self, time_ms: float, kWh: float | None) -> None:
        """None is passed over: the next known value has the step. So is one that is not later than the last."""
        if kWh is None or (self._last is not None and time_ms <= self._last[0]):
            return
        if self._last is not None:
            self._step(*self._last, time_ms, kWh)
        self._last = (time_ms, kWh)

    def _step(self, begin_ms: float, before: float, end_ms: float, after: float) -> None:
        kWh, restarted = step(before, after)
        believed = kWh <= self._most_kW * (end_ms - begin_ms) / 3_600_000 + _STEP_kWh
        gap = end_ms - begin_ms > GAP_MS
        at = max(0, bisect_right(self._begins, begin_ms) - 1)
        told = not restarted and believed
        while at < len(self._periods) and self._periods[at].begin_ms < end_ms:
            period = self._periods[at]
            part = share(begin_ms, end_ms, period.begin_ms, period.end_ms)
            if part > 0 and not told:
                self._restarts[at] += 1
                told = True
            if part > 0 and believed:
                self._kWh[at] = (self._kWh[at] or 0.0) + kWh * part
                self._bridged[at] += kWh * part if gap else 0.0
                self._covered[at] += 0.0 if gap else (end_ms - begin_ms) * part
            at += 1

    def amounts(self) -> list[Amount]:
        """One a period."""
        return [
            Amount(
                kWh=kWh,
                covered_ms=self._covered[at],
                of_ms=period.end_ms - period.begin_ms,
                bridged_kWh=self._bridged[at],
                restarts=self._restarts[at],
                sources=frozenset() if kWh is None else frozenset({"counter"}),
            )
            for at, (period, kWh) in enumerate(zip(self._periods, self._kWh, strict=True))
        ]


def ends(begin_ms: int, step_ms: int, low: float, high: float, count: int) -> tuple[tuple[float, float], ...]:
    """A counter's lowest and highest value in a bucket, with the times that they were seen at: of `count` values that come
    evenly the first and the last are half their distance from the ends."""
    inner_ms = step_ms / (2 * count)
    if count == 1:
        return ((begin_ms + inner_ms, low),)
    return (begin_ms + inner_ms, low), (begin_ms + step_ms - inner_ms, high)


class Bucket(NamedTuple):
    """Of a minute or an hour: lowest and highest of so many `values`; 0: none was known."""

    begin_ms: int
    step_ms: int
    low: float
    high: float
    values: int


def add_buckets(counter: Counter, buckets: Sequence[Bucket]) -> None:
    """Of a bucket in which a counter began anew only the lowest is taken: it came last."""
    known = [bucket for bucket in buckets if bucket.values > 0]
    before: float | None = None
    for bucket, behind in zip(known, [*known[1:], None], strict=False):
        first, *last = ends(*bucket)
        counter.add(*first)
        fell = (before is not None and bucket.low < before) or (behind is not None and behind.low < bucket.high)
        if last and not fell:
            counter.add(*last[0])
        before = bucket.low if fell else bucket.high
