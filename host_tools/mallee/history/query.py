"""The history for its readers: series, values over a range of time, gaps, events. It may be written meanwhile."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..reading import Quality, Scalar
from . import blocks, choosing, coding, frames, problems, schema, summaries
from .compaction import STEP_MS, Level, Span
from .gaps import EVERYBODY, Gap
from .journals import datetime_of
from .layouts import Layouts
from .packing import Damaged
from .rows import SPAN_ROWS, Event, Fill, span_of
from .series import Layout, Series
from .summaries import Summary, SummaryBlock


class Piece(NamedTuple):
    """Values of one series at one resolution, in order of time. Of RAW, `values` are as they were read, None where `qualities`
    says why (None: all are good); of coarser ones, a row a bucket that begins at its time: the mean (of words the last), lowest
    and highest of `counts` good values."""

    series: Series
    level: Level
    times_ms: list[int]
    values: list[Scalar]
    qualities: list[Quality] | None = None
    lows: list[Scalar] | None = None
    highs: list[Scalar] | None = None
    counts: list[int] | None = None


class Extent(NamedTuple):
    """Of one layout at one resolution."""

    device: str
    layout: int
    level: Level
    first_ms: int
    last_ms: int
    rows: int
    bytes: int


class History:
    """An open file, to be closed. Raises MalleeError where there is none, or one that is none of ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = schema.open_reader(path)
        try:
            self._layouts = Layouts(self._database)
        except sqlite3.Error as error:
            self._database.close()
            raise problems.of_sqlite(path, error) from error
        self.damaged_blocks = 0
        """That this object came upon."""

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def series(self) -> list[Series]:
        """All that were ever recorded and are not forgotten, in order of device and point."""
        return sorted(self._layouts.series.values(), key=lambda each: (each.device, each.point, each.unit))

    def read(self, series: Sequence[Series], from_ms: int, to_ms: int, level: Level = Level.RAW) -> list[Piece]:
        """From `from_ms` on and before `to_ms`. What cannot be had as fine as that is coarser. A block that is damaged is left
        out and counted."""
        if level is not Level.RAW:
            from_ms -= from_ms % STEP_MS[level]  # the bucket that it is in, and all of that
        with self._moment():
            spans = [span_of(row) for row in self._database.execute(f"{SPAN_ROWS} ORDER BY id")]
            chosen = choosing.parts(spans, level, from_ms, to_ms)
            tail = self._tail(from_ms, to_ms)
            wanted = set(series)
            found: dict[Series, _Found] = {each: _Found() for each in series}
            for number, layout in self._layouts.by_number.items():
                at = [n for n, each in enumerate(layout.series) if each in wanted]
                if at:
                    self._collect(number, layout, at, chosen, tail.get(number, ()), found)
        return [piece for each in series for piece in found[each].pieces(each, from_ms, to_ms, level)]

    def gaps(self, device: str | None, from_ms: int, to_ms: int) -> list[Gap]:
        """That touch the range, of a device and of the whole pod; None: all."""
        sql = (
            "SELECT device, from_ms, to_ms, cause, reason FROM gap WHERE from_ms < ? AND (to_ms IS NULL OR to_ms > ?) "
            "AND (? IS NULL OR device IN (?, ?)) ORDER BY from_ms, device"
        )
        with self._moment():
            return [Gap(*row) for row in self._database.execute(sql, (to_ms, from_ms, device, device, EVERYBODY))]

    def events(self, device: str | None, from_ms: int, to_ms: int) -> list[Event]:
        """By the time that they happened, of what that is not known by the time that they were learnt."""
        sql = (
            f"SELECT {_EVENT} FROM event "
            "WHERE coalesce(time_ms, seen_ms) >= ? AND coalesce(time_ms, seen_ms) < ? AND (? IS NULL OR device = ?) "
            "ORDER BY coalesce(time_ms, seen_ms), device, era, sequence, id"
        )
        with self._moment():
            return [_event(row) for row in self._database.execute(sql, (from_ms, to_ms, device, device))]

    def latest_events(self, most: int) -> list[Event]:
        """The newest of all devices, newest first."""
        sql = f"SELECT {_EVENT} FROM event ORDER BY coalesce(time_ms, seen_ms) DESC, id DESC LIMIT ?"
        with self._moment():
            return [_event(row) for row in self._database.execute(sql, (most,))]

    def fills(self, from_ms: int, to_ms: int) -> list[tuple[Series, Fill]]:
        """What counters went on by while nothing was recorded."""
        sql = "SELECT series, from_ms, to_ms, amount FROM fill WHERE from_ms < ? AND to_ms > ? ORDER BY from_ms, series"
        with self._moment():
            rows = [Fill(*row) for row in self._database.execute(sql, (to_ms, from_ms))]
            return [(self._layouts.series[fill.series], fill) for fill in rows]

    def extents(self) -> list[Extent]:
        """What there is of each layout, at each resolution, rows of scans with it."""
        sql = (
            "SELECT block.layout, span.level, min(block.start_ms), max(block.end_ms), sum(block.rows), sum(length(block.data)) "
            "FROM block JOIN span ON span.id = block.span GROUP BY block.layout, span.level"
        )
        found: list[Extent] = []
        with self._moment():
            known = self._layouts.by_number
            for number, level, first_ms, last_ms, rows, size in self._database.execute(sql):
                found.append(Extent(known[number].device, number, Level(level), first_ms, last_ms, rows, size))
            for number, own in self._tail(0, 1 << 62).items():
                size = len(own) * known[number].struct().size
                device, first_ms, last_ms = known[number].device, own[0].time_ms, own[-1].time_ms
                found.append(Extent(device, number, Level.RAW, first_ms, last_ms, len(own), size))
        return found

    def extent(self, series: Series) -> tuple[int, int]:
        """Times of the first and the last value, at any resolution; (0, -1) where there is none."""
        with self._moment():
            numbers = [number for number, layout in self._layouts.by_number.items() if series in layout.series]
            marks = ",".join("?" * len(numbers))
            sql = f"SELECT min(start_ms), max(end_ms) FROM block WHERE layout IN ({marks})"
            row = self._database.execute(sql, numbers).fetchone()
            times = [time for time in row if time is not None]
            times += [
                frame.time_ms for number, own in self._tail(0, 1 << 62).items() if number in numbers for frame in own
            ]
        return (min(times), max(times)) if times else (0, -1)

    def numbers(self, table: Literal["gap", "event"]) -> dict[str, int]:
        """How many there are of each device."""
        with self._moment():
            return dict(self._database.execute(f"SELECT device, count(*) FROM {table} GROUP BY device").fetchall())

    def page_errors(self) -> list[str]:
        """What SQLite finds wrong with its pages; empty: nothing."""
        with self._moment():
            rows = self._database.execute("PRAGMA quick_check").fetchall()
        return [row[0] for row in rows if row[0] != "ok"]

    def block_errors(self) -> Iterator[tuple[str, str]]:
        """Blocks that cannot be unpacked: which device and time, and why."""
        with self._moment():
            sql = "SELECT block.id, layout, level, block.start_ms FROM block JOIN span ON span.id = span ORDER BY block.id"
            for number, layout, level, start_ms in self._database.execute(sql).fetchall():
                of = self._layouts.by_number[layout]
                data = self._database.execute("SELECT data FROM block WHERE id = ?", (number,)).fetchone()[0]
                decode = blocks.decode if level == Level.RAW else summaries.decode
                try:
                    if data:
                        decode(data, len(of.series))
                except Damaged as error:
                    yield (
                        f"{of.device}, {Level(level).name.lower()}, from {datetime_of(start_ms):%Y-%m-%dT%H:%M:%SZ}",
                        str(error),
                    )

    def counters(self) -> dict[str, int]:
        with self._moment():
            return dict(self._database.execute("SELECT name, value FROM counter ORDER BY name").fetchall())

    @contextmanager
    def _moment(self) -> Iterator[None]:
        """All reads inside see the file as of one commit."""
        try:
            self._database.execute("BEGIN")
            try:
                self._layouts.load()
                yield
            finally:
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise problems.of_sqlite(self.path, error) from error

    def _tail(self, from_ms: int, to_ms: int) -> dict[int, list[frames.Frame]]:
        """Frames that are rows yet, by layout. Those of a scan are at most some seconds older than it."""
        found: dict[int, list[frames.Frame]] = {}
        for time_ms, data in self._database.execute("SELECT time_ms, frames FROM scan ORDER BY id"):
            try:
                for frame in frames.decode(data, time_ms, self._layouts.struct):
                    if from_ms <= frame.time_ms < to_ms:
                        found.setdefault(frame.layout, []).append(frame)
            except (struct.error, KeyError):
                self.damaged_blocks += 1
        return found

    def _collect(
        self,
        number: int,
        layout: Layout,
        at: Sequence[int],
        chosen: Sequence[choosing.Part],
        tail: Sequence[frames.Frame],
        found: dict[Series, _Found],
    ) -> None:
        """Blocks and rows of a layout, of the series at these places of it."""
        series, size = [layout.series[each] for each in at], len(layout.series)
        for part in chosen:
            level = part.span.level
            for data in self._data(part.span, number):
                try:
                    if level is Level.RAW:
                        block = blocks.decode(data, size, at)
                        for each, column in zip(series, block.columns, strict=True):
                            found[each].raws.append(blocks.Block(block.times_ms, [column]))
                    elif data:
                        summed = _cut(summaries.decode(data, size, at), 0, part.before_ms)
                        for each, column in zip(series, summed.columns, strict=True):
                            found[each].summed[level].append(SummaryBlock(summed.times_ms, [column]))
                except Damaged:
                    self.damaged_blocks += 1
        if tail:
            block = blocks.gather(layout, tail)
            for each, n in zip(series, at, strict=True):
                found[each].raws.append(blocks.Block(block.times_ms, [block.columns[n]]))

    def _data(self, span: Span, layout: int) -> list[bytes]:
        sql = "SELECT data FROM block WHERE span = ? AND layout = ? ORDER BY id"
        return [row[0] for row in self._database.execute(sql, (span.number, layout))]


