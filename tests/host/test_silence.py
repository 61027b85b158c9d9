"""What silent units may cost, and deadlines with one timer."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from mallee.link.deadlines import Deadlines
from mallee.link.silence import Silence
from mallee.link.statistics import UnitStatistics

from .virtual_loop import run_virtual

HOUR_S = 3600.0


def probe(dead: int, *, living: bool, probe_s: float = 0.5) -> Silence:
    """An hour in which `dead` units are asked whenever they may be."""
    silence, statistics = Silence("line", 60.0), {unit: UnitStatistics() for unit in range(dead)}
    now_s = 0.0
    while now_s < HOUR_S:
        if living:
            silence.answered(200)
        for unit in range(dead):
            if not silence.blocks(unit, now_s):
                now_s += probe_s
                silence.silent(unit, statistics[unit], now_s, probe_s)
        now_s += 0.25
    return silence


def test_ten_dead_units_have_two_percent_of_the_time_together():
    assert 0.015 * HOUR_S < probe(10, living=True).spent_s < 0.021 * HOUR_S


def test_where_nobody_answers_there_is_nobody_to_spare():
    assert probe(10, living=False).spent_s > 0.05 * HOUR_S


def test_one_dead_unit_is_asked_at_least_each_75_seconds_and_again_at_once_when_it_answered():
    silence, statistics, asked_s = Silence("line", 60.0), UnitStatistics(), [0.0]
    for tenth in range(36000):
        if not silence.blocks(7, tenth / 10):
            silence.silent(7, statistics, tenth / 10, 0.15)
            asked_s.append(tenth / 10)
    assert max(later - sooner for sooner, later in pairwise(asked_s)) <= 75.2
    assert silence.blocks(7, 3600.0)
    silence.answered(7)
    assert not silence.blocks(7, 3600.0)


def test_a_line_that_was_disturbed_is_back_as_a_whole():
    """For a minute nobody answers; then one does, and the others are asked at once."""
    silence, statistics = Silence("line", 60.0), {unit: UnitStatistics() for unit in (1, 2)}
    for unit in (1, 2):
        silence.answered(unit)
    asked_s: dict[int, list[float]] = {1: [], 2: []}
    for tenth in range(600):
        for unit in (1, 2):
            if not silence.blocks(unit, tenth / 10):
                silence.silent(unit, statistics[unit], tenth / 10, 0.1)
                asked_s[unit].append(tenth / 10)
    for times in asked_s.values():
        assert max(b - a for a, b in pairwise(times)) <= 2.6
    assert silence.blocks(2, asked_s[2][-1])
    silence.answered(1)
    assert not silence.blocks(2, asked_s[2][-1])


class Item:
    def __init__(self) -> None:
        self.ended = False


def test_deadlines_come_in_their_order_and_only_for_what_has_not_ended():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        late: list[tuple[float, Item]] = []
        deadlines: Deadlines[Item] = Deadlines(lambda item: late.append((loop.time(), item)))
        items = [Item() for _ in range(4)]
        for item, due_s in zip(items, (3.0, 1.0, 2.0, 0.5), strict=True):
            deadlines.add(due_s, item)
        items[2].ended = True
        await asyncio.sleep(5)
        assert [item for _, item in late] == [items[3], items[1], items[0]]
        assert [round(when_s, 3) for when_s, _ in late] == [0.5, 1.0, 3.0]

    run_virtual(main())
