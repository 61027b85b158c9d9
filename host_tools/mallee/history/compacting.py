"""The jobs that compaction.py decides on, each in a transaction of its own: a kill leaves a job done or not begun."""

from __future__ import annotations

from collections.abc import Sequence

from . import blocks, schema, summaries
from .compaction import STEP_MS, Job, Level
from .gaps import Gap
from .packing import Damaged
from .store import Store

_GIVE_BACK_PAGES = 2000


def do(store: Store, job: Job) -> None:
    """Raises MalleeError where the file cannot be written."""
    if job.kind == "drop":
        _drop(store, job)
        return
    with store.transaction():
        if job.kind == "pack":
            store.pack()
        elif job.kind == "repack":
            _repack(store, job.spans[0])
        else:
            _roll(store, job.spans)


def _repack(store: Store, span: int) -> None:
    """One layout of an hour: its minutes' blocks become one, and its minutes a summary. Without one left the hour is done."""
    database = store.database
    row = database.execute("SELECT layout FROM block WHERE span = ? AND whole = 0 LIMIT 1", (span,)).fetchone()
    minutes = next((s.number for s in store.spans if s.level is Level.MINUTE and s.sources == (span, span)), None)
    if row is None:
        store.finish(span, *(() if minutes is None else (minutes,)))
        return
    number = row[0]
    layout = store.layouts.by_number[number]
    sql = "SELECT start_ms, end_ms, data FROM block WHERE span = ? AND layout = ? ORDER BY id"
    parts, gone = [], 0
    for start_ms, end_ms, data in database.execute(sql, (span, number)).fetchall():
        gone += len(data)
        try:
            parts.append(blocks.decode(data, len(layout.series)))
        except Damaged:
            _note_damage(store, layout.device, start_ms, end_ms)
    database.execute("DELETE FROM block WHERE span = ? AND layout = ?", (span, number))
    store.resize(span, -gone)
    if not parts:
        return
    block = blocks.joined(parts)
    store.add_block(span, number, block.times_ms, blocks.encode(block), whole=True)
    summary = summaries.summarise(layout.series, block, STEP_MS[Level.MINUTE])
    if minutes is None:
        minutes = store.begin(Level.MINUTE, _start(store, span), (span, span))
    store.add_block(minutes, number, summary.times_ms, summaries.encode(summary), whole=True)


def _roll(store: Store, sources: Sequence[int]) -> None:
    """One layout of a day: its minutes become hours. Without one left the day is done."""
    database = store.database
    ends = (sources[0], sources[-1])
    day = next((s.number for s in store.spans if s.level is Level.HOUR and s.sources == ends), None)
    if day is None:
        day = store.begin(Level.HOUR, _start(store, sources[0]), ends)
    marks = ",".join("?" * len(sources))
    sql = f"SELECT layout FROM block WHERE span IN ({marks}) EXCEPT SELECT layout FROM block WHERE span = ? LIMIT 1"
    row = database.execute(sql, (*sources, day)).fetchone()
    if row is None:
        store.finish(day)
        return
    number = row[0]
    series = store.layouts.by_number[number].series
    found = []
    sql = f"SELECT data FROM block WHERE layout = ? AND span IN ({marks}) ORDER BY span, id"
    for (data,) in database.execute(sql, (number, *sources)).fetchall():
        try:
            found.append(summaries.decode(data, len(series)))
        except Damaged:
            store.count("damaged_blocks", 1)
    if not found:
        # Nothing of this layout can be read: an empty block says that it has been dealt with.
        store.add_block(day, number, [_start(store, sources[0])], b"", whole=True)
        return
    hours = summaries.coarsen(series, summaries.joined(found), STEP_MS[Level.HOUR])
    store.add_block(day, number, hours.times_ms, summaries.encode(hours), whole=True)


def _drop(store: Store, job: Job) -> None:
    with store.transaction():
        for span in job.spans:
            store.forget(span)
        store.count(f"spans_dropped_for_{job.why}", len(job.spans))
    if store.database.execute("PRAGMA page_count").fetchone()[0] * schema.PAGE_BYTES > store.limits.bytes:
        # The bound was lowered: free pages at the end of the file go back to the disk.
        with store.transaction():
            store.database.execute(f"PRAGMA incremental_vacuum({_GIVE_BACK_PAGES})").fetchall()


def _note_damage(store: Store, device: str, start_ms: int, end_ms: int) -> None:
    store.count("damaged_blocks", 1)
    store.add_gap(Gap(device, start_ms, end_ms + 1, "damaged", "the block's check sum does not fit"))


def _start(store: Store, span: int) -> int:
    return next(each.start_ms for each in store.spans if each.number == span)
