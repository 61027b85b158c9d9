"""Alarms that come too often: one of them, or all together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.pod.alarms import chatter, flood
from mallee.pod.alarms.chatter import Chatter
from mallee.pod.alarms.flood import Flood

from .books import Case, entry, kinds, names


@pytest.mark.parametrize(
    ("period_s", "chatters"), [(19.0, True), (20.0, True), (29.0, True), (30.0, False), (31.0, False)]
)
def test_three_comings_in_a_minute_chatter_and_two_do_not(period_s, chatters) -> None:
    state = Chatter()
    for count in range(20):
        state = chatter.step(state, True, count * period_s)
    assert state.chattering is chatters


def test_a_chattering_alarm_is_held_active_and_told_once_until_it_is_calm() -> None:
    case = Case(entry("a"))
    shown = case.scan()
    for _ in range(3):
        case.scan(5, "a")
        shown = case.scan(5)
    assert names(shown) == ["a"] and shown.active[0].chattering and shown.active[0].count == 3
    told = case.book.counts.told
    assert case.book.counts.chattering == 1
    for _ in range(20):  # on and off, on and off
        case.scan(3, "a")
        assert names(case.scan(3)) == ["a"]
        assert "alarm" not in kinds(case)
    assert case.book.counts.told == told
    for _ in range(56):
        assert names(case.scan()) == ["a"]
    shown = case.scan(2)
    assert names(shown) == [] and [alarm.name for alarm in shown.returned] == ["a"]
    assert kinds(case) == ["alarm_gone"]


def test_one_that_chattered_and_stays_is_an_ordinary_alarm_again() -> None:
    case = Case(entry("a"))
    for _ in range(3):
        case.scan(5, "a")
        case.scan(5)
    case.scan(1, "a")
    assert case.scan(30, "a").active[0].chattering
    assert not case.scan(31, "a").active[0].chattering


def test_what_is_told_under_its_cause_does_not_chatter_nor_outlast_it() -> None:
    case = Case(entry("pump_no_effect.1", priority="high"), entry("flow_low"))
    case.scan(1, "pump_no_effect.1")
    for _ in range(5):
        case.scan(2, "pump_no_effect.1", "flow_low")
        case.scan(2, "pump_no_effect.1")
    assert case.book.counts.chattering == 0
    assert names(case.scan(2)) == []


@given(st.lists(st.floats(0, 100), max_size=60))
def test_the_memory_of_comings_is_bounded(gaps) -> None:
    state, now_s = Chatter(), 0.0
    for gap in gaps:
        now_s += gap
        state = chatter.step(state, True, now_s)
        assert len(state.comings) <= 3


def test_ten_in_ten_minutes_are_a_flood_that_ends_below_five() -> None:
    state = Flood()
    for minute in range(9):
        state = flood.step(state, 1, 60.0 * minute)
    assert not state.flooding
    state = flood.step(state, 1, 540.0)
    assert state.flooding and state.in_window == 10
    assert flood.step(state, 0, 600.0 + 4 * 60).flooding  # those of minutes 5 to 9
    assert not flood.step(state, 0, 600.0 + 5 * 60).flooding


def test_a_flood_is_told_when_it_begins_and_when_it_is_over() -> None:
    alarms = [f"a{n}" for n in range(10)]
    case = Case(*(entry(name) for name in alarms))
    shown = case.scan(1, *alarms)
    assert shown.load.flood and shown.load.in_10_min == 10 and kinds(case).count("alarm_flood") == 1
    case.scan(1, *alarms)
    assert "alarm_flood" not in kinds(case)
    assert not case.scan(600, *alarms).load.flood
    assert "alarm_flood_over" in kinds(case)
    assert case.book.counts.floods == 1
