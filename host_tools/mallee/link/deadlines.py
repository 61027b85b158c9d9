"""Deadlines of many requests with one timer."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Ending(Protocol):
    @property
    def ended(self) -> bool: ...


T = TypeVar("T", bound=Ending)


class Deadlines(Generic[T]):
    """`expired(item)` is called for each item that has not ended by its time. Times are the loop's."""

    def __init__(self, expired: Callable[[T], None]) -> None:
        self._expired = expired
        self._heap: list[tuple[float, int, T]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, due_s: float, item: T) -> None:
        heapq.heappush(self._heap, (due_s, next(self._order), item))
        if self._timer is None or due_s < self._timer.when():
            self._arm()

    def clear(self) -> None:
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._heap[0][0], self._due) if self._heap else None

    def _due(self) -> None:
        self._timer = None
        now_s = asyncio.get_running_loop().time()
        heap = self._heap
        late: list[T] = []
        while heap and (heap[0][2].ended or heap[0][0] <= now_s):
            item = heapq.heappop(heap)[2]
            if not item.ended:
                late.append(item)
        self._arm()
        for item in late:
            self._expired(item)
