"""Who may send next: a bound on requests in flight, for the link and for each unit, in order of priority."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from .base import Priority


@dataclass(order=True, slots=True)
class _Waiter:
    priority: int
    order: int
    unit: int = field(compare=False)
    future: asyncio.Future[None] = field(compare=False)


class Gate:
    """Lets at most `capacity` requests through at once, and of one unit no more than it takes (1 unless
    allowed more).

    A unit at its bound does not hold up requests of others that wait behind it.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._in_flight = 0
        self._by_unit: dict[int, int] = {}
        self._allowed: dict[int, int] = {}
        self._waiting: list[_Waiter] = []
        self._order = itertools.count()

    def allow(self, unit: int, requests: int) -> None:
        self._allowed[unit] = requests
        self._wake()

    @asynccontextmanager
    async def turn(self, unit: int, priority: Priority) -> AsyncIterator[None]:
        """Wait for a place; it is free again when the block is left."""
        waiter = _Waiter(priority, next(self._order), unit, asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiting, waiter)
        self._wake()
        try:
            await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled():
                self._leave(unit)  # the place was given in the same moment in which the wait was given up
            raise
        try:
            yield
        finally:
            self._leave(unit)

    def _leave(self, unit: int) -> None:
        self._in_flight -= 1
        self._by_unit[unit] -= 1
        self._wake()

    def _wake(self) -> None:
        passed_over: list[_Waiter] = []
        while self._waiting and self._in_flight < self._capacity:
            waiter = heapq.heappop(self._waiting)
            if waiter.future.done():
                continue
            if self._by_unit.get(waiter.unit, 0) >= self._allowed.get(waiter.unit, 1):
                passed_over.append(waiter)
                continue
            self._in_flight += 1
            self._by_unit[waiter.unit] = self._by_unit.get(waiter.unit, 0) + 1
            waiter.future.set_result(None)
        for waiter in passed_over:
            heapq.heappush(self._waiting, waiter)
