"""What is known of one device: the newest value of each point that is read, with its time, age and quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .. import clock
from ..device.decoding import Decoded
from ..device.dictionary import Point
from ..reading import Failure, Quality, Reading, Snapshot

STALE_INTERVALS = 3.0
_STALE_MIN_S = 1.0


@dataclass(slots=True, eq=False)
class Part:
    """Points that come in one answer. `interval_s` is how often they should."""

    points: tuple[Point, ...]
    interval_s: float
    decoded: Decoded | None = None
    came_s: float = 0.0
    """Loop time of what `decoded` holds: of the answer, or earlier where the device's loop stands still."""
    failure: Failure | None = None
    """Why the last try gave nothing."""
    sequence: object = field(default=None)

    @property
    def stale_after_s(self) -> float:
        return max(_STALE_MIN_S, STALE_INTERVALS * self.interval_s)


class Image:
    """The parts of one device. Times are the loop's; dates on readings are aware UTC."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._of: dict[str, Part] = {}
        self._written: dict[str, tuple[Reading, float]] = {}
        self._sequence: object = None
        self._moved_s: float | None = None
        """When the device's sequence number was last seen to be a new one."""
        self._still = False
        """It was the same when it came last: the device's loop may stand still, and then no measurement is newer."""

    def add(self, part: Part) -> None:
        self._of.update({point.name: part for point in part.points})

    def came(self, part: Part, decoded: Decoded, now_s: float) -> None:
        """An answer. Values whose sequence number stands still are no newer than they were: they go on ageing."""
        sequence = decoded["sequence"].value if "sequence" in decoded else None
        part.failure = None
        if sequence is not None:
            self._still = sequence == self._sequence
            if not self._still:
                self._sequence, self._moved_s = sequence, now_s
            if sequence == part.sequence:
                return
        part.decoded, part.came_s, part.sequence = decoded, now_s, sequence
        if self._written:
            for name in decoded:
                self._written.pop(name, None)

    def failed(self, part: Part, quality: Quality, reason: str) -> None:
        part.failure = Failure(tuple(point.name for point in part.points), quality, reason)

    def read_back(self, readings: Mapping[str, Reading], now_s: float) -> None:
        """What stood in the device after a write: newer than what was polled, until that is polled again."""
        self._written.update({name: (reading, now_s) for name, reading in readings.items()})

    @property
    def names(self) -> list[str]:
        return list(self._of)

    def reading(self, name: str, now_s: float, now: datetime | None = None) -> Reading:
        """The newest value. Never read: None, and why. Older than three intervals (1 s at the least): stale, and as it was.
        Raises KeyError for a point that is not read."""
        part = self._of[name]
        if name in self._written:
            reading, at_s = self._written[name]
            return _aged(reading, now_s - at_s, part.stale_after_s)
        if part.decoded is not None:
            return _aged(part.decoded[name], now_s - self._true_s(part), part.stale_after_s)
        quality = Quality.NOT_YET if part.failure is None else part.failure.quality
        unit = next(point.unit for point in part.points if point.name == name)
        return Reading(name, None, unit, now or clock.utc_now(), 0.0, quality)

    def _true_s(self, part: Part) -> float:
        """When the values of a part were true. What a device keeps (set-points, coils) is as it was read; measurements are no
        newer than its sequence number."""
        if self._still and self._moved_s is not None and part.points[0].table in ("input", "discrete"):
            return min(part.came_s, self._moved_s)
        return part.came_s

    def snapshot(self, now_s: float, names: Iterable[str] | None = None) -> Snapshot:
        """The newest of these points, or of all. `failures` has the parts whose last try gave nothing."""
        wanted = list(self._of) if names is None else list(names)
        now = clock.utc_now()
        parts = {id(part): part for part in (self._of[name] for name in wanted)}.values()
        sequence = next((part.sequence for part in parts if part.sequence is not None), None)
        return Snapshot(
            self.device,
            now,
            {name: self.reading(name, now_s, now) for name in wanted},
            sequence if isinstance(sequence, int) else None,
            tuple(part.failure for part in parts if part.failure is not None),
        )


def _aged(reading: Reading, age_s: float, stale_after_s: float) -> Reading:
    stale = age_s > stale_after_s and reading.quality is Quality.GOOD
    quality = Quality.STALE if stale else reading.quality
    return Reading(reading.name, reading.value, reading.unit, reading.time, max(0.0, age_s), quality)
