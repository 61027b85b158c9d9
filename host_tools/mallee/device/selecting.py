"""Which points a person means: names and patterns with * and ?."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from .dictionary import LATCHED, Dictionary, Point
from .writing import find_point


def select(dictionary: Dictionary, patterns: Sequence[str]) -> list[Point]:
    """The points for names and patterns, each once, in the order asked; a name without its index means all of an array.

    A pattern finds latched copies only when it begins as their names do: `*power` means the power now.
    Raises MalleeError with the nearest name when one of them matches nothing.
    """
    found: dict[str, Point] = {}
    for pattern in patterns:
        if pattern in dictionary.by_name:
            matches = [dictionary.by_name[pattern]]
        else:
            matches = [p for p in dictionary.points if fnmatchcase(p.name, pattern) and _meant(p, pattern)]
            matches = matches or [p for p in dictionary.points if p.name.rpartition(".")[0] == pattern]
        if not matches:
            find_point(dictionary, pattern)  # raises with the nearest name
        found.update({point.name: point for point in matches})
    return list(found.values())


def fits(name: str, pattern: str) -> bool:
    """Of names with their device, `pdu-a1.branch.3.power`: `*` and `?` stay within one part, so that `pdu-*.power` is no
    branch's. A last part `*` is all that follows."""
    parts, wanted = name.split("."), pattern.split(".")
    if wanted[-1] == "*":
        parts = parts[: len(wanted)]
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def fitting(dictionary: Dictionary, pattern: str) -> list[Point]:
    """Points whose names fit, or all of an array; latched copies as `select` has them. None: not one fits."""
    found = [p for p in dictionary.points if fits(p.name, pattern) and _meant(p, pattern)]
    return found or [p for p in dictionary.points if p.name.rpartition(".")[0] == pattern]


def _meant(point: Point, pattern: str) -> bool:
    return pattern.startswith(LATCHED) or not point.name.startswith(LATCHED)


def fast_points(dictionary: Dictionary) -> list[Point]:
    """The points of the fast block, without the quality registers: those are shown as quality. Of a device that is not ours all
    points: its map says nothing of what is wanted first."""
    if dictionary.fast is None:
        return list(dictionary.points)
    first, count = dictionary.fast
    return [
        p
        for p in dictionary.points
        if p.table == "input" and first <= p.address < first + count and p.kind != "quality"
    ]
