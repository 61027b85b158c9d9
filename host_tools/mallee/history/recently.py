"""The last quarter of an hour of what somebody watches, from the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .curves import NUMBERS, curves
from .query import History
from .totals import Total, curves_of

LATEST_MS = 900_000


def latest(
    path: Path, wanted: Mapping[str, float], sums: Sequence[Total] = (), scan_s: float = 1.0
) -> dict[str, list[tuple[float, float | None]]]:
    """By DEVICE.POINT, or the name of a sum, each value times its factor. Raises MalleeError."""
    with History(path) as history:
        known = [each for each in history.series() if each.coding in NUMBERS]
        series = [each for each in known if each.name in wanted]
        made = [total for total in sums if total.name in wanted and {each.name for each in known} >= set(total.parts)]
        needed = {name for total in made for name in total.parts}
        parts = [each for each in known if each.name in needed]
        end_ms = max((history.extent(each)[1] for each in (*series, *parts)), default=0) + 1
        found = curves(history, series, end_ms - LATEST_MS, end_ms)
        found += curves_of(history, made, parts, end_ms - LATEST_MS, end_ms, scan_s).values()
    return {
        curve.name: [
            (point.time_s, None if point.value is None else point.value * wanted[curve.name]) for point in curve.points
        ]
        for curve in found
    }
