"""What is stored of one scan: a frame of each device that gave new values, as bytes. Pure.

A frame is the number of its layout, its time as ms after the scan's, whether all values are good, the raw numbers as the
layout's struct has them, and where not all are good a byte of quality each.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..reading import Quality, Scalar
from .coding import Coder, Raw, encoder
from .series import Layout

_HEAD = struct.Struct("<IiB")
QUALITIES = tuple(Quality)
"""A quality is stored as its place here. New ones go to the end."""
CODE = {quality: code for code, quality in enumerate(QUALITIES)}
GOOD = CODE[Quality.GOOD]
NOT_AVAILABLE = CODE[Quality.NOT_AVAILABLE]


class Frame(NamedTuple):
    """Values of one layout at one time. Where `qualities` is not all good, the number of a value that is not known means
    nothing."""

    layout: int
    time_ms: int
    raws: Sequence[Raw]
    qualities: bytes | None = None
    """A code a value; None: all are good."""


class FrameCoder:
    """Of one layout. `unfit` counts values that were none of their series, such as a text where a number belongs."""

    def __init__(self, layout: Layout) -> None:
        self._coders: list[Coder] = [encoder(series) for series in layout.series]
        self._struct = layout.struct()
        self._each = [struct.Struct("<" + series.letter) for series in layout.series]
        self.unfit = 0

    def encode(
        self, number: int, offset_ms: int, values: Sequence[Scalar], qualities: Sequence[Quality] | None
    ) -> bytes:
        """The frame of layout `number`. What is None, or not good, is stored as not known, with its quality."""
        raws = [code(value) for code, value in zip(self._coders, values, strict=True)]
        if qualities is None:
            try:
                return _HEAD.pack(number, offset_ms, 0) + self._struct.pack(*raws)
            except struct.error:  # one of them is None, or too large
                pass
        codes = bytearray(len(raws)) if qualities is None else bytearray(CODE[quality] for quality in qualities)
        for at, raw in enumerate(raws):
            if codes[at] == GOOD and not _fits(self._each[at], raw):
                self.unfit += values[at] is not None
                codes[at] = NOT_AVAILABLE
            if codes[at] != GOOD:
                raws[at] = 0
        return _HEAD.pack(number, offset_ms, 1) + self._struct.pack(*raws) + codes


def _fits(layout: struct.Struct, raw: Raw | None) -> bool:
    try:
        layout.pack(raw)
    except struct.error:
        return False
    return True


def decode(data: bytes, time_ms: int, layout_of: Callable[[int], struct.Struct]) -> Iterator[Frame]:
    """The frames of a scan at that time. Raises struct.error for a torn one, and what `layout_of` raises for an unknown
    layout."""
    at = 0
    while at < len(data):
        number, offset_ms, mixed = _HEAD.unpack_from(data, at)
        layout = layout_of(number)
        at += _HEAD.size
        raws = layout.unpack_from(data, at)
        at += layout.size
        qualities = None
        if mixed:
            qualities = data[at : at + len(raws)]
            at += len(raws)
        yield Frame(number, time_ms + offset_ms, raws, qualities)
