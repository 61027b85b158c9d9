"""Many frames of one layout as one block, and back. Pure.

A block has a column of times, one of numbers a series, and one of qualities for each series that was not always good. A number
that is not known repeats the one before, which costs nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from . import packing
from .coding import bits_of
from .frames import GOOD, Frame
from .packing import Damaged
from .series import Layout

_COUNT = struct.Struct("<H")


class Column(NamedTuple):
    """Of one series. `raws` are whole numbers, of coding `real` bits of doubles; `qualities` None: all are good."""

    raws: list[int]
    qualities: Sequence[int] | None = None


class Block(NamedTuple):
    """Times in ms since 1970 UTC, never falling, and the columns that were asked for."""

    times_ms: list[int]
    columns: list[Column]


def gather(layout: Layout, frames: Sequence[Frame]) -> Block:
    """Frames of this layout, in order, as columns."""
    columns = [list(column) for column in zip(*(frame.raws for frame in frames), strict=True)]
    for series, column in zip(layout.series, columns, strict=True):
        if series.coding == "real":
            column[:] = [bits_of(raw) for raw in column]
    qualities: list[Sequence[int] | None] = [None] * len(columns)
    if any(frame.qualities is not None for frame in frames):
        good = bytes(len(columns))
        for at, codes in enumerate(zip(*(frame.qualities or good for frame in frames), strict=True)):
            if any(codes):
                qualities[at] = codes
                _repeat(columns[at], codes)
    times_ms = [frame.time_ms for frame in frames]
    return Block(times_ms, [Column(column, codes) for column, codes in zip(columns, qualities, strict=True)])


def joined(blocks: Sequence[Block]) -> Block:
    """Blocks of one layout with all their columns, one behind the other."""
    times_ms = [time for block in blocks for time in block.times_ms]
    columns = []
    for parts in zip(*(block.columns for block in blocks), strict=True):
        raws = [raw for part in parts for raw in part.raws]
        if all(part.qualities is None for part in parts):
            columns.append(Column(raws))
            continue
        codes = [c for part in parts for c in (part.qualities or bytes(len(part.raws)))]
        columns.append(Column(raws, codes))
    return Block(times_ms, columns)


def encode(block: Block) -> bytes:
    doubtful = [at for at, column in enumerate(block.columns) if column.qualities is not None]
    head = _COUNT.pack(len(doubtful)) + b"".join(map(_COUNT.pack, doubtful))
    columns: list[Sequence[int]] = [block.times_ms, *(column.raws for column in block.columns)]
    columns += [codes for column in block.columns if (codes := column.qualities) is not None]
    return head + packing.pack(columns)


def decode(data: bytes, columns: int, wanted: Sequence[int] | None = None) -> Block:
    """A block of a layout with so many series; of `wanted`, numbers of series, those alone. Raises Damaged."""
    try:
        doubtful = [_COUNT.unpack_from(data, 2 * at + 2)[0] for at in range(_COUNT.unpack_from(data)[0])]
    except struct.error as error:
        raise Damaged(f"not a block of history: {error}") from error
    chosen = list(range(columns) if wanted is None else wanted)
    mixed = [at for at in chosen if at in doubtful]
    needed = [0, *(at + 1 for at in chosen), *(columns + 1 + doubtful.index(at) for at in mixed)]
    found = packing.unpack(data[2 + 2 * len(doubtful) :], needed)
    codes = dict(zip(mixed, found[1 + len(chosen) :], strict=True))
    return Block(found[0], [Column(found[1 + n], codes.get(at)) for n, at in enumerate(chosen)])


def _repeat(column: list[int], codes: Sequence[int]) -> None:
    last = next((raw for raw, code in zip(column, codes, strict=True) if code == GOOD), 0)
    for at, code in enumerate(codes):
        if code == GOOD:
            last = column[at]
        else:
            column[at] = last
