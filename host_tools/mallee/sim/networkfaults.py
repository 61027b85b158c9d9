"""What can go wrong on the way between hosts and one controller, seeded, and how often it did.

TCP repairs lost packets, so its users see other faults than those of a line: what was sent arrives late, in other pieces, or
not at all, and then both ends hear of it (a reset), or neither does (half open).
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

RETRANSMIT_US = 200_000
"""Linux' least retransmission timeout: so much later than the repair of a cut does what was held back arrive."""


@dataclass(frozen=True, slots=True)
class NetworkFaults:
    """Probabilities from 0 to 1 are of each segment, either way."""

    delay_ms: float = 0.0
    """Every segment is late by this much."""
    jitter_ms: float = 0.0
    """And by anything up to this on top; nothing overtakes, so that segments arrive together (merged)."""
    split: float = 0.0
    """A segment arrives in two pieces, each with a delay of its own."""
    reset: float = 0.0
    """Both ends hear that the connection was reset."""
    half_open: float = 0.0
    """Something on the way forgets the connection: both ends keep it, and nothing passes any more."""
    cut: bool = False
    """Nothing passes; TCP repeats it when the way is whole again. Resets are not repeated."""
    full: bool = False
    """The accept queue is full: whoever connects gets no answer."""


class Trouble:
    """The faults in force on the way to one controller."""

    def __init__(self, faults: NetworkFaults, seed: str, counts: Counter[str]) -> None:
        self.faults = faults
        self.held: deque[Callable[[], None]] = deque()
        """What waits for the end of a cut."""
        self._random = random.Random(seed)
        self._counts = counts

    def fate(self) -> str | None:
        """Of a segment: "reset", "half_open", or None: it passes."""
        for name, probability in (("reset", self.faults.reset), ("half_open", self.faults.half_open)):
            if probability and self._random.random() < probability:
                self._counts[name] += 1
                return name
        return None

    def pieces(self, data: bytes | None) -> list[bytes | None]:
        if data is None or len(data) < 2 or not self.faults.split or self._random.random() >= self.faults.split:
            return [data]
        self._counts["split"] += 1
        at = self._random.randrange(1, len(data))
        return [data[:at], data[at:]]

    def late_us(self) -> int:
        late_ms = self.faults.delay_ms
        if self.faults.jitter_ms:
            late_ms += self._random.random() * self.faults.jitter_ms
        if late_ms:
            self._counts["late"] += 1
        return round(late_ms * 1000)
