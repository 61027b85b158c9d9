"""The bytes of a point's registers to its raw number and back: width, sign, and the order of bytes. Pure."""

from __future__ import annotations

import struct

from ..reading import Quality
from .dictionary import SENTINEL, Order, Point

FORMAT = {
    "u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d", "enum": "H", "flags": "H",
}  # fmt: skip
SIGNED = ("s16", "s32", "s64")
FLOATS = ("f32", "f64")


def in_order(data: bytes, order: Order) -> bytes:
    """Bytes as they are sent to those with the highest first, and back: each order is its own inverse."""
    if order == "ABCD":
        return data
    if order == "DCBA":
        return data[::-1]
    words = [data[at : at + 2] for at in range(0, len(data), 2)]
    return b"".join(reversed(words)) if order == "CDAB" else b"".join(word[::-1] for word in words)


def number_in(point: Point, data: bytes) -> int | float:
    """The raw number, with its sign; of a float the float itself."""
    data = in_order(data, point.order)
    if point.kind in FLOATS:
        return struct.unpack(f">{FORMAT[point.kind]}", data)[0]
    return int.from_bytes(data, "big", signed=point.kind in SIGNED)


def bytes_of(point: Point, raw: int | float) -> bytes:
    """The inverse of `number_in`. Raises ValueError for a number that the registers cannot hold."""
    try:
        if point.kind in FLOATS:
            data = struct.pack(f">{FORMAT[point.kind]}", raw)
        else:
            data = int(raw).to_bytes(2 * point.registers, "big", signed=raw < 0)
    except (OverflowError, struct.error) as error:
        raise ValueError(f"{raw:g} does not fit a register of kind {point.kind}") from error
    return in_order(data, point.order)


def no_value(point: Point, raw: int | float) -> Quality | None:
    """What this raw number says when it is no value, None when it is one."""
    if isinstance(raw, float):
        return Quality.NOT_AVAILABLE if raw != raw or raw in (float("inf"), float("-inf")) else None
    unsigned = raw & (1 << 16 * point.registers) - 1
    if point.codes is None:
        return Quality.NOT_AVAILABLE if unsigned == SENTINEL[point.kind] else None
    return next((Quality(code.quality) for code in point.codes if code.raw == unsigned), None)
