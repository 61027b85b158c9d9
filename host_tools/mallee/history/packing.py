"""Columns of whole numbers to few bytes and back, exactly. Pure, and of the standard library alone.

A column is written as what is left when a polynomial guess is taken away: of order 0 the guess is the smallest value, of order
1 the value before (delta), of order 2 the line through the two before (a counter that runs). What is left is folded to a number
without sign, written in as few bytes as its largest needs, all lowest bytes first, then the next (byte-shuffle), so that bytes
which are nearly always zero lie together. zlib does the rest.

A block of few rows is one stream, for zlib needs to see something before it earns its header; one of many rows has a stream a
column, so that one column can be had without unpacking the others.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import sub

_ONE_STREAM_ROWS = 300
"""On registers of a running pod the two ways cost the same at some 200 rows a block."""
ROWS_MAX = 100_000
"""Of a block: bound before believing. An hour at the shortest scan time, 0.1 s, has 36,000."""
_LEVEL = 6
_HEAD = struct.Struct("<IHB")  # rows, columns, whether each column has a stream of its own
_LENGTH = struct.Struct("<I")
_LETTER = {1: "B", 2: "H", 4: "I", 8: "Q"}
_WIDTHS = (0, 1, 2, 4, 8)
_ORDER, _WIDTH_AT, _UNSIGNED, _WRAPS = 3, 2, 32, 64
"""The byte before a column's first number: bits 0-1 the order, 2-4 which of the widths, then whether it has numbers of 2**63 or
more, and whether differences may have gone round at 2**64."""
_WRAP = 1 << 64
_MASK = _WRAP - 1
_SMALL = 1 << 12
_FOLD = [2 * n for n in range(_SMALL)] + [2 * (_SMALL - n) - 1 for n in range(_SMALL)]
"""Folds -4096 … 4095 by an index that counts from the end when it is negative: three times as fast as arithmetic."""
_UNFOLD = [(n >> 1) ^ -(n & 1) for n in range(2 * _SMALL)]


class Damaged(ValueError):
    """The bytes are no block: zlib's check sum says so, or their lengths do not fit."""


def pack(columns: Sequence[Sequence[int]]) -> bytes:
    """All columns have the same number of rows, at least one; numbers from -2**63 to 2**64 - 1. ValueError for a column that
    has both a negative number and one of 2**63 or more."""
    rows = len(columns[0])
    single = rows > _ONE_STREAM_ROWS
    heads, bodies = bytearray(), []
    for column in columns:
        bodies.append(_packed(column, heads))
    parts = [_HEAD.pack(rows, len(columns), single), bytes(heads)]
    if single:
        streams = [zlib.compress(body, _LEVEL) if body else b"" for body in bodies]
        parts += [_LENGTH.pack(len(stream)) for stream in streams]
        parts += streams
    else:
        parts.append(zlib.compress(b"".join(bodies), _LEVEL))
    return b"".join(parts)


def unpack(data: bytes, wanted: Sequence[int] | None = None) -> list[list[int]]:
    """The columns, or those of these numbers in that order. Raises Damaged."""
    try:
        rows, count, single = _HEAD.unpack_from(data)
        if not 0 < rows <= ROWS_MAX:
            raise Damaged(f"a block of {rows} rows")
        heads, at = _heads(data, _HEAD.size, count)
        chosen = range(count) if wanted is None else wanted
        if single:
            lengths = [_LENGTH.unpack_from(data, at + each * _LENGTH.size)[0] for each in range(count)]
            starts = list(accumulate(lengths, initial=at + count * _LENGTH.size))
            return [
                _unpacked(rows, heads[n], zlib.decompress(data[starts[n] : starts[n + 1]]) if lengths[n] else b"")
                for n in chosen
            ]
        body = zlib.decompress(data[at:])
        starts = list(accumulate((rows * head[1] for head in heads), initial=0))
        return [_unpacked(rows, heads[n], body[starts[n] : starts[n + 1]]) for n in chosen]
    except (struct.error, zlib.error, IndexError, ValueError) as error:
        raise Damaged(f"not a block of history: {error}") from error


def rows_in(data: bytes) -> int:
    """How many rows a block has. Raises Damaged."""
    try:
        return _HEAD.unpack_from(data)[0]
    except struct.error as error:
        raise Damaged(f"not a block of history: {error}") from error


