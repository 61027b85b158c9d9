"""Recorded values as curves: in order of time, with a hole wherever it is not known how they went on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from . import choosing
from .compaction import STEP_MS, Level
from .gaps import Gap
from .query import History, Piece
from .series import Series

LATEST_MS = 900_000
_MOST_ROWS = 4000  # of a curve: more than the pixels of a picture
_SCAN_MS = 1000
_HOLE_STEPS = 3  # that are missing: as in a gap


class Point(NamedTuple):
    """`value` None: not known from here on. Of summaries it is the mean, at the middle of its bucket, between lowest and
    highest."""

    time_s: float
    value: float | None
    low: float | None = None
    high: float | None = None


class Curve(NamedTuple):
    series: Series
    points: list[Point]


def curves(history: History, wanted: Sequence[Series], from_ms: int, to_ms: int) -> list[Curve]:
    """As fine as a picture can show. Words and flags have no curve, and are left out."""
    numbers = [series for series in wanted if drawable(series)]
    level = choosing.level_for(from_ms, to_ms, _MOST_ROWS, _SCAN_MS)
    pieces: dict[Series, list[Piece]] = {series: [] for series in numbers}
    for piece in history.read(numbers, from_ms, to_ms, level):
        pieces[piece.series].append(piece)
    gaps = {series.device: history.gaps(series.device, from_ms, to_ms) for series in numbers}
    return [Curve(series, _points(found, gaps[series.device])) for series, found in pieces.items()]


def drawable(series: Series) -> bool:
    return series.coding in ("number", "real", "bit")


def latest(path: Path, wanted: Mapping[str, float]) -> dict[str, list[tuple[float, float | None]]]:
    """The last quarter of an hour, by DEVICE.POINT, each value times its factor. Raises MalleeError."""
    with History(path) as history:
        series = [each for each in history.series() if each.name in wanted]
        end_ms = max((history.extent(each)[1] for each in series), default=0) + 1
        found = curves(history, series, end_ms - LATEST_MS, end_ms)
    return {
        curve.series.name: [
            (point.time_s, None if point.value is None else point.value * wanted[curve.series.name])
            for point in curve.points
        ]
        for curve in found
    }


def _points(pieces: Iterable[Piece], gaps: Sequence[Gap]) -> list[Point]:
    found: list[Point] = []
    for piece in pieces:
        step_ms = STEP_MS.get(piece.level, 0)
        for at, time_ms in enumerate(piece.times_ms):
            value = _number(piece.values[at])
            time_s = (time_ms + step_ms / 2) / 1000
            if found and step_ms and time_s - found[-1].time_s > _HOLE_STEPS * step_ms / 1000:
                found.append(Point(found[-1].time_s + step_ms / 1000, None))
            if piece.lows is not None and piece.highs is not None:
                found.append(Point(time_s, value, _number(piece.lows[at]), _number(piece.highs[at])))
            else:
                found.append(Point(time_s, value))
    holes = [Point(gap.from_ms / 1000 + 0.001, None) for gap in gaps if gap.cause != "clock"]
    return sorted([*found, *holes], key=lambda point: point.time_s)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
