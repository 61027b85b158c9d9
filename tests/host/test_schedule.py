"""What is read next: order, fairness, grids, bounds. Pure."""

from __future__ import annotations

from math import inf

from mallee.poll.schedule import Job, Schedule


def serve(schedule: Schedule, until_s: float, took_s: float) -> list[tuple[float, Job]]:
    """One after the other, each taking `took_s` of the line."""
    now_s, served = 0.0, []
    while now_s < until_s:
        job = schedule.next(now_s)
        if job is None:
            now_s = max(now_s, schedule.next_due_s or until_s)
            continue
        served.append((now_s, job))
        now_s += took_s
        schedule.done(job, now_s, took_s)
    return served


def test_a_job_is_due_on_its_grid_and_what_it_missed_is_counted():
    schedule, job = Schedule(1), Job(1, 1.0, "a", phase_s=0.25)
    schedule.add(job, 0.0)
    served = serve(schedule, 5.0, 0.1)
    assert [round(when_s, 6) for when_s, _ in served] == [0.0, 0.25, 1.25, 2.25, 3.25, 4.25]
    assert job.missed == 0
    assert schedule.next(5.25) is job
    schedule.done(job, 8.0, 2.75)
    assert job.due_s == 8.25 and job.missed == 2


def test_the_fast_block_goes_first():
    schedule = Schedule(1)
    slow, fast = Job(1, 10.0, "slow"), Job(2, 10.0, "fast", fast=True)
    schedule.add(slow, 0.0)
    schedule.add(fast, 0.0)
    assert schedule.next(0.0) is fast


def test_a_unit_with_many_points_does_not_starve_one_with_few():
    """A line that carries ten requests a second, of which the first unit wants a hundred and the others one each."""
    schedule = Schedule(1)
    for number in range(100):
        schedule.add(Job(1, 1.0, number), 0.0)
    few = [Job(unit, 1.0, unit) for unit in (2, 3)]
    for job in few:
        schedule.add(job, 0.0)
    served = [job for _, job in serve(schedule, 60.0, 0.1)]
    assert all(served.count(job) >= 55 for job in few)
    assert sum(job.unit == 1 for job in served) >= 450  # and nothing is wasted
    hog = [job for job in served if job.unit == 1]
    assert len(set(hog)) == 100  # its own are served in turn


def test_fast_blocks_that_fill_a_line_leave_something_to_the_rest():
    schedule = Schedule(1)
    for unit in range(10):
        schedule.add(Job(unit, 0.1, "fast", fast=True), 0.0)
    slow = Job(3, 5.0, "slow")
    schedule.add(slow, 0.0)
    assert [job for _, job in serve(schedule, 60.0, 0.1)].count(slow) >= 5


def test_who_wanted_nothing_has_no_claim_on_the_time_of_others():
    schedule = Schedule(1)
    busy, idle = Job(1, 0.1, "busy"), [Job(2, inf, n) for n in range(50)]
    schedule.add(busy, 0.0)
    serve(schedule, 100.0, 0.1)
    for job in idle:
        schedule.trigger(job, 100.0)
    turns = []
    now_s = 100.0
    for _ in range(20):
        job = schedule.next(now_s)
        assert job is not None
        turns.append(job.unit)
        now_s += 0.1
        schedule.done(job, now_s, 0.1)
    assert turns.count(1) >= 6  # of the ten that it wants; the fifty do not go first


def test_bounds():
    schedule = Schedule(3)
    schedule.allow(1, 2)
    jobs = [Job(1, 1.0, n) for n in range(4)] + [Job(2, 1.0, n) for n in range(2)]
    for job in jobs:
        schedule.add(job, 0.0)
    running = [schedule.next(0.0) for _ in range(3)]
    assert sorted(job.unit for job in running if job) == [1, 1, 2]
    assert schedule.next(0.0) is None
    assert running[0] is not None
    schedule.remove(jobs[3])
    schedule.done(running[0], 0.1, 0.1)
    assert schedule.next(0.1) is not jobs[3]


def test_what_is_triggered_while_it_runs_runs_once():
    schedule, job = Schedule(1), Job(1, inf, "t")
    schedule.add(job, inf)
    assert schedule.next(0.0) is None
    schedule.trigger(job, 1.0)
    schedule.trigger(job, 1.0)
    assert schedule.next(1.0) is job and job.missed == 1
    schedule.done(job, 1.1, 0.1)
    assert schedule.next(2.0) is None
