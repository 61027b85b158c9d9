"""Rows of the file as plain structures: what is stored of a scan, and what a span is read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .compaction import Level, Span, State
from .gaps import Change

SPAN_ROWS = "SELECT id, level, state, start_ms, end_ms, bytes, source_first, source_last FROM span"


def span_of(row: tuple) -> Span:
    sources = None if row[6] is None else (row[6], row[7])
    return Span(row[0], Level(row[1]), State(row[2]), row[3], row[4], row[5], sources)


class StoredFrame(NamedTuple):
    """A frame as bytes, with what the store has to know of it."""

    layout: int
    time_ms: int
    data: bytes


class Event(NamedTuple):
    """Something that happened. `time_ms` None: it is not known; `estimated`: worked out from how long the device had run.
    `sequence` and `era` are those of a controller's journal, None of what the host saw."""

    device: str
    source: str
    time_ms: int | None
    seen_ms: int
    kind: str
    what: str
    era: int | None = None
    sequence: int | None = None
    uptime_s: int | None = None
    estimated: bool = False
    code: int | None = None
    value: int | None = None


class Fill(NamedTuple):
    """What a counter went on by while nothing was recorded; `amount` is in the unit of the series, None: it began anew
    meanwhile."""

    series: int
    from_ms: int
    to_ms: int
    amount: float | None


class JournalMark(NamedTuple):
    """How far a controller's journal is stored (see journals.py)."""

    device: str
    era: int
    boot: int | None
    newest: int


class Entry(NamedTuple):
    """What is stored of one scan, at once."""

    time_ms: int
    frames: Sequence[StoredFrame] = ()
    changes: Sequence[Change] = ()
    events: Sequence[Event] = ()
    fills: Sequence[Fill] = ()
    journals: Sequence[JournalMark] = ()
    counts: Mapping[str, int] = {}
    """What is to be added to counters, by name."""