_EVENT = "device, source, time_ms, seen_ms, kind, what, era, sequence, uptime_s, estimated, code, value"


def _event(row: Sequence[Any]) -> Event:
    return Event(*row)._replace(estimated=bool(row[9]))


class _Found:
    """Of one series, as it was found: blocks and summaries with its column alone."""

    def __init__(self) -> None:
        self.raws: list[blocks.Block] = []
        self.summed: dict[Level, list[SummaryBlock]] = {Level.MINUTE: [], Level.HOUR: []}

    def pieces(self, series: Series, from_ms: int, to_ms: int, level: Level) -> list[Piece]:
        """In order of time, each as near to `level` as what was found."""
        raws, summed = self.raws, self.summed
        if level is not Level.RAW:
            summed[level] += [summaries.summarise([series], block, STEP_MS[level]) for block in raws]
            raws = []
        if level is Level.HOUR:
            summed[level] += [summaries.coarsen([series], each, STEP_MS[level]) for each in summed.pop(Level.MINUTE)]
        pieces = [_summary_piece(series, each, found, from_ms, to_ms) for each, found in summed.items() if found]
        pieces += [_raw_piece(series, raws, from_ms, to_ms)] if raws else []
        return sorted((piece for piece in pieces if piece.times_ms), key=lambda piece: piece.times_ms[0])


