"""The book as a whole: delays, acknowledgement, shelving, clocks that jump, and what people may not do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.pod.alarms import book as books
from mallee.pod.alarms.conditions import Condition
from mallee.pod.alarms.declaring import TREATMENT, alarm
from mallee.pod.alarms.judging import above, below
from mallee.pod.alarms.records import Book, Moment
from mallee.pod.alarms.shelving import SHELVE_MAX_S, shelve, taken_over
from mallee.pod.alarms.topology import Topology

from .books import START, Case, entry, kinds, names

WORDS = """It is so.

Cause: c.
Consequence: q.
Remedy: r.
"""


def test_an_alarm_comes_is_acknowledged_with_name_and_note_and_goes() -> None:
    case = Case(entry("a"))
    (came,) = case.scan(1, "a").active
    assert (came.state, came.active, came.acknowledged_by, came.count) == ("unacknowledged", True, None, 1)
    (seen,) = case.scan(1, "a", actions=(case.action("acknowledge", note="valve was shut"),)).active
    assert (seen.state, seen.acknowledged_by, seen.note) == ("acknowledged", "ada", "valve was shut")
    assert kinds(case) == ["alarm_acknowledged"] and "ada: valve was shut" in case.events[0].text
    gone = case.scan(1)
    assert gone.active == gone.returned == () and kinds(case) == ["alarm_gone"]


def test_one_that_went_unacknowledged_is_still_to_be_seen() -> None:
    case = Case(entry("a"))
    case.scan(1, "a")
    (left,) = case.scan(1).returned
    assert (left.state, left.active) == ("returned_unacknowledged", False)
    assert case.scan(1, actions=(case.action("acknowledge"),)).returned == ()
    (again,) = case.scan(1, "a").active
    assert again.count == 2 and again.acknowledged_by is None


def test_what_cannot_be_judged_stays_as_it_is() -> None:
    case = Case(entry("a"))
    case.scan(1, "a")
    assert names(case.scan(9, unknown=("a",))) == ["a"]
    assert case.scan(1, unknown=("a",)).active[0].count == 1


def test_a_latched_alarm_of_the_pod_goes_by_reset_alone() -> None:
    case = Case(entry("a", latch=True))
    case.scan(1, "a")
    case.scan(1, "a", actions=(case.action("reset"),))
    assert case.outcomes == ["its condition still stands"]
    (latched,) = case.scan(1).active
    assert latched.state == "latched_unacknowledged" and "alarm_gone" not in kinds(case)
    assert case.scan(1, actions=(case.action("acknowledge"),)).active[0].state == "latched_acknowledged"
    assert case.scan(1, actions=(case.action("reset"),)).active == ()
    assert kinds(case) == ["alarm_reset", "alarm_gone"]


def test_what_its_controller_latches_is_reset_there() -> None:
    case = Case(entry("a", latch=True, code=17))
    case.scan(1, "a")
    case.scan(1, "a", actions=(case.action("reset"),))
    assert "write 17 to reset_latch" in case.outcomes[0]
    assert case.scan(1).active == ()


def test_shelving_hides_and_expires_and_what_stands_then_is_told_anew() -> None:
    case = Case(entry("a"))
    case.scan(1, "a")
    shown = case.scan(1, "a", actions=(case.action("shelve", for_s=60, note="known"),))
    assert shown.active == () and shown.suppressed[0].shelved_until == case.utc + timedelta(seconds=60)
    assert (shown.suppressed[0].shelved_by, shown.suppressed[0].note) == ("ada", "known")
    case.scan(1)
    case.scan(1, "a")
    assert case.events == [] and case.book.counts.while_aside == 1
    assert case.scan(56, "a").active == ()
    (back,) = case.scan(2, "a").active
    assert back.state == "unacknowledged" and kinds(case) == ["alarm_unshelved", "alarm"]


def test_one_that_is_normal_can_be_shelved_and_one_that_is_not_known_cannot() -> None:
    case = Case(entry("a"))
    case.scan(1, actions=(case.action("shelve", for_s=60), case.action("shelve", "b", for_s=60), case.action("shelve")))
    assert case.outcomes == ["", "it is not active", "it was not said for how long"]
    assert case.scan(1, "a").active == ()
    assert case.book.counts.refused == 2 and case.scan(1, "a").load.actions_refused == 2


def test_out_of_service_lasts_until_somebody_ends_it() -> None:
    case = Case(entry("a"))
    case.scan(1, actions=(case.action("out_of_service", note="sensor is being changed"),))
    shown = case.scan(100_000, "a")
    assert shown.active == () and shown.suppressed[0].out_of_service_by == "ada"
    assert names(case.scan(1, "a", actions=(case.action("in_service"),))) == ["a"]


def test_patterns_move_all_that_they_match_and_an_action_is_done_once() -> None:
    case = Case(entry("a.1"), entry("a.2"), entry("b"))
    case.scan(1, "a.1", "a.2", "b")
    action = case.action("acknowledge", "a.*")
    states = [alarm.state for alarm in case.scan(1, "a.1", "a.2", "b", actions=(action,)).active]
    assert sorted(states) == ["acknowledged", "acknowledged", "unacknowledged"]
    case.scan(1, "b")
    assert [a.state for a in case.scan(1, "a.1", "a.2", "b", actions=(action,)).active] == ["unacknowledged"] * 3


@pytest.mark.parametrize("jump_s", [-86_400.0 * 365, -1.0, 3600.0, 86_400.0 * 365])
def test_a_date_that_jumps_changes_nothing_but_dates(jump_s) -> None:
    case = Case(entry("a"), entry("b"))
    case.scan(1, "a", actions=(case.action("shelve", "b", for_s=60),))
    shown = case.scan(1, "a", "b", date_jump_s=jump_s)
    assert names(shown) == ["a"] and shown.active[0].state == "unacknowledged"
    assert shown.suppressed[0].shelved_until == case.utc + timedelta(seconds=59)
    case.scan(1, "b")
    assert names(case.scan(57, "a", "b")) == ["a"]
    assert set(names(case.scan(2, "a", "b"))) == {"a", "b"}


@pytest.mark.parametrize(("away_s", "left_s"), [(0, 60), (45, 15), (61, 0), (-1e8, 60), (1e8, 0)])
def test_shelving_is_taken_over_for_its_rest_and_never_for_more(away_s, left_s) -> None:
    shelved = shelve("ada", "why", 60.0, 1000.0, START)
    again = taken_over(shelved, 5.0, START + timedelta(seconds=away_s))
    assert again.ends_s == pytest.approx(5.0 + left_s)


def test_shelving_is_bounded() -> None:
    with pytest.raises(ValueError, match="24 h"):
        shelve("ada", "why", SHELVE_MAX_S + 1, 0.0, START)


def test_a_condition_must_hold_for_its_delay_without_a_break() -> None:
    book, a = Book(), entry("a")
    for s, holds, active in ((0, True, 0), (2, False, 0), (3, True, 0), (7, True, 0), (7.5, None, 0), (8, True, 1)):
        condition = Condition("d", a, holds, delay_s=5.0)
        book = books.step(book, [condition], Topology(), Moment(float(s), START)).book
        assert len(book.records) == active, s
    once = books.step(Book(), [Condition("d", a, True, delay_s=5.0)], Topology(), Moment(0.0, START), at_once=True)
    assert len(once.book.records) == 1


@pytest.mark.parametrize(
    ("quantity", "deadband", "delay_s"),
    [("flow", 5, 15), ("level", 5, 60), ("pressure", 2, 15), ("temperature", 1, 60)],
)
def test_default_deadband_and_delay_by_quantity(quantity, deadband, delay_s) -> None:
    made = alarm("x", WORDS, priority="low", group="g", quantity=quantity)
    assert (made.deadband_percent, made.delay_ms) == (deadband, delay_s * 1000)
    assert alarm("x", WORDS, priority="low", group="g", quantity=quantity, delay_s=1).delay_ms == 1000
    assert len(TREATMENT) == 4


def test_a_deadband_is_for_an_alarm_that_stands() -> None:
    made = alarm("x", WORDS, priority="low", group="g", quantity="flow")
    assert [above(made, value, 100.0, was) for value, was in ((100, False), (101, False), (96, True), (95, True))] == [
        False,
        True,
        True,
        False,
    ]
    assert below(made, 104.0, 100.0, True) and not below(made, 106.0, 100.0, True)
    assert above(made, None, 100.0, True) is None


def test_an_alarm_without_all_its_words_is_refused() -> None:
    with pytest.raises(ValueError, match="Remedy"):
        alarm("x", "It is so.\n\nCause: c.\nConsequence: q.", priority="low", group="g")


def test_the_first_of_a_group_is_marked() -> None:
    case = Case(entry("a", group="pumps"), entry("b", group="pumps"), entry("c", group="leak"))
    case.scan(1, "b", "c")
    shown = case.scan(1, "a", "b", "c")
    assert {alarm.name: alarm.first_out for alarm in shown.active} == {"a": False, "b": True, "c": False}


@given(
    st.lists(
        st.tuples(
            st.floats(0.1, 100),
            st.sets(st.sampled_from("abc")),
            st.sets(st.sampled_from("abc")),
            st.sampled_from(["", "acknowledge", "shelve", "unshelve", "out_of_service", "in_service", "reset"]),
            st.sampled_from([0.0, -1e6, 1e6]),
        ),
        max_size=25,
    )
)
def test_no_alarm_is_lost_whatever_people_and_clocks_do(scans) -> None:
    case = Case(entry("a"), entry("b", latch=True), entry("c"))
    for seconds, holding, unknown, verb, jump_s in scans:
        actions = (case.action(verb, "*", for_s=50 if verb == "shelve" else None),) if verb else ()
        shown = case.scan(seconds, *holding, unknown=tuple(unknown - holding), actions=actions, date_jump_s=jump_s)
        everywhere = {alarm.name: alarm for alarm in (*shown.active, *shown.suppressed)}
        for name in holding:
            assert everywhere[name].active, "what holds is told, or stands where it is said why not"
        assert not {alarm.name for alarm in shown.returned} & set(everywhere)
        told = [event.alarm for event in case.events if event.kind == "alarm"]
        assert len(told) == len(set(told)) and set(told) <= {alarm.name for alarm in shown.active}
