"""Which spans answer a question: each stretch of time once, as near to the resolution asked for as there is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .compaction import HOUR_MS, LONGEST_MS, STEP_MS, Level, Span, State


class Part(NamedTuple):
    """A span to be read; of the hours of a day only those that begin before `before_ms`, for the rest is there in finer
    spans."""

    span: Span
    before_ms: int | None = None


def parts(spans: Sequence[Span], level: Level, from_ms: int, to_ms: int) -> list[Part]:
    """In order of recording. Where the resolution asked for is gone, the next coarser one; where it is not made yet, the
    finer."""
    raws = {span.number: span for span in spans if span.level is Level.RAW}
    minutes = {span.number: span for span in spans if span.level is Level.MINUTE and span.state is State.DONE}
    of_raw = {span.sources[0]: span for span in minutes.values() if span.sources}
    days = [span for span in spans if span.level is Level.HOUR and span.state is State.DONE]
    found: list[Part] = []
    covered: set[int] = set()  # numbers of minute spans
    for day in days:
        assert day.sources is not None
        alive = [span for number, span in minutes.items() if day.sources[0] <= number <= day.sources[1]]
        if level is Level.HOUR or not alive:
            found.append(Part(day))
            covered.update(span.number for span in alive)
        else:
            found.append(Part(day, min(span.start_ms for span in alive) // HOUR_MS * HOUR_MS))
    for number, span in minutes.items():
        assert span.sources is not None
        if number not in covered and (level is not Level.RAW or span.sources[0] not in raws):
            found.append(Part(span))
    for number, span in raws.items():
        summary = of_raw.get(number)
        if level is Level.RAW or summary is None:
            found.append(Part(span))
    return [part for part in sorted(found, key=lambda part: part.span.number) if _touches(part, from_ms, to_ms)]


def level_for(from_ms: int, to_ms: int, most_rows: int, scan_ms: int) -> Level:
    """The finest of which so many rows are enough for the range."""
    for level, step_ms in ((Level.RAW, scan_ms), (Level.MINUTE, STEP_MS[Level.MINUTE])):
        if (to_ms - from_ms) // step_ms <= most_rows:
            return level
    return Level.HOUR


def _touches(part: Part, from_ms: int, to_ms: int) -> bool:
    """`end_ms` of a span that grows is not up to date, and of summaries it is where the last bucket begins."""
    span = part.span
    end_ms = span.start_ms + LONGEST_MS[span.level] if span.state is State.OPEN else span.end_ms
    # The values of a scan are a little older than the scan, which a span begins with.
    step_ms = STEP_MS.get(span.level, HOUR_MS)
    return (
        end_ms + step_ms > from_ms
        and span.start_ms - HOUR_MS < to_ms
        and (part.before_ms is None or part.before_ms > from_ms)
    )
