"""Recorded values as curves: in order of time, with a hole wherever it is not known how they went on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..errors import MalleeError
from . import choosing
from .compaction import STEP_MS
from .gaps import Gap
from .journals import datetime_of
from .query import History, Piece
from .series import Series

_MOST_ROWS = 4000  # of a curve: more than the pixels of a picture
_SCAN_MS = 1000
NUMBERS = ("number", "real", "bit")
_HOLE_STEPS = 3  # that are missing: as in a gap


class Point(NamedTuple):
    """`value` None: not known from here on. Of summaries it is the mean, at the middle of its bucket, between lowest and
    highest."""

    time_s: float
    value: float | None
    low: float | None = None
    high: float | None = None


class Curve(NamedTuple):
    """`name` is DEVICE.POINT."""

    name: str
    unit: str
    points: list[Point]


def curves(history: History, wanted: Sequence[Series], from_ms: int, to_ms: int) -> list[Curve]:
    """As fine as a picture can show, of series of numbers."""
    level = choosing.level_for(from_ms, to_ms, _MOST_ROWS, _SCAN_MS)
    pieces: dict[Series, list[Piece]] = {series: [] for series in wanted}
    for piece in history.read(wanted, from_ms, to_ms, level):
        pieces[piece.series].append(piece)
    gaps = {series.device: history.gaps(series.device, from_ms, to_ms) for series in wanted}
    return [Curve(series.name, series.unit, _points(found, gaps[series.device])) for series, found in pieces.items()]


def numeric(wanted: Sequence[Series]) -> list[Series]:
    """Words and flags have no curve. Raises MalleeError where there is nothing else."""
    numbers = [series for series in wanted if series.coding in NUMBERS]
    if not numbers:
        raise no_numbers([series.name for series in wanted])
    return numbers


def no_numbers(names: Sequence[str]) -> MalleeError:
    return MalleeError(
        f"{', '.join(names)}: words, which have no curve",
        "a state or a set of flags was named",
        "name points that are numbers; `mallee export` writes words over time",
    )


def nothing_then(history: History, wanted: Sequence[Series], from_ms: int, to_ms: int) -> MalleeError:
    first_ms, last_ms = history.extent(wanted[0])
    there = (
        f"{wanted[0].name} is there from {_shown(first_ms)} to {_shown(last_ms)}" if last_ms > 0 else "nothing is there"
    )
    return MalleeError(
        f"nothing was recorded of these points from {_shown(from_ms)} to {_shown(to_ms)}",
        f"`mallee run` did not run then, or they were not known; {there}",
        "name another time with --from and --to; `mallee history gaps` says why there is none",
    )


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


def _shown(time_ms: int) -> str:
    return f"{datetime_of(time_ms):%Y-%m-%dT%H:%M:%SZ}"