def _packed(values: Sequence[int], heads: bytearray) -> bytes:
    """What is left of a column; what it takes to read that is added to `heads`."""
    low, high = min(values), max(values)
    if low < 0 and high >= _WRAP >> 1:
        raise ValueError(f"{low} and {high} do not fit one column")
    flags = (_UNSIGNED if high >= _WRAP >> 1 else 0) | (_WRAPS if high >= _WRAP >> 3 or low < -(_WRAP >> 3) else 0)
    order, guess, left = (0, low, None) if low == high else _guessed(values, low)
    width = 0 if left is None else _width(max(left))
    heads.append(order | _WIDTHS.index(width) << _WIDTH_AT | flags)
    folded = guess << 1 if guess >= 0 else -(guess << 1) - 1
    while folded >= 0x80:
        heads.append(folded & 0x7F | 0x80)
        folded >>= 7
    heads.append(folded)
    if left is None:
        return b""
    planes = _bytes(array(_LETTER[width], left))
    return planes if width == 1 else b"".join(planes[plane::width] for plane in range(width))


def _heads(data: bytes, at: int, count: int) -> tuple[list[tuple[int, int, int]], int]:
    """Flags, width and first number of each column, and where they end."""
    heads = []
    for _ in range(count):
        flags, at = data[at], at + 1
        folded = shift = 0
        while data[at] & 0x80:
            folded |= (data[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
        folded |= data[at] << shift
        at += 1
        heads.append((flags, _WIDTHS[flags >> _WIDTH_AT & 7], (folded >> 1) ^ -(folded & 1)))
    return heads, at


def _bytes(numbers: array) -> bytes:
    """Lowest byte first, whatever this computer does."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _guessed(values: Sequence[int], low: int) -> tuple[int, int, list[int]]:
    """Order, first value or smallest, and what is left: of the order by which least is left."""
    above = [value - low for value in values]
    steps = list(map(sub, values[1:], values))
    bends = list(map(sub, steps[1:], steps))
    # White noise about a level: a difference has 1.4 times its spread. The middle of it is what order 0 leaves.
    middle = sum(above) // len(above)
    level = sum(abs(value - middle) for value in above)
    moved, bent = sum(map(abs, steps)), sum(map(abs, bends))
    if level <= min(moved, bent):
        return 0, low, above
    if moved <= bent:
        return 1, values[0], [0, *_folded(steps)]
    return 2, values[0], [0, *_folded([steps[0], *bends])]


def _folded(steps: list[int]) -> list[int]:
    """…, -2, -1, 0, 1, 2, … as 3, 1, 0, 2, 4; differences are taken modulo 2**64."""
    if min(steps) >= -_SMALL and max(steps) < _SMALL:
        return [_FOLD[step] for step in steps]
    half = _WRAP >> 1
    near = [step if -half <= step < half else (step + half & _MASK) - half for step in steps]
    return [step << 1 if step >= 0 else -(step << 1) - 1 for step in near]


def _width(largest: int) -> int:
    return 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4 if largest < 1 << 32 else 8


def _unpacked(rows: int, head: tuple[int, int, int], body: bytes) -> list[int]:
    flags, width, first = head
    order = flags & _ORDER
    if not width:
        return [first] * rows
    if len(body) != rows * width:
        raise Damaged(f"{len(body)} bytes where {rows * width} were to be")
    left = _numbers(body, rows, width)
    if order == 0:
        values = [first + value for value in left]
    else:
        small = max(left) < 2 * _SMALL
        steps = [_UNFOLD[n] for n in left] if small else [(n >> 1) ^ -(n & 1) for n in left]
        if order == 2:
            steps = [0, *accumulate(steps[1:])]
        steps[0] = first
        values = list(accumulate(steps))
    if flags & _UNSIGNED:
        return [value & _MASK for value in values]
    if flags & _WRAPS:
        half = _WRAP >> 1
        return [(value + half & _MASK) - half for value in values]
    return values


def _numbers(body: bytes, rows: int, width: int) -> array:
    if width > 1:
        planes = bytearray(len(body))
        for plane in range(width):
            planes[plane::width] = body[plane * rows : (plane + 1) * rows]
        body = bytes(planes)
    numbers = array(_LETTER[width])
    numbers.frombytes(body)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
