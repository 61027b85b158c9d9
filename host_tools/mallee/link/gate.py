"""Who may send next: a bound on requests in flight, for the link and for each unit, in order of priority."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from .base import Priority

T = TypeVar("T")


class Places(Generic[T]):
    """What waits for a place, and how many places are taken: `capacity` in all, and of one unit no more than it takes (1 unless
    allowed more).

    A unit at its bound does not hold up others that wait behind it.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._in_flight = 0
        self._by_unit: dict[int, int] = {}
        self._allowed: dict[int, int] = {}
        self._waiting: list[tuple[int, int, int, T]] = []
        self._order = itertools.count()

    def allow(self, unit: int, requests: int) -> None:
        self._allowed[unit] = requests

    def push(self, unit: int, priority: Priority, item: T) -> None:
        heapq.heappush(self._waiting, (priority, next(self._order), unit, item))

    def pop(self) -> T | None:
        """The next one that may go; it has a place until `leave`. None: nothing waits, or nothing may go now."""
        passed_over: list[tuple[int, int, int, T]] = []
        found = None
        while self._waiting and self._in_flight < self._capacity:
            waiter = heapq.heappop(self._waiting)
            unit = waiter[2]
            taken = self._by_unit.get(unit, 0)
            if taken >= self._allowed.get(unit, 1):
                passed_over.append(waiter)
                continue
            self._in_flight += 1
            self._by_unit[unit] = taken + 1
            found = waiter[3]
            break
        for waiter in passed_over:
            heapq.heappush(self._waiting, waiter)
        return found

    def leave(self, unit: int) -> None:
        self._in_flight -= 1
        self._by_unit[unit] -= 1

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def take_waiting(self) -> list[T]:
        """All that wait, in order; they wait no more."""
        waiting, self._waiting = sorted(self._waiting, key=lambda waiter: waiter[:2]), []
        return [waiter[3] for waiter in waiting]


class Gate:
    """Places for coroutines."""

    def __init__(self, capacity: int) -> None:
        self._places: Places[tuple[int, asyncio.Future[None]]] = Places(capacity)

    def allow(self, unit: int, requests: int) -> None:
        self._places.allow(unit, requests)
        self._wake()

    @asynccontextmanager
    async def turn(self, unit: int, priority: Priority) -> AsyncIterator[None]:
        """Wait for a place; it is free again when the block is left."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._places.push(unit, priority, (unit, future))
        self._wake()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._leave(unit)  # the place was given in the same moment in which the wait was given up
            raise
        try:
            yield
        finally:
            self._leave(unit)

    def _leave(self, unit: int) -> None:
        self._places.leave(unit)
        self._wake()

    def _wake(self) -> None:
        while (next_one := self._places.pop()) is not None:
            unit, future = next_one
            if future.done():
                self._places.leave(unit)
            else:
                future.set_result(None)
