"""The history of a pod for its one writer: scans are added, each in a transaction, and packed later in small jobs."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import blocks, frames, problems, schema
from .compaction import HOUR_MS, Job, Level, Limits, State, Tail, nearest_to_its_end, next_job
from .gaps import Gap, GapBook
from .journals import Known
from .layouts import Layouts
from .rows import SPAN_ROWS, Entry, span_of
from .series import Layout

_TAIL_BYTES = 8_000_000
"""What scans of two minutes of 200 controllers take before they are packed."""
_ROOM_TRIES = 8
"""Spans that are dropped for one scan: each may be small."""
RING_MAX = 1000
"""Records of a journal that are compared; the longest ring has 480."""
EVENTS_MAX, GAPS_MAX = 200_000, 100_000
"""Rows that are kept; some 30 MB together."""


class Store:
    """Raises MalleeError where the file cannot be opened or written: NoRoom and DamagedFile are of that kind. After an error
    nothing of the entry is stored, and the next one may be tried. Not for several threads at once."""

    def __init__(self, path: Path, max_bytes: int, limits: Limits, *, now_ms: int, version: str) -> None:
        self.path = path
        self.limits = limits
        self._writing = schema.Writing(path)
        self.database = self._writing.database
        self._most_pages = max(max_bytes - schema.WAL_BYTES, 4 * _TAIL_BYTES) // schema.PAGE_BYTES
        self.room_bytes = self._most_pages * schema.PAGE_BYTES - _TAIL_BYTES
        try:
            self.database.execute(f"PRAGMA max_page_count = {self._most_pages}")
            self.layouts = Layouts(self.database)
            self._load()
            with self.transaction():
                sql = "INSERT INTO writer (started_ms, process, version) VALUES (?, ?, ?)"
                self._writer = self.database.execute(sql, (now_ms, os.getpid(), version)).lastrowid
        except sqlite3.Error as error:
            self._writing.close()
            raise problems.of_sqlite(path, error) from error
        except BaseException:
            self._writing.close()
            raise

    def close(self, now_ms: int) -> None:
        """Say that it was ended on purpose, as far as that can be written."""
        try:
            self.database.execute("UPDATE writer SET ended_ms = ? WHERE id = ?", (now_ms, self._writer))
        except sqlite3.Error:
            pass  # the file is as good without it: the time of the last scan says the same
        finally:
            self._writing.close()

    def number(self, layout: Layout) -> int:
        """Of a layout; a new one is stored."""
        known = self.layouts.known(layout)
        if known is None:
            with self.transaction():
                known = self.layouts.number(layout)
        return known

    def newest(self, layout: int) -> tuple[int, list[int | None]] | None:
        """The last frame of a layout that is there in full: its time, and its numbers as a column has them, None where they are
        not known."""
        of = self.layouts.by_number[layout]
        rows = self.database.execute("SELECT time_ms, frames FROM scan ORDER BY id DESC").fetchall()
        for time_ms, data in rows:
            found = [frame for frame in frames.decode(data, time_ms, self.layouts.struct) if frame.layout == layout]
            if found:
                return _last(blocks.gather(of, found))
        for span in reversed([each.number for each in self.spans if each.level is Level.RAW]):
            sql = "SELECT data FROM block WHERE span = ? AND layout = ? ORDER BY id DESC LIMIT 1"
            row = self.database.execute(sql, (span, layout)).fetchone()
            if row is not None:
                return _last(blocks.decode(row[0], len(of.series)))
        return None

    def journal(self, device: str) -> Known | None:
        """What is stored of a controller's journal."""
        row = self.database.execute("SELECT era, boot, newest FROM journal WHERE device = ?", (device,)).fetchone()
        if row is None:
            return None
        sql = (
            "SELECT sequence, CASE WHEN estimated THEN NULL ELSE time_ms END, uptime_s, kind, code, value FROM event "
            "WHERE source = 'journal' AND device = ? AND era = ? ORDER BY sequence DESC LIMIT ?"
        )
        prints = {each[0]: tuple(each[1:]) for each in self.database.execute(sql, (device, row[0], RING_MAX))}
        return Known(row[0], row[1], row[2], prints)

    def append(self, entry: Entry) -> None:
        """One transaction. What came before is packed in it where an hour is over or the date went back. Where there is no
        room, what is nearest to the end of its time makes some."""
        self._with_room(lambda: self._append(entry))

    def _append(self, entry: Entry) -> None:
        with self.transaction():
            if self._open is not None and self._breaks(self._open, entry):
                self.pack()
                self._set_state(self._open, State.OVER)
                self._open = None
                self._trim()
            if entry.frames:
                if self._open is None:
                    self._open = self._begin(Level.RAW, _earliest_ms(entry))
                data = b"".join(frame.data for frame in entry.frames)
                self.database.execute("INSERT INTO scan (time_ms, frames) VALUES (?, ?)", (entry.time_ms, data))
                self._tail_grows(entry)
            self._note(entry)

    def work(self) -> bool:
        """Do the most urgent job; False when there is none. Each takes some ms (see docs/history.md), so that scans can go
        between."""
        job = next_job(self.spans, self.tail, self.used_bytes(), self._last_ms, self.limits_now())
        if job is None:
            return False
        from .compacting import do  # it needs this module

        self._with_room(lambda: do(self, job))
        return True

    def _with_room(self, act: Callable[[], None]) -> None:
        for _ in range(_ROOM_TRIES):
            try:
                act()
            except problems.NoRoom:
                if not self.make_room():
                    raise
            else:
                return
        act()

    def limits_now(self) -> Limits:
        return Limits(
            raw_ms=self.limits.raw_ms,
            minute_ms=self.limits.minute_ms,
            hour_ms=self.limits.hour_ms,
            bytes=min(self.limits.bytes, self.room_bytes),
        )

    def make_room(self) -> bool:
        """Forget what is nearest to the end of its time; False when there is nothing to forget. Pages that become free are used
        again, also where the disk has none left."""
        victim = nearest_to_its_end(self.spans, self._last_ms, self.limits)
        if victim is None:
            return False
        from .compacting import do

        do(self, Job("drop", (victim.number,), "size"))
        return True

    def used_bytes(self) -> int:
        """Of the file, without pages that are free to be used again."""
        pages = self.database.execute("PRAGMA page_count").fetchone()[0]
        return (pages - self.database.execute("PRAGMA freelist_count").fetchone()[0]) * schema.PAGE_BYTES

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; what this object remembers goes back with it."""
        database = self.database
        try:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("COMMIT")
        except BaseException as error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                self._reload_after(error)
                raise problems.of_sqlite(self.path, error) from error
            self._load()
            raise

    def pack(self) -> None:
        """Rows to blocks, inside of a transaction."""
        if self._open is None:
            return
        found: dict[int, list[frames.Frame]] = {}
        for time_ms, data in self.database.execute("SELECT time_ms, frames FROM scan ORDER BY id").fetchall():
            try:
                for frame in frames.decode(data, time_ms, self.layouts.struct):
                    found.setdefault(frame.layout, []).append(frame)
            except (struct.error, KeyError):
                self.count("damaged_scans", 1)
        for number, of_layout in found.items():
            block = blocks.gather(self.layouts.by_number[number], of_layout)
            self.add_block(self._open, number, block.times_ms, blocks.encode(block), whole=False)
        self.database.execute("DELETE FROM scan")
        self.tail = Tail(0, 0, 0)

    def add_block(self, span: int, layout: int, times_ms: Sequence[int], data: bytes, *, whole: bool) -> None:
        """Inside of a transaction. `whole`: no other of this span and layout is to come."""
        self.database.execute(
            "INSERT INTO block (span, layout, whole, start_ms, end_ms, rows, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (span, layout, whole, times_ms[0], times_ms[-1], len(times_ms), data),
        )
        self.resize(span, len(data), times_ms[-1])

    def resize(self, span: int, by_bytes: int, end_ms: int = 0) -> None:
        self.database.execute(
            "UPDATE span SET bytes = bytes + ?, end_ms = max(end_ms, ?) WHERE id = ?", (by_bytes, end_ms, span)
        )
        self._remember(span)

    def begin(self, level: Level, start_ms: int, sources: tuple[int, int]) -> int:
        """A span of summaries, inside of a transaction."""
        return self._begin(level, start_ms, sources)

    def finish(self, *spans: int) -> None:
        for span in spans:
            self._set_state(span, State.DONE)

    def forget(self, span: int) -> None:
        """Inside of a transaction."""
        self.database.execute("DELETE FROM block WHERE span = ?", (span,))
        self.database.execute("DELETE FROM span WHERE id = ?", (span,))
        self.spans = [each for each in self.spans if each.number != span]

    def add_gap(self, gap: Gap) -> None:
        self.database.execute(
            "INSERT INTO gap (device, from_ms, to_ms, cause, reason) VALUES (?, ?, ?, ?, ?)", tuple(gap)
        )

    def count(self, name: str, by: int) -> None:
        """Inside of a transaction."""
        sql = "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
        self.database.execute(sql, (name, by))

    def _reload_after(self, error: sqlite3.Error) -> None:
        try:
            self._load()
        except sqlite3.Error:
            raise problems.of_sqlite(self.path, error) from error

    def _load(self) -> None:
        """What is remembered of the file, from the file."""
        database = self.database
        self.layouts.load()
        self.spans = [span_of(row) for row in database.execute(f"{SPAN_ROWS} ORDER BY id")]
        self._open = next((s.number for s in self.spans if s.level is Level.RAW and s.state is State.OPEN), None)
        row = database.execute("SELECT count(*), min(time_ms), max(time_ms) FROM scan").fetchone()
        self.tail = Tail(row[0], row[1] or 0, row[2] or 0)
        newest = max((span.end_ms for span in self.spans if span.number == self._newest_raw()), default=0)
        row = database.execute("SELECT time_ms FROM scan ORDER BY id DESC LIMIT 1").fetchone()
        self._last_ms = row[0] if row else newest
        self._layout_ms: dict[int, int] = {}
        open_gaps = database.execute(
            "SELECT device, from_ms, to_ms, cause, reason FROM gap WHERE to_ms IS NULL"
        ).fetchall()
        self.book = GapBook({row[0]: Gap(*row) for row in open_gaps}, {}, self._last_ms or None)

    def _newest_raw(self) -> int:
        return max((span.number for span in self.spans if span.level is Level.RAW), default=0)

    def _breaks(self, span: int, entry: Entry) -> bool:
        """Whether this scan begins another span."""
        if not entry.frames:
            return False
        start_ms = next(each.start_ms for each in self.spans if each.number == span)
        back = entry.time_ms <= self._last_ms or any(
            frame.time_ms <= self._layout_ms.get(frame.layout, frame.time_ms - 1) for frame in entry.frames
        )
        return back or _earliest_ms(entry) // HOUR_MS != start_ms // HOUR_MS

    def _tail_grows(self, entry: Entry) -> None:
        tail = self.tail
        self.tail = Tail(tail.scans + 1, tail.first_ms if tail.scans else entry.time_ms, entry.time_ms)
        self._last_ms = entry.time_ms
        self._layout_ms.update((frame.layout, frame.time_ms) for frame in entry.frames)

    def _note(self, entry: Entry) -> None:
        for gap, known in entry.changes:
            if known:
                sql = "UPDATE gap SET to_ms = ? WHERE device = ? AND from_ms = ? AND to_ms IS NULL"
                self.database.execute(sql, (gap.to_ms, gap.device, gap.from_ms))
            else:
                self.add_gap(gap)
        self.database.executemany(
            "INSERT OR IGNORE INTO event (device, source, time_ms, seen_ms, kind, what, era, sequence, uptime_s, estimated, "
            "code, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            entry.events,
        )
        self.database.executemany(
            "INSERT OR IGNORE INTO fill (series, from_ms, to_ms, amount) VALUES (?, ?, ?, ?)", entry.fills
        )
        self.database.executemany(
            "INSERT OR REPLACE INTO journal (device, era, boot, newest) VALUES (?, ?, ?, ?)", entry.journals
        )
        for name, by in entry.counts.items():
            if by:
                self.count(name, by)

    def _begin(self, level: Level, start_ms: int, sources: tuple[int, int] | None = None) -> int:
        first, last = sources or (None, None)
        cursor = self.database.execute(
            "INSERT INTO span (level, state, start_ms, end_ms, source_first, source_last) VALUES (?, ?, ?, ?, ?, ?)",
            (level, State.OPEN, start_ms, start_ms, first, last),
        )
        assert cursor.lastrowid is not None
        self._remember(cursor.lastrowid)
        return cursor.lastrowid

    def _set_state(self, span: int, state: State) -> None:
        self.database.execute("UPDATE span SET state = ? WHERE id = ?", (state, span))
        self._remember(span)

    def _remember(self, span: int) -> None:
        row = self.database.execute(f"{SPAN_ROWS} WHERE id = ?", (span,)).fetchone()
        known = span_of(row)
        for at in range(len(self.spans) - 1, -1, -1):
            if self.spans[at].number == span:
                self.spans[at] = known
                return
        self.spans.append(known)

    def _trim(self) -> None:
        for table, most in (("event", EVENTS_MAX), ("gap", GAPS_MAX)):
            sql = f"DELETE FROM {table} WHERE id <= (SELECT max(id) FROM {table}) - ?"
            gone = self.database.execute(sql, (most,)).rowcount
            if gone:
                self.count(f"{table}s_dropped", gone)


def _earliest_ms(entry: Entry) -> int:
    """Values are a little older than their scan; the hour that they belong to is that of the first of them."""
    return min(frame.time_ms for frame in entry.frames)


def _last(block: blocks.Block) -> tuple[int, list[int | None]]:
    known = [column.qualities is None or column.qualities[-1] == frames.GOOD for column in block.columns]
    return block.times_ms[-1], [
        column.raws[-1] if good else None for column, good in zip(block.columns, known, strict=True)
    ]
