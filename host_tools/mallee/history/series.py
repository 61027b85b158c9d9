"""What a series of values is: the point of a device that they are of, and what their numbers mean. A point whose unit, scale,
kind or choices change (a new map, another device under the name) begins another series; a new map that leaves them as they are
does not."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from ..device.dictionary import LATCHED, Point
from ..device.raw import FLOATS

Coding = Literal["number", "real", "choice", "flags", "bit"]
"""How a value is a whole number: times a power of ten; as the bits of a double; by a list of names; a bit a name; 0 and 1."""
_LETTER = {
    "u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "enum": "H", "flags": "H", "bit": "B",
}  # fmt: skip
_NO_SERIES = ("text", "hex", "quality")


class Series(msgspec.Struct, frozen=True):
    """Its identity: two that differ in anything are two. `scale` is the power of ten of a raw unit; `letter` how a raw number
    lies in a scan (struct)."""

    device: str
    point: str
    unit: str
    coding: Coding
    letter: str
    scale: int = 0
    choices: tuple[tuple[int, str], ...] = ()

    @property
    def name(self) -> str:
        """As a person writes it: `skid-1.supply_temperature`."""
        return f"{self.device}.{self.point}"


class Layout(msgspec.Struct, frozen=True):
    """Series of one device that are recorded together, in this order: a frame has a number of each."""

    device: str
    series: tuple[Series, ...]

    def struct(self) -> struct.Struct:
        return struct.Struct("<" + "".join(each.letter for each in self.series))


def is_recorded(point: Point) -> bool:
    """Text and identity are no values over time, quality registers are kept as the quality of values, and latched copies are
    copies."""
    return point.kind not in _NO_SERIES and not point.name.startswith(LATCHED)


def series_of(device: str, point: Point) -> Series:
    """The series that this point's values belong to. ValueError for a point that has none."""
    if not is_recorded(point):
        raise ValueError(f"{point.name} has no series")
    wide = point.kind.endswith("64") and point.scale != 0
    if point.kind in FLOATS or wide or point.factor != 1.0 or point.offset != 0.0:
        # Values of others' maps are not whole multiples of anything; of 64 bits and a scale not all are exact as a double.
        return Series(device, point.name, point.unit, "real", "d")
    letter = _LETTER[point.kind]
    choices = tuple((choice.value, choice.name) for choice in point.choices)
    if point.kind == "enum":
        return Series(device, point.name, point.unit, "choice", letter, 0, choices)
    if point.kind == "flags":
        letter = {1: "H", 2: "I"}.get(point.registers, "Q")
        return Series(device, point.name, point.unit, "flags", letter, 0, choices)
    if point.kind == "bit":
        return Series(device, point.name, point.unit, "bit", letter)
    return Series(device, point.name, point.unit, "number", letter, point.scale)


def layout_of(device: str, points: Mapping[str, Point], names: Sequence[str]) -> tuple[Layout, tuple[int, ...]]:
    """The layout of a snapshot with these names, and where in the snapshot each of its values stands."""
    at = tuple(n for n, name in enumerate(names) if name in points and is_recorded(points[name]))
    return Layout(device, tuple(series_of(device, points[names[n]]) for n in at)), at
