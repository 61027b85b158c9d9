"""From the words of one answer to readings with quality. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..reading import Quality, Reading
from .codec import decode, quality_in, quality_register
from .dictionary import Point
from .spans import Span


def readings(span: Span, words: Sequence[int], when: datetime) -> dict[str, Reading]:
    """Readings of the span's points from the registers that answered it."""
    return {point.name: _reading(span, point, words, when) for point in span.points}


def bit_readings(span: Span, bits: Sequence[bool], when: datetime) -> dict[str, Reading]:
    return {
        point.name: Reading(point.name, bool(bits[point.address - span.address]), "", when) for point in span.points
    }


def missing(points: Sequence[Point], quality: Quality, when: datetime) -> dict[str, Reading]:
    """Readings of points that could not be read: None, and why."""
    return {point.name: Reading(point.name, None, point.unit, when, 0.0, quality) for point in points}


def _reading(span: Span, point: Point, words: Sequence[int], when: datetime) -> Reading:
    at = point.address - span.address
    value = decode(point, words[at : at + point.registers])
    quality = Quality.GOOD
    register = quality_register(point)
    if register is not None and point.quality_slot is not None and span.address <= register < span.address + span.count:
        quality = quality_in([words[register - span.address]], point.quality_slot % 8)
    if quality is not Quality.GOOD:
        value = None
    elif value is None:
        quality = Quality.NOT_AVAILABLE
    return Reading(point.name, value, point.unit, when, 0.0, quality)
