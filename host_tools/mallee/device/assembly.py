"""Readings of what could not be read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..reading import Quality, Reading
from .dictionary import Point


def missing(points: Sequence[Point], quality: Quality, when: datetime) -> dict[str, Reading]:
    """Readings of points that could not be read: None, and why."""
    return {point.name: Reading(point.name, None, point.unit, when, 0.0, quality) for point in points}
