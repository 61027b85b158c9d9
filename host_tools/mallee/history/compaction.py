"""What is to be packed, summarised or dropped next. Pure: a decision from ages and sizes, and nothing is done here.

The way of a value: scans are rows for a minute; then a block a minute and layout; when its hour is over, a block an hour, and a
block of its minutes (lowest, mean, highest); when its day is over, a block of that day's hours. Each resolution is kept for its
own time. A file that is full before those times are over drops what is nearest to the end of its time, so that all resolutions
shrink in step.

Age is not what the date says. It is the time that was recorded since, and the pauses between, of which none counts for more
than a day: a date that jumps by years, forward or back, costs nothing, and a pod that was off for a year keeps what it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import groupby
from typing import Literal, NamedTuple

import msgspec

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
_SCANS_MAX = 600
"""Scans that are packed though the minute is not over: of a scan time of 0.1 s."""


class Level(IntEnum):
    """How fine values of a span are."""

    RAW = 0
    MINUTE = 1
    HOUR = 2


LONGEST_MS = {Level.RAW: HOUR_MS, Level.MINUTE: HOUR_MS, Level.HOUR: DAY_MS}
"""What a span covers at most."""
_PAUSE_MAX_MS = DAY_MS
STEP_MS = {Level.MINUTE: MINUTE_MS, Level.HOUR: HOUR_MS}


class State(IntEnum):
    """Of a span: it still grows; it is over; it is packed, and summarised where it was to be."""

    OPEN = 0
    OVER = 1
    DONE = 2


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long each resolution is kept, and how much all of it may take."""

    raw_ms: int
    minute_ms: int
    hour_ms: int
    bytes: int

    def of(self, level: Level) -> int:
        return (self.raw_ms, self.minute_ms, self.hour_ms)[level]


class Span(NamedTuple):
    """An hour (of hours: a day) of one resolution. `number` grows in the order of recording, whatever the clock did."""

    number: int
    level: Level
    state: State
    start_ms: int
    end_ms: int
    bytes: int
    sources: tuple[int, int] | None = None
    """First and last of the spans that it summarises."""


class Tail(NamedTuple):
    """Scans that are rows yet."""

    scans: int
    first_ms: int
    last_ms: int


class Job(NamedTuple):
    """`spans` are the numbers of the spans it is about. `pack`: the rows into blocks. `repack`: one layout of a span into one
    block and its minutes. `roll`: one layout of a day's minutes into its hours. `drop`: forget a span."""

    kind: Literal["pack", "repack", "roll", "drop"]
    spans: tuple[int, ...] = ()
    why: Literal["", "age", "size"] = ""


def next_job(spans: Sequence[Span], tail: Tail, used_bytes: int, now_ms: int, limits: Limits) -> Job | None:
    """The most urgent, None when there is nothing to do. `now_ms` is the date of the newest scan."""
    if used_bytes > limits.bytes:
        victim = nearest_to_its_end(spans, now_ms, limits)
        if victim is not None:
            return Job("drop", (victim.number,), "size")
    if tail.scans and (tail.last_ms - tail.first_ms >= MINUTE_MS or tail.scans >= _SCANS_MAX):
        return Job("pack")
    for span in spans:
        if span.level is Level.RAW and span.state is State.OVER:
            return Job("repack", (span.number,))
    day = _day_to_roll(spans)
    if day:
        return Job("roll", day)
    old = [span for span, age_ms in _ages(spans, now_ms) if _done(span) and age_ms > limits.of(span.level)]
    return Job("drop", (min(old, key=lambda span: span.number).number,), "age") if old else None


def nearest_to_its_end(spans: Sequence[Span], now_ms: int, limits: Limits) -> Span | None:
    """Of what is packed, the span that has used up most of its time; the coarser of two goes later. None: nothing can be
    dropped."""
    candidates = [
        (age_ms / limits.of(span.level), -span.level, -span.number, span) for span, age_ms in _ages(spans, now_ms)
    ]
    candidates = [row for row in candidates if _done(row[3])]
    return max(candidates)[3] if candidates else None


def _done(span: Span) -> bool:
    return span.state is State.DONE


def _ages(spans: Sequence[Span], now_ms: int) -> list[tuple[Span, int]]:
    """Ages in ms of the ends of spans, by level, the youngest first."""
    found: list[tuple[Span, int]] = []
    for level in Level:
        age_ms, later_ms = 0, now_ms
        for span in sorted((s for s in spans if s.level is level), key=lambda s: s.number, reverse=True):
            age_ms += min(max(later_ms - span.end_ms, 0), _PAUSE_MAX_MS)
            found.append((span, age_ms))
            age_ms += min(max(span.end_ms - span.start_ms, 0), LONGEST_MS[level])
            later_ms = span.start_ms
    return found


def _day_to_roll(spans: Sequence[Span]) -> tuple[int, ...]:
    """Numbers of the minute spans of the first day that is over and not rolled yet."""
    rolled = max(
        (s.sources[1] for s in spans if s.level is Level.HOUR and s.state is State.DONE and s.sources), default=0
    )
    ready = [s for s in spans if s.level is Level.MINUTE and s.number > rolled]
    days = [list(group) for _, group in groupby(ready, key=lambda span: span.start_ms // DAY_MS)]
    if len(days) < 2 or any(span.state is not State.DONE for span in days[0]):
        return ()
    return tuple(span.number for span in days[0])
