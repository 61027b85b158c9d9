"""The jobs of one link, run as they become due: one timer, no sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..link.base import Link
from .schedule import Job, Schedule

_TCP_IN_FLIGHT = 16


class PolledLine:
    """`run(job)` makes the request; it raises nothing that is expected."""

    def __init__(self, link: Link, run: Callable[[Job], Awaitable[None]]) -> None:
        self.link = link
        # On a bus one request waits at the port, so that a write waits for that one and no more.
        self.schedule = Schedule(1 if link.broadcasts else _TCP_IN_FLIGHT)
        self._run = run
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def pump(self) -> None:
        """Start what is due."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        while (job := self.schedule.next(now_s)) is not None:
            task = loop.create_task(self._one(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        due_s = self.schedule.next_due_s
        if self._timer is not None:
            if self._timer.when() == due_s:
                return
            self._timer.cancel()
        self._timer = None if due_s is None else loop.call_at(due_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self.pump()

    async def _one(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            await self._run(job)
        finally:
            now_s = loop.time()
            self.schedule.done(job, now_s, now_s - began_s)
        self.pump()

    async def close(self) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
