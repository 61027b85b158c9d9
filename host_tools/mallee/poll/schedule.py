"""What is read next on one link. Pure: times are given, and nothing is sent here.

Among what is due, the fast blocks come first, until something else is late by more than its own interval: nothing starves
behind fast blocks that alone fill a line. Then, and among fast blocks, it is the turn of the unit that had least of the line's
time, which is start-time fair queueing (Goyal, Vin and Cheng, 1996): a unit with little to read has it read whatever others want.
A job that comes late keeps its grid: what it missed is counted, not made up for.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from math import inf
from typing import Any

_ROUNDING = 1e-6


@dataclass(slots=True, eq=False)
class Job:
    """One request that is made again and again. `what` is the caller's. An `interval_s` of infinity: only when triggered."""

    unit: int
    interval_s: float
    what: Any
    fast: bool = False
    phase_s: float = 0.0
    """Where its grid begins: due times are `phase_s + k * interval_s`."""
    due_s: float = inf
    missed: int = 0
    """Due times that passed without a request."""
    runs: int = 0
    running: bool = False
    removed: bool = False


class Schedule:
    """Jobs of the units on one link; at most `capacity` run at once, and of a unit what `allow` says (1)."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._running = 0
        self._by_unit: dict[int, int] = {}
        self._allowed: dict[int, int] = {}
        self._later: list[tuple[float, int, Job]] = []
        self._ready: list[Job] = []
        self._order = itertools.count()
        self._served_s: dict[int, float] = {}  # virtual time of each unit: what it had of the line
        self._virtual_s = 0.0

    def allow(self, unit: int, requests: int) -> None:
        self._allowed[unit] = requests

    def add(self, job: Job, due_s: float) -> None:
        """Due at `due_s` for the first time (infinity: when it is triggered), then on its grid."""
        job.due_s = due_s
        if due_s < inf:
            heapq.heappush(self._later, (due_s, next(self._order), job))

    def remove(self, job: Job) -> None:
        job.removed = True
        if job in self._ready:
            self._ready.remove(job)

    def trigger(self, job: Job, now_s: float) -> None:
        """Due now. A run of it that is under way counts for this one."""
        if job.running or job.due_s <= now_s:
            job.missed += 1
        else:
            self.add(job, now_s)

    def next(self, now_s: float) -> Job | None:
        """The job to run now; it runs until `done`. None: nothing is due, or no more may run."""
        self._collect(now_s)
        if self._running >= self.capacity or not self._ready:
            return None
        best: Job | None = None
        best_key: tuple[bool, float, bool, float] | None = None
        crowded = any(not job.fast and now_s - job.due_s > job.interval_s for job in self._ready)
        for job in self._ready:
            unit = job.unit
            if self._by_unit.get(unit, 0) >= self._allowed.get(unit, 1):
                continue
            urgent = job.fast or now_s - job.due_s > job.interval_s
            key = (not (job.fast or crowded), self._served_s.get(unit, 0.0), not urgent, job.due_s)
            if best_key is None or key < best_key:
                best, best_key = job, key
        if best is None:
            return None
        self._ready.remove(best)
        best.running = True
        self._running += 1
        self._by_unit[best.unit] = self._by_unit.get(best.unit, 0) + 1
        self._virtual_s = max(self._virtual_s, self._served_s.get(best.unit, 0.0))
        return best

    def done(self, job: Job, now_s: float, took_s: float) -> None:
        """It has run, and had `took_s` of the line."""
        job.running = False
        job.runs += 1
        self._running -= 1
        self._by_unit[job.unit] -= 1
        self._served_s[job.unit] = self._served_s.get(job.unit, 0.0) + took_s
        if job.removed or job.interval_s == inf:
            job.due_s = inf
            return
        steps = int((now_s - job.phase_s) // job.interval_s) + 1
        due_s = job.phase_s + steps * job.interval_s
        if due_s <= now_s + _ROUNDING * job.interval_s:
            due_s += job.interval_s  # the grid point of now itself, which rounding put before or behind it
        if job.runs > 1:
            job.missed += max(0, round((due_s - job.due_s) / job.interval_s) - 1)
        self.add(job, due_s)

    @property
    def next_due_s(self) -> float | None:
        """When something becomes due that is not yet. None: nothing will by itself."""
        return self._later[0][0] if self._later else None

    def _collect(self, now_s: float) -> None:
        later = self._later
        while later and later[0][0] <= now_s:
            job = heapq.heappop(later)[2]
            if job.removed:
                continue
            if not self._by_unit.get(job.unit, 0) and all(job.unit != ready.unit for ready in self._ready):
                # It wanted nothing for a while: that gives it no claim on the time of others.
                self._served_s[job.unit] = max(self._served_s.get(job.unit, 0.0), self._virtual_s)
            self._ready.append(job)
