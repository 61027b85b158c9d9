"""Pairs of settings of which the first must not be above the second, as the Order classes of a map declare them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..device.dictionary import Point


def in_words(points: Sequence[Point], pairs: Sequence[tuple[str, str]]) -> list[Point]:
    """The points, each with a sentence in its meaning about what it must not be above or below.

    Raises ValueError for a pair that a controller cannot compare (core/consistency.py) or whose defaults contradict it.
    """
    by_name = {point.name: point for point in points}
    for lower, upper in pairs:
        low, high = by_name[lower], by_name[upper]
        if (low.kind, low.scale, low.registers) != (high.kind, high.scale, high.registers) or low.registers != 1:
            raise ValueError(
                f"{lower} and {upper} are compared as words, so they have one kind and scale, and one word"
            )
        if low.table != "holding" or low.default is None or high.default is None or low.default > high.default:
            raise ValueError(f"{lower} and {upper} are settings with defaults that are in order")
        by_name[lower] = _with(low, f"Not above {_field(upper)}.")
        by_name[upper] = _with(high, f"Not below {_field(lower)}.")
    return [by_name[point.name] for point in points]


def _field(name: str) -> str:
    """Of an array, the one of the same place is meant."""
    return name.rpartition(".")[2]


def _with(point: Point, sentence: str) -> Point:
    return msgspec.structs.replace(point, meaning=f"{point.meaning} {sentence}")
