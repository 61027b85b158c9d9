"""Values over time for charts: from the pod's history where it is recorded, else from the last quarter of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..errors import NotFound
from ..history import totals
from ..history.asking import length_ms
from ..history.choosing import level_for
from ..history.curves import Curve
from ..history.gaps import HOLE_SCANS
from ..history.query import History, Piece
from ..history.series import Series
from ..history.totals import Total
from ..suggest import did_you_mean
from .ring import Ring

MOST_ROWS = 2000
"""Of a series in one answer: what a chart can show; longer times come as minutes or hours."""
_NUMBERS = ("number", "real")


class TrendSeries(msgspec.Struct, frozen=True, kw_only=True):
    """`values` is null where nothing is known, and in each gap, so that no line crosses it. `lows` and `highs` are of
    summaries by the minute or hour, whose `values` are means."""

    name: str
    unit: str
    times_ms: list[int]
    """Unix time in milliseconds."""
    values: list[float | None]
    lows: list[float | None] | None = None
    highs: list[float | None] | None = None


class TrendGap(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing was recorded of `device` ("" the whole pod); `to_ms` null: it lasts."""

    device: str
    from_ms: int
    to_ms: int | None
    cause: str
    reason: str


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    from_ms: int
    to_ms: int
    recorded: bool
    """From the history; false: from what this page has seen in the last 15 minutes."""
    series: list[TrendSeries]
    gaps: list[TrendGap]


class SeriesName(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    unit: str


def names(ring: Ring, history: Path | None, sums: Sequence[Total] = ()) -> list[SeriesName]:
    """All that a trend can be had of, in order. Raises MalleeError where the history cannot be read."""
    known = dict(ring.names())
    if history is not None and history.exists():
        with History(history) as found:
            recorded = {each.name: each.unit for each in found.series() if each.coding in _NUMBERS}
        known |= recorded | {total.name: total.unit for total in sums if recorded.keys() >= set(total.parts)}
    return [SeriesName(name=name, unit=unit) for name, unit in sorted(known.items())]


def trend(
    ring: Ring,
    history: Path | None,
    wanted: Sequence[str],
    last: str,
    until_ms: int,
    scan_s: float,
    sums: Sequence[Total] = (),
) -> Trend:
    """`last` such as 15m or 6h, before `until_ms`; `sums` are made of what is recorded. Reads the disk: call it beside the event
    loop. Raises MalleeError."""
    from_ms = max(0, until_ms - length_ms(last, "last"))
    if history is not None and history.exists():
        with History(history) as found:
            return _recorded(found, ring, wanted, from_ms, until_ms, scan_s, sums)
    _check(wanted, ring.names())
    hole_ms = HOLE_SCANS * scan_s * 1000
    runs = [
        _broken(run.name, run.unit, run.times_ms, run.values, hole_ms) for run in ring.runs(wanted, from_ms, until_ms)
    ]
    return Trend(from_ms=from_ms, to_ms=until_ms, recorded=False, series=runs, gaps=[])


def _recorded(
    found: History,
    ring: Ring,
    wanted: Sequence[str],
    from_ms: int,
    to_ms: int,
    scan_s: float,
    sums: Sequence[Total],
) -> Trend:
    by_name: dict[str, list[Series]] = {}
    for each in found.series():
        if each.coding in _NUMBERS:
            by_name.setdefault(each.name, []).append(each)
    made = {total.name: total for total in sums if by_name.keys() >= set(total.parts)}
    _check(wanted, [*by_name, *made, *ring.names()])
    level = level_for(from_ms, to_ms, MOST_ROWS, max(1, round(scan_s * 1000)))
    asked = [series for name in wanted for series in by_name.get(name, ())]
    pieces: dict[str, list[Piece]] = {}
    for piece in found.read(asked, from_ms, to_ms + 1, level):
        pieces.setdefault(piece.series.name, []).append(piece)
    gaps = [gap for gap in found.gaps(None, from_ms, to_ms) if gap.cause != "clock"]
    hole_ms = HOLE_SCANS * scan_s * 1000
    asked_for = [made[name] for name in wanted if name in made]
    parts = [series for total in asked_for for name in total.parts for series in by_name[name]]
    summed = totals.curves_of(found, asked_for, parts, from_ms, to_ms, scan_s)

    def one(name: str) -> TrendSeries:
        if name in by_name:
            return _of_pieces(name, by_name[name][-1].unit, pieces.get(name, []), hole_ms)
        return _of_curve(summed[name]) if name in made else _broken(*ring.runs([name], from_ms, to_ms)[0], hole_ms)

    series = [one(name) for name in wanted]
    devices = {"", *(each.device for each in (*asked, *parts))}
    told = [
        TrendGap(device=gap.device, from_ms=gap.from_ms, to_ms=gap.to_ms, cause=gap.cause, reason=gap.reason)
        for gap in gaps
        if gap.device in devices
    ]
    return Trend(from_ms=from_ms, to_ms=to_ms, recorded=True, series=series, gaps=told)


def _of_pieces(name: str, unit: str, pieces: Sequence[Piece], hole_ms: float) -> TrendSeries:
    """Pieces follow each other, each at its own resolution."""
    times: list[int] = []
    columns: tuple[list[float | None], list[float | None], list[float | None]] = ([], [], [])
    coarse = False
    for piece in pieces:
        coarse = coarse or piece.lows is not None
        step_ms = 2.5 * (piece.times_ms[1] - piece.times_ms[0]) if piece.lows and len(piece.times_ms) > 1 else hole_ms
        own = _broken(name, unit, piece.times_ms, _floats(piece.values), step_ms)
        lows, highs = (
            _floats(part) if part is not None else _floats(piece.values) for part in (piece.lows, piece.highs)
        )
        times += own.times_ms
        columns[0].extend(own.values)
        columns[1].extend(_broken(name, unit, piece.times_ms, lows, step_ms).values)
        columns[2].extend(_broken(name, unit, piece.times_ms, highs, step_ms).values)
    values, lows, highs = columns
    if not coarse:
        return TrendSeries(name=name, unit=unit, times_ms=times, values=values)
    return TrendSeries(name=name, unit=unit, times_ms=times, values=values, lows=lows, highs=highs)


def _of_curve(curve: Curve) -> TrendSeries:
    times = [round(point.time_s * 1000) for point in curve.points]
    return TrendSeries(name=curve.name, unit=curve.unit, times_ms=times, values=[point.value for point in curve.points])


def _broken(name: str, unit: str, times_ms: list[int], values: list[float | None], hole_ms: float) -> TrendSeries:
    """With a null in every hole of time, so that a chart's line stops there."""
    times: list[int] = []
    kept: list[float | None] = []
    for time, value in zip(times_ms, values, strict=True):
        if times and time - times[-1] > hole_ms:
            times.append(times[-1] + 1)
            kept.append(None)
        times.append(time)
        kept.append(value)
    return TrendSeries(name=name, unit=unit, times_ms=times, values=kept)


def _floats(values: Sequence[object]) -> list[float | None]:
    return [float(value) if isinstance(value, int | float) else None for value in values]


def _check(wanted: Sequence[str], known: Sequence[str] | dict[str, str]) -> None:
    for name in wanted:
        if name not in known:
            raise NotFound(
                f"there are no values of {name!r} over time",
                "a typing error, or a point that is neither recorded nor in the pod's document",
                did_you_mean(name, known, 3) if known else "wait for the first document of the pod",
            )
