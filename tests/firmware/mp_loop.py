"""The main loop on a clock of its own: rates, lateness, overruns, and a watchdog that is fed only when everything has run."""

import micropython
from core import loop as module
from core.loop import Loop

WRAP = 1 << 30
MASK, HALF = WRAP - 1, WRAP // 2  # small integers of a board, which the wrap itself is not


class Clock:
    """Milliseconds that wrap as a board's do, soon after the start."""

    def __init__(self):
        self.us = 1000 * (WRAP - 250)

    def ms(self):
        return self.us // 1000 & MASK


clock = Clock()
module.ticks_ms = clock.ms
module.ticks_us = lambda: clock.us & MASK
module.ticks_add = lambda t, d: t + d & MASK
module.ticks_diff = lambda a, b: (a - b + HALF & MASK) - HALF


class Transport:
    def __init__(self):
        self.asked = []
        self.overslept_ms = 0

    def wait(self, ms):
        self.asked.append(ms)
        clock.us += 1000 * (ms + self.overslept_ms)
        self.overslept_ms = 0


class Watchdog:
    fed = 0

    def feed(self):
        self.fed += 1


def started():
    transport, watchdog = Transport(), Watchdog()
    made = Loop(transport, watchdog)
    ran = {10: [], 100: []}

    def every(period_ms):
        made.every(period_ms, lambda dt_ms: ran[period_ms].append((clock.us // 1000, dt_ms)))

    every(10)
    every(100)
    made.start()
    return made, transport, watchdog, ran


def test_tasks_run_at_their_rates_across_the_wrap_of_the_clock():
    made, transport, _, ran = started()
    began = clock.us
    while clock.us - began <= 1_000_000:
        made.turn()
    assert len(ran[10]) == 100 and len(ran[100]) == 10
    assert [dt for _, dt in ran[10]] == [10] * 100
    assert [b[0] - a[0] for a, b in zip(ran[10], ran[10][1:])] == [10] * 99
    assert max(transport.asked) <= 10
    for task in made.tasks:
        assert task.overruns == 0 and task.worst_lateness_ms == 0


def test_a_late_task_says_how_late_and_skips_what_it_missed():
    made, transport, _, ran = started()
    made.turn()
    transport.overslept_ms = 34
    made.turn()
    made.turn()
    fine, coarse = made.tasks
    assert fine.overruns >= 2 and 24 <= fine.worst_lateness_ms <= 34
    assert coarse.overruns == 0
    assert ran[10][-1][1] == 10 * (1 + fine.overruns)
    for _ in range(20):
        made.turn()
    assert sum(dt for _, dt in ran[10]) == 10 * len(ran[10]) + 10 * fine.overruns


def test_the_watchdog_is_fed_only_when_every_task_has_run():
    made, _, watchdog, _ = started()
    made.feed()
    assert watchdog.fed == 0
    for _ in range(3):
        made.turn()
    made.feed()
    assert watchdog.fed == 0  # the 100 ms task has not run yet
    for _ in range(12):
        made.turn()
    made.feed()
    assert watchdog.fed == 1
    made.feed()
    assert watchdog.fed == 1
    Loop(Transport()).feed()  # a board without a watchdog


def test_collecting_is_measured():
    made, _, _, _ = started()
    real = module.gc.collect
    made.collect()
    assert made.heap_free > 0 and made.collector_worst_us == 0
    assert real is module.gc.collect


def test_a_task_that_takes_long_is_noticed():
    made, _, _, _ = started()

    def slow(dt_ms):
        clock.us += 7000

    made.every(50, slow)
    made.start()
    for _ in range(20):
        made.turn()
    assert made.tasks[-1].worst_execution_us == 7000


def test_lateness_is_counted_by_class_and_counting_allocates_nothing():
    made, _, _, _ = started()
    task = made.tasks[0]
    for late in (0, 1, 2, 3, 5, 6, 10, 11, 25, 50, 51, 100, 101, 5000):
        made._run(task, late)
    assert list(made.lateness) == [2, 1, 2, 2, 2, 1, 2, 2]
    made.lateness[0] = 0x3FFFFFFF
    run, task.run = task.run, lambda dt_ms: None
    clock.us = 1000  # beyond a board's small integers the clock of this test would allocate
    micropython.heap_lock()
    try:
        made._run(task, 0)
        made._run(task, 30)
    finally:
        micropython.heap_unlock()
        task.run = run
    assert made.lateness[0] == 0x3FFFFFFF and made.lateness[5] == 2


def test_a_task_behind_a_long_one_is_as_late_as_it_is():
    made, _, _, _ = started()

    def slow(dt_ms):
        clock.us += 7000

    made.every(100, slow)
    made.every(100, lambda dt_ms: None)
    made.start()
    for _ in range(12):
        made.turn()
    assert made.tasks[-1].worst_lateness_ms == 7
