"""Who may send next: a bound on requests in flight, for the link and for each unit, in order of priority."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from .base import Priority

T = TypeVar("T")
_OTHERS = 4.0  # parts of the time that are the others', of five
_LEAST_S = 0.05  # what such a turn takes before one was seen: a piece of firmware at 115200 Bd


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

    def oldest(self, priority: Priority) -> T | None:
        """Of those that wait with this priority, who has waited longest."""
        waiting = [waiter for waiter in self._waiting if waiter[0] == priority]
        return min(waiting)[3] if waiting else None

    def advance(self, item: T) -> None:
        """It goes before everything else that waits."""
        self._waiting = [
            (Priority.WRITE - 1, order, unit, each) if each is item else (priority, order, unit, each)
            for priority, order, unit, each in self._waiting
        ]
        heapq.heapify(self._waiting)

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


class _Turn(NamedTuple):
    unit: int
    since_s: float
    place: asyncio.Future[None]


class Gate:
    """Places for coroutines.

    What is asked with the least priority (pieces of firmware, files, identities) fills what the others leave. Where they leave
    nothing it still gets one part in five of the time, however many ask so: when the last such turn is over for four times as
    long as it took, whoever has waited longest is the next. So a full line slows polls by a fifth at most, and updates come to
    their end.
    """

    def __init__(self, capacity: int) -> None:
        self._places: Places[_Turn] = Places(capacity)
        self._least_s = _LEAST_S
        self._least_over_s = -math.inf

    def allow(self, unit: int, requests: int) -> None:
        self._places.allow(unit, requests)
        self._wake()

    @asynccontextmanager
    async def turn(self, unit: int, priority: Priority) -> AsyncIterator[None]:
        """Wait for a place; it is free again when the block is left."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._places.push(unit, priority, _Turn(unit, loop.time(), future))
        self._wake()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._leave(unit)  # the place was given in the same moment in which the wait was given up
            raise
        began_s = loop.time()
        try:
            yield
        finally:
            if priority is Priority.PROBE:
                self._least_over_s = loop.time()
                self._least_s = self._least_over_s - began_s
            self._leave(unit)

    def _leave(self, unit: int) -> None:
        self._places.leave(unit)
        self._wake()

    def _wake(self) -> None:
        least = self._places.oldest(Priority.PROBE)
        if least is not None:
            now_s = asyncio.get_running_loop().time()
            if now_s - max(least.since_s, self._least_over_s) >= _OTHERS * self._least_s:
                self._places.advance(least)
                self._least_over_s = now_s  # it has not begun yet: one at a time
        while (next_one := self._places.pop()) is not None:
            if next_one.place.done():
                self._places.leave(next_one.unit)
            else:
                next_one.place.set_result(None)
