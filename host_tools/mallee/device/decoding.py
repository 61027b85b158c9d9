"""A span's answer to readings, by a plan that is made once: one unpack for all registers, then a step a value.

Values and qualities are worked out when the answer comes; a Reading, with its time and unit, only when somebody asks for it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..link import pdus
from ..reading import Quality, Reading, Scalar
from .codec import meant, quality_in, quality_register, text_in
from .dictionary import SENTINEL, Point
from .raw import FLOATS, FORMAT, no_value, number_in
from .spans import Span

_REQUEST = {
    "input": pdus.read_input,
    "holding": pdus.read_holding,
    "coil": pdus.read_coils,
    "discrete": pdus.read_discrete,
}
_SIGNED = {"s16": -0x8000, "s32": -0x80000000}
_AS_BYTES = ("text", "hex", "quality")


class Decoded(Mapping[str, Reading]):
    """The points of one answer. `scalars` are in the order of `names`; `qualities` is None where all are good."""

    __slots__ = ("_at", "names", "qualities", "scalars", "units", "when")

    def __init__(
        self, decoder: SpanDecoder, values: list[Scalar], qualities: list[Quality] | None, when: datetime
    ) -> None:
        self.names, self.units, self._at = decoder.names, decoder.units, decoder.at
        self.scalars = values
        self.qualities = qualities
        self.when = when

    def __getitem__(self, name: str) -> Reading:
        return self.reading(self._at[name])

    def reading(self, at: int, age_s: float = 0.0) -> Reading:
        quality = Quality.GOOD if self.qualities is None else self.qualities[at]
        return Reading(self.names[at], self.scalars[at], self.units[at], self.when, age_s, quality)

    def __contains__(self, name: object) -> bool:
        return name in self._at

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class SpanDecoder:
    """`request` is the PDU that asks for the span; `decode` takes the PDU of its good answer."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.request = pdus.encode(_REQUEST[span.table](span.address, span.count))
        points = sorted(span.points, key=lambda point: point.address)
        self.names = tuple(point.name for point in points)
        self.units = tuple(point.unit for point in points)
        self.at = {name: at for at, name in enumerate(self.names)}
        self._bits = [point.address - span.address for point in points] if span.table in ("coil", "discrete") else None
        if self._bits is None:
            self._layout = struct.Struct(_layout(span, points))
            self._steps = [_step(point) for point in points]
            self._coded = {at: point for at, point in enumerate(points) if point.codes}
            self._registers, self._slots = _quality_slots(span, points)

    def decode(self, answer: bytes, when: datetime) -> Decoded:
        """`answer` fits the request (a link has seen to that)."""
        if self._bits is not None:
            bits = [bool(answer[2 + (bit >> 3)] >> (bit & 7) & 1) for bit in self._bits]
            return Decoded(self, list[Scalar](bits), None, when)
        raws = self._layout.unpack_from(answer, 2)
        values = [step(raw) for step, raw in zip(self._steps, raws, strict=True)]
        qualities: list[Quality] | None = None
        for register in self._registers:
            word = answer[2 + 2 * register] << 8 | answer[3 + 2 * register]
            if word:
                for at, slot in self._slots[register]:
                    quality = quality_in((word,), slot)
                    if quality is not Quality.GOOD:
                        qualities = qualities or [Quality.GOOD] * len(values)
                        qualities[at] = quality
                        values[at] = None
        if None in values:
            qualities = qualities or [Quality.GOOD] * len(values)
            for at, value in enumerate(values):
                if value is None and qualities[at] is Quality.GOOD:
                    qualities[at] = self._why(at, raws[at])
        return Decoded(self, values, qualities, when)

    def _why(self, at: int, raw: Any) -> Quality:
        point = self._coded.get(at)
        if point is None:
            return Quality.NOT_AVAILABLE
        return no_value(point, number_in(point, raw)) or Quality.NOT_AVAILABLE


def _layout(span: Span, points: list[Point]) -> str:
    parts, at = [">"], span.address
    for point in points:
        if point.address > at:
            parts.append(f"{2 * (point.address - at)}x")
        parts.append(FORMAT[point.kind] if _plain(point) else f"{2 * point.registers}s")
        at = point.end
    return "".join(parts)


def _quality_slots(span: Span, points: list[Point]) -> tuple[list[int], dict[int, list[tuple[int, int]]]]:
    """Quality registers inside the span, by their place in it: which points, and which slot of the register each has."""
    slots: dict[int, list[tuple[int, int]]] = {}
    for at, point in enumerate(points):
        register = quality_register(point)
        if register is not None and point.quality_slot is not None and 0 <= register - span.address < span.count:
            slots.setdefault(register - span.address, []).append((at, point.quality_slot % 8))
    return list(slots), slots


def _plain(point: Point) -> bool:
    """As mallee controllers have it: struct makes the raw number, and one sentinel is no value."""
    return point.kind not in _AS_BYTES and point.codes is None


def _step(point: Point) -> Callable[[Any], Scalar]:
    """From what struct makes of the registers to the value; None for what is no value."""
    if point.kind == "text":
        return text_in
    if point.kind == "hex":
        return bytes.hex
    if point.kind == "quality":
        return lambda raw: int.from_bytes(raw, "big")
    if not _plain(point):
        return _foreign(point)
    sentinel = _SIGNED.get(point.kind, SENTINEL[point.kind])
    if point.kind == "enum":
        names = {choice.value: choice.name for choice in point.choices}
        return lambda raw: None if raw == sentinel else names.get(raw) or f"unknown_{raw}"
    if point.kind == "flags":
        return _Flags(point)
    if point.scale < 0:
        divisor = 10**-point.scale
        return lambda raw: None if raw == sentinel else raw / divisor
    if point.scale == 0:
        return lambda raw: None if raw == sentinel else raw
    factor = 10**point.scale
    return lambda raw: None if raw == sentinel else raw * factor


def _foreign(point: Point) -> Callable[[bytes], Scalar]:
    """Another's order, codes and factors; most registers of a unit repeat what they held, so the last value is kept."""
    last: list[tuple[bytes, Scalar]] = [(b"", None)]

    def step(data: bytes) -> Scalar:
        if last[0][0] != data:
            raw = number_in(point, data)
            unknown = no_value(point, raw) if point.codes or point.kind in FLOATS else None
            last[0] = (data, None if unknown is not None else meant(point, raw))
        return last[0][1]

    return step


class _Flags:
    """Sets of names, made once for each word that was seen."""

    def __init__(self, point: Point) -> None:
        names = {choice.value: choice.name for choice in point.choices}
        self._names = tuple(names.get(bit, f"bit_{bit}") for bit in range(16))
        self._known: dict[int, frozenset[str] | None] = {SENTINEL["flags"]: None}

    def __call__(self, raw: int) -> frozenset[str] | None:
        try:
            return self._known[raw]
        except KeyError:
            found = self._known[raw] = frozenset(self._names[bit] for bit in range(16) if raw >> bit & 1)
            return found
