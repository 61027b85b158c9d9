"""The main loop: tasks at fixed rates, Modbus in between, one known point for the collector, the watchdog.

Protection does not live here but in the hard tick (core.tick); this loop may be late and says by how much.
"""

import gc
from array import array
from time import ticks_add, ticks_diff, ticks_ms, ticks_us

from micropython import const

from core.starting import at_start

WATCHDOG_MS = const(8000)  # the RP2040's longest is 8388
LATENESS_MS = b"\x01\x02\x05\x0a\x19\x32\x64"  # classes of lateness: up to so many ms, and one for what is later
_FULL = const(0x3FFFFFFF)  # counts stop here: a wider integer would be allocated


class Task:
    """`run(dt_ms)` every `period_ms`. A task that is late by a whole period skips, and counts the overrun."""

    @at_start
    def __init__(self, period_ms, run, behind_ms):
        self.period_ms = period_ms
        self.run = run
        self.due = behind_ms
        self.checked_in = False
        self.overruns = 0
        self.worst_execution_us = 0
        self.worst_lateness_ms = 0


class Loop:
    @at_start
    def __init__(self, transport, watchdog=None):
        self.transport = transport
        self.watchdog = watchdog
        self.tasks = []
        self.collector_worst_us = 0
        self.heap_free = 0
        self.lateness = array("I", [0] * (len(LATENESS_MS) + 1))  # starts of tasks, by how late they were

    @at_start
    def every(self, period_ms, run, behind_ms=0):
        """Run it each `period_ms` from the start on, `behind_ms` after the tasks that began at once."""
        task = Task(period_ms, run, behind_ms)
        self.tasks.append(task)
        return task

    def start(self):
        now = ticks_ms()
        for task in self.tasks:
            task.due = ticks_add(now, task.period_ms + task.due)

    def turn(self):
        """Run what is due, then serve Modbus until the next task is."""
        wait = 1000
        for task in self.tasks:
            late = ticks_diff(ticks_ms(), task.due)  # now: the task before may have taken its time
            if late >= 0:
                self._run(task, late)
            wait = min(wait, ticks_diff(task.due, ticks_ms()))
        self.transport.wait(max(0, wait))

    def collect(self):
        """Collect garbage here, where the pause is known and measured."""
        began = ticks_us()
        gc.collect()
        object()  # the first allocation behind a collection searches the whole heap for a free block, 0.7 ms on a Pico: here, too
        self.collector_worst_us = max(self.collector_worst_us, ticks_diff(ticks_us(), began))
        self.heap_free = gc.mem_free()

    def feed(self):
        """Feed the watchdog only when every task has run since it was fed last."""
        for task in self.tasks:
            if not task.checked_in:
                return
        for task in self.tasks:
            task.checked_in = False
        if self.watchdog is not None:
            self.watchdog.feed()

    def _run(self, task, late):
        task.worst_lateness_ms = max(task.worst_lateness_ms, late)
        place = 0
        while place < 7 and late > LATENESS_MS[place]:
            place += 1
        if self.lateness[place] < _FULL:
            self.lateness[place] += 1
        missed = late // task.period_ms
        task.overruns += missed
        began = ticks_us()
        task.run(task.period_ms * (missed + 1))
        task.worst_execution_us = max(task.worst_execution_us, ticks_diff(ticks_us(), began))
        task.due = ticks_add(task.due, task.period_ms * (missed + 1))
        task.checked_in = True
