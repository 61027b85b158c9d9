"""Values of series as a table that other programs read: a row a value, and a row where a gap begins."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from ..errors import MalleeError
from ..reading import Quality, Scalar
from .compaction import DAY_MS, Level
from .journals import datetime_of
from .query import History, Piece
from .series import Series

_BATCH_ROWS = 50_000


class Row(NamedTuple):
    """A value at `time_ms`, None where `quality` says why. Of coarser resolutions it is the mean of a bucket that begins there
    (of words the last), beside the lowest and highest of `samples` good values. `resolution` is `raw`, `minute`, `hour` or
    `gap`: that row has the cause of a gap as its quality, and `until_ms` (None: it lasts)."""

    time_ms: int
    device: str
    point: str
    value: Scalar
    unit: str
    quality: str
    low: Scalar = None
    high: Scalar = None
    samples: int | None = None
    resolution: str = "raw"
    until_ms: int | None = None


COLUMNS = ("time", "device", "point", "value", "unit", "quality", "low", "high", "samples", "resolution", "until")


def rows(history: History, series: Sequence[Series], from_ms: int, to_ms: int, level: Level) -> Iterator[Row]:
    """One series after the other, each in order of time. A day at a time is held in memory."""
    for each in series:
        first_ms, last_ms = history.extent(each)
        gaps = history.gaps(each.device, from_ms, to_ms)
        begin_ms, end_ms = max(from_ms, first_ms), min(to_ms, last_ms + 1)
        shown = [gap for gap in gaps if begin_ms <= gap.from_ms < to_ms and gap.cause != "clock"]
        while begin_ms < end_ms:
            until_ms = min(end_ms, begin_ms // DAY_MS * DAY_MS + DAY_MS)
            found = [row for piece in history.read([each], begin_ms, until_ms, level) for row in _of_piece(piece)]
            last = until_ms == end_ms
            found += [
                Row(g.from_ms, each.device, each.point, None, each.unit, g.cause, resolution="gap", until_ms=g.to_ms)
                for g in shown
                if begin_ms <= g.from_ms and (last or g.from_ms < until_ms)
            ]
            yield from sorted(found, key=lambda row: row.time_ms)
            begin_ms = until_ms


def _of_piece(piece: Piece) -> Iterator[Row]:
    series, resolution = piece.series, piece.level.name.lower()
    for at, time_ms in enumerate(piece.times_ms):
        value = piece.values[at]
        quality = piece.qualities[at] if piece.qualities else Quality.NOT_AVAILABLE if value is None else Quality.GOOD
        row = Row(time_ms, series.device, series.point, value, series.unit, quality.value, resolution=resolution)
        if piece.lows is not None and piece.highs is not None and piece.counts is not None:
            row = row._replace(low=piece.lows[at], high=piece.highs[at], samples=piece.counts[at])
        yield row


def to_file(found: Iterator[Row], path: Path, form: Literal["csv", "parquet"]) -> int:
    """Under another name first: a file of that name is whole, or as it was before. Returns how many rows. Raises OSError."""
    part = path.with_name(path.name + ".part")
    try:
        if form == "parquet":
            count = write_parquet(found, part)
        else:
            with part.open("w", encoding="utf-8", newline="") as file:
                count = write_csv(found, file)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return count


def write_csv(found: Iterator[Row], file: IO[str]) -> int:
    """With a line of headings. Numbers are written in full, times as UTC, sets of words with spaces between. Returns how many
    rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in found:
        count += 1
        writer.writerow(
            (
                _time(row.time_ms), row.device, row.point, _cell(row.value), row.unit, row.quality, _cell(row.low),
                _cell(row.high), _cell(row.samples), row.resolution, "" if row.until_ms is None else _time(row.until_ms),
            )
        )  # fmt: skip
    return count


def write_parquet(found: Iterator[Row], path: Path) -> int:
    """Numbers in `value`, `low` and `high`; words in `text`. Raises MalleeError where pyarrow is not installed."""
    arrow, parquet = _arrow()
    text, word, time = arrow.string(), arrow.dictionary(arrow.int32(), arrow.string()), arrow.timestamp("ms", tz="UTC")
    kinds = {
        "time": time, "device": word, "point": word, "value": arrow.float64(), "text": text, "unit": word, "quality": word,
        "low": arrow.float64(), "high": arrow.float64(), "samples": arrow.int64(), "resolution": word, "until": time,
    }  # fmt: skip
    schema = arrow.schema(list(kinds.items()))
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(found):
            count += len(batch)
            columns = {
                "time": [row.time_ms for row in batch],
                "device": [row.device for row in batch],
                "point": [row.point for row in batch],
                "value": [_number(row.value) for row in batch],
                "text": [_cell(row.value) if isinstance(row.value, str | frozenset) else None for row in batch],
                "unit": [row.unit for row in batch],
                "quality": [row.quality for row in batch],
                "low": [_number(row.low) for row in batch],
                "high": [_number(row.high) for row in batch],
                "samples": [row.samples for row in batch],
                "resolution": [row.resolution for row in batch],
                "until": [row.until_ms for row in batch],
            }
            writer.write_table(arrow.table(columns, schema=schema))
    return count


def _arrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise MalleeError(
            "Parquet cannot be written: there is no pyarrow",
            "mallee was installed without its parquet extra",
            "pip install 'mallee[parquet]', or use --format csv",
        ) from error


def _batches(found: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in found:
        batch.append(row)
        if len(batch) == _BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _time(time_ms: int) -> str:
    return datetime_of(time_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: Scalar) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _cell(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    return repr(value) if isinstance(value, float) else str(value)
