"""Which requests cover which points: contiguous spans inside declared blocks, as few as the standard allows.
Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .codec import quality_register
from .dictionary import Dictionary, Point, Table


@dataclass(frozen=True, slots=True)
class Span:
    """Registers (or bits) of one table that one request reads, and the points asked for in it."""

    table: Table
    address: int
    count: int
    points: tuple[Point, ...]


def plan(dictionary: Dictionary, points: Iterable[Point], limit: int) -> list[Span]:
    """Spans of at most `limit` that cover the points, each with its quality register where that is in the
    same block.

    A span never crosses a hole of the map (reads are all or nothing), and never cuts a point of several
    registers.
    """
    spans: list[Span] = []
    for table in ("input", "holding", "coil", "discrete"):
        wanted = sorted((p for p in points if p.table == table), key=lambda p: p.address)
        blocks = dictionary.blocks(table) if wanted else []
        current: list[Point] = []
        first = end = block_end = 0
        for point in wanted:
            block = next((start, start + count) for start, count in blocks if start <= point.address < start + count)
            start = _first_register(point, block)
            if current and block[1] == block_end and max(end, point.end) - min(first, start) <= limit:
                current.append(point)
                first, end = min(first, start), max(end, point.end)
                continue
            if current:
                spans.append(Span(table, first, end - first, tuple(current)))
            current, first, end, block_end = [point], start, point.end, block[1]
            if end - first > limit:  # the quality register is too far away to come in the same request
                first = point.address
        if current:
            spans.append(Span(table, first, end - first, tuple(current)))
    return spans


def fast_span(dictionary: Dictionary) -> Span:
    """The fast block in one span. Raises ValueError where there is none."""
    if dictionary.fast is None:
        raise ValueError(f"a {dictionary.profile} has no fast block")
    first, count = dictionary.fast
    points = tuple(p for p in dictionary.points if p.table == "input" and first <= p.address < first + count)
    return Span("input", first, count, points)


def _first_register(point: Point, block: tuple[int, int]) -> int:
    register = quality_register(point)
    if register is not None and block[0] <= register < block[1]:
        return min(register, point.address)
    return point.address


def halves(span: Span) -> list[Span]:
    """The span cut in two between points, for the device that refuses part of it."""
    middle = len(span.points) // 2
    parts = (span.points[:middle], span.points[middle:])
    return [Span(span.table, part[0].address, part[-1].end - part[0].address, part) for part in parts if part]
