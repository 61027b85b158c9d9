"""What happens later, in one order: by time, then by the order in which it was scheduled."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class EventQueue:
    """Times are integer microseconds of virtual time."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0

    def at(self, time_us: int, action: Callable[[], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (time_us, self._sequence, action))

    @property
    def next_us(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def run_due(self, now_us: int) -> None:
        """Run everything that is due at `now_us`, what becomes due meanwhile included."""
        heap = self._heap
        while heap and heap[0][0] <= now_us:
            heapq.heappop(heap)[2]()