def _raw_piece(series: Series, found: Sequence[blocks.Block], from_ms: int, to_ms: int) -> Piece:
    block = blocks.joined(found)
    column = block.columns[0]
    codes = column.qualities
    order = [at for at, time in enumerate(block.times_ms) if from_ms <= time < to_ms]
    order.sort(key=block.times_ms.__getitem__)  # the date may have gone back; else it costs one look
    value = coding.decoder(series)
    if codes is None or not any(codes[at] for at in order):
        return Piece(series, Level.RAW, [block.times_ms[at] for at in order], [value(column.raws[at]) for at in order])
    qualities = [frames.QUALITIES[codes[at]] for at in order]
    values = [None if codes[at] else value(column.raws[at]) for at in order]
    return Piece(series, Level.RAW, [block.times_ms[at] for at in order], values, qualities)


def _summary_piece(series: Series, level: Level, found: Sequence[SummaryBlock], from_ms: int, to_ms: int) -> Piece:
    step_ms = STEP_MS[level]
    block = _cut(summaries.joined(found), from_ms // step_ms * step_ms, to_ms)
    if not block.times_ms:
        return Piece(series, level, [], [])
    order = sorted(range(len(block.times_ms)), key=block.times_ms.__getitem__)
    ordered = Summary(*([part[at] for at in order] for part in block.columns[0]))
    # Two spans may have part of the same bucket each: when the recorder was started anew, or the date went back.
    block = summaries.coarsen([series], SummaryBlock([block.times_ms[at] for at in order], [ordered]), step_ms)
    column, value = block.columns[0], coding.decoder(series)
    known = [count > 0 for count in column.counts]
    middles = summaries.middles(series, column)
    return Piece(
        series,
        level,
        block.times_ms,
        [middle if known[at] else None for at, middle in enumerate(middles)],
        None,
        [value(low) if known[at] else None for at, low in enumerate(column.lows)],
        [value(high) if known[at] else None for at, high in enumerate(column.highs)],
        column.counts,
    )


def _cut(block: SummaryBlock, from_ms: int, to_ms: int | None) -> SummaryBlock:
    kept = [at for at, time in enumerate(block.times_ms) if from_ms <= time and (to_ms is None or time < to_ms)]
    if len(kept) == len(block.times_ms):
        return block
    columns = [Summary(*([part[at] for at in kept] for part in column)) for column in block.columns]
    return SummaryBlock([block.times_ms[at] for at in kept], columns)
