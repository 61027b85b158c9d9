"""A value with what makes it usable: its unit, when it was measured, how old it is, and how good."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Scalar = float | int | str | bool | frozenset[str] | None


class Quality(enum.StrEnum):
    """Why a value can be trusted, or why there is none."""

    GOOD = "good"
    NOT_FITTED = "not_fitted"  # the equipment does not have the sensor
    FAULT = "fault"  # the sensor or its wiring
    NOT_YET = "not_yet"  # not measured since the controller started
    NOT_AVAILABLE = "not_available"  # the sentinel, and no quality register says more
    STALE = "stale"  # known once, not renewed in time
    NO_ANSWER = "no_answer"  # the controller did not answer
    REFUSED = "refused"  # the controller answered with an exception
    QUARANTINED = "quarantined"  # the controller said something that cannot be, and is not believed


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point.

    `value` is in `unit`, or None when it is not known, never 0 instead. `time` is aware UTC, the moment the
    answer arrived; `age_s` is how long ago that was when the reading was handed out.
    """

    name: str
    value: Scalar
    unit: str
    time: datetime
    age_s: float = 0.0
    quality: Quality = Quality.GOOD

    def aged(self, now: datetime, stale_after_s: float | None = None) -> Reading:
        """The same reading at a later moment; good becomes stale after `stale_after_s` seconds."""
        age_s = max(0.0, (now - self.time).total_seconds())
        quality = self.quality
        if stale_after_s is not None and age_s > stale_after_s and quality is Quality.GOOD:
            quality = Quality.STALE
        return Reading(self.name, self.value, self.unit, self.time, age_s, quality)

    @property
    def number(self) -> float | None:
        """The value as a number, None when it is not known or is no number."""
        return float(self.value) if isinstance(self.value, int | float) else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Part of a snapshot that could not be read: which points, and why."""

    points: tuple[str, ...]
    quality: Quality
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot(Mapping[str, Reading]):
    """Readings of one device that belong together.

    `sequence` is the device's own sample sequence number where the snapshot covers it, else None. What failed
    is data (`failures`), not an exception: a snapshot with a hole is still worth showing.
    """

    device: str
    when: datetime
    readings: Mapping[str, Reading]
    sequence: int | None = None
    failures: tuple[Failure, ...] = field(default=())

    def __getitem__(self, name: str) -> Reading:
        return self.readings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.readings)

    def __len__(self) -> int:
        return len(self.readings)

    def value(self, name: str) -> Scalar:
        """The value of a point, None when it is not known or not part of this snapshot."""
        reading = self.readings.get(name)
        return None if reading is None else reading.value

    def number(self, name: str) -> float | None:
        reading = self.readings.get(name)
        return None if reading is None else reading.number
