"""Values of a minute or an hour as one: how many were good, the lowest, the middle and the highest. Pure.

The middle of numbers is their mean, kept to a tenth of a raw unit (of 64-bit numbers to a whole one). Words and switches have
no mean: theirs is the last one, and the lowest and highest say whether another came; of flags the lowest has the bits that were
always set, and the highest those that ever were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

from ..reading import Scalar
from . import packing
from .blocks import Block, Column
from .coding import bits_of, decoder, real
from .frames import GOOD
from .series import Series

_TENTHS = 10
_PER_SERIES = 4


class Summary(NamedTuple):
    """Of one series, a number a bucket. Where `counts` is 0 the others mean nothing."""

    counts: list[int]
    lows: list[int]
    middles: list[int]
    highs: list[int]


class SummaryBlock(NamedTuple):
    """`times_ms` are where the buckets begin."""

    times_ms: list[int]
    columns: list[Summary]


def tenths(series: Series) -> int:
    """What the middle of this series is counted in: parts of a raw unit."""
    return _TENTHS if series.coding == "number" and series.letter not in "Qq" else 1


def summarise(series: Sequence[Series], block: Block, step_ms: int) -> SummaryBlock:
    """A block in buckets of `step_ms`, which begin at multiples of it; those in which nothing came are not there."""
    edges = _edges(block.times_ms, step_ms)
    starts = [block.times_ms[first] // step_ms * step_ms for first, _ in edges]
    columns = [_summary(each, column, edges) for each, column in zip(series, block.columns, strict=True)]
    return SummaryBlock(starts, columns)


def coarsen(series: Sequence[Series], block: SummaryBlock, step_ms: int) -> SummaryBlock:
    """Summaries of smaller buckets in larger ones."""
    edges = _edges(block.times_ms, step_ms)
    starts = [block.times_ms[first] // step_ms * step_ms for first, _ in edges]
    columns = []
    for each, column in zip(series, block.columns, strict=True):
        found = Summary([], [], [], [])
        for first, end in edges:
            _add(found, _merged(each, [row for row in zip(*(p[first:end] for p in column), strict=True) if row[0]]))
        columns.append(found)
    return SummaryBlock(starts, columns)


def middles(series: Series, column: Summary) -> list[Scalar]:
    """The middle of each bucket as a value; that of an empty one means nothing."""
    parts, value = tenths(series), decoder(series)
    if parts == 1:
        return [value(middle) for middle in column.middles]
    divisor = parts * 10**-series.scale if series.scale < 0 else parts / 10**series.scale
    return [middle / divisor for middle in column.middles]


def joined(parts: Sequence[SummaryBlock]) -> SummaryBlock:
    """Blocks of one layout with all their columns, one behind the other."""
    times_ms = [time for part in parts for time in part.times_ms]
    columns = [
        Summary(*([value for column in of_series for value in column[at]] for at in range(_PER_SERIES)))
        for of_series in zip(*(part.columns for part in parts), strict=True)
    ]
    return SummaryBlock(times_ms, columns)


def encode(block: SummaryBlock) -> bytes:
    return packing.pack([block.times_ms, *(part for column in block.columns for part in column)])


def decode(data: bytes, columns: int, wanted: Sequence[int] | None = None) -> SummaryBlock:
    """Of a layout with so many series; of `wanted`, numbers of series, those alone. Raises packing.Damaged."""
    chosen = range(columns) if wanted is None else wanted
    needed = [0, *(1 + _PER_SERIES * at + part for at in chosen for part in range(_PER_SERIES))]
    found = packing.unpack(data, needed)
    parts = found[1:]
    return SummaryBlock(found[0], [Summary(*parts[at : at + _PER_SERIES]) for at in range(0, len(parts), _PER_SERIES)])


def _edges(times_ms: Sequence[int], step_ms: int) -> list[tuple[int, int]]:
    """Rows (first, end) of each bucket."""
    edges, first = [], 0
    buckets = [time // step_ms for time in times_ms]
    for at in range(1, len(buckets)):
        if buckets[at] != buckets[first]:
            edges.append((first, at))
            first = at
    return [*edges, (first, len(buckets))]


def _summary(series: Series, column: Column, edges: list[tuple[int, int]]) -> Summary:
    found = Summary([], [], [], [])
    reduced = _reducer(series)
    raws, codes = column
    for first, end in edges:
        part = raws[first:end]
        if codes is not None:
            part = [raw for raw, code in zip(part, codes[first:end], strict=True) if code == GOOD]
        _add(found, (len(part), *reduced(part)) if part else (0, 0, 0, 0))
    return found


def _add(found: Summary, row: tuple[int, ...]) -> None:
    """An empty bucket repeats the one before: that packs to nothing."""
    if not row[0] and found.counts:
        row = (0, found.lows[-1], found.middles[-1], found.highs[-1])
    for part, value in zip(found, row, strict=True):
        part.append(value)


def _reducer(series: Series) -> Callable[[Sequence[int]], tuple[int, int, int]]:
    """Lowest, middle and highest of some good numbers."""
    if series.coding == "flags":
        return lambda raws: (reduce(and_, raws), raws[-1], reduce(or_, raws))
    if series.coding in ("choice", "bit"):
        return lambda raws: (min(raws), raws[-1], max(raws))
    if series.coding == "real":

        def reals(raws: Sequence[int]) -> tuple[int, int, int]:
            values = [real(raw) for raw in raws]
            return bits_of(min(values)), bits_of(sum(values) / len(values)), bits_of(max(values))

        return reals
    parts = tenths(series)
    return lambda raws: (min(raws), _ratio(parts * sum(raws), len(raws)), max(raws))


def _merged(series: Series, rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """One row of several: (count, lowest, middle, highest), none of them empty."""
    if not rows:
        return (0, 0, 0, 0)
    counts, lows, middles, highs = (list(part) for part in zip(*rows, strict=True))
    count = sum(counts)
    if series.coding == "flags":
        return count, reduce(and_, lows), middles[-1], reduce(or_, highs)
    if series.coding in ("choice", "bit"):
        return count, min(lows), middles[-1], max(highs)
    if series.coding == "real":
        mean = sum(real(middle) * n for middle, n in zip(middles, counts, strict=True)) / count
        return count, bits_of(min(map(real, lows))), bits_of(mean), bits_of(max(map(real, highs)))
    mean = _ratio(sum(middle * n for middle, n in zip(middles, counts, strict=True)), count)
    return count, min(lows), mean, max(highs)


def _ratio(total: int, count: int) -> int:
    """Rounded to the nearest, halves up: whole numbers stay exact at any size."""
    return (2 * total + count) // (2 * count)
