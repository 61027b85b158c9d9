"""The state diagram of one alarm: every arrow of ISA-18.2, what is refused, and that no alarm is ever lost."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.pod.alarms.lifecycle import (
    ACTIVE,
    LATCHED,
    Aside,
    Happening,
    Life,
    Phase,
    bring_back,
    set_aside,
    state,
    step,
    why_not,
)

N, U, A = Phase.NORMAL, Phase.UNACKNOWLEDGED, Phase.ACKNOWLEDGED
R, LU, LA = Phase.RETURNED_UNACKNOWLEDGED, Phase.LATCHED_UNACKNOWLEDGED, Phase.LATCHED_ACKNOWLEDGED
COMES, RETURNS, ACK, RESET = Happening


ARROWS = [
    (N, COMES, U),
    (U, ACK, A),
    (U, RETURNS, R),
    (A, RETURNS, N),
    (R, COMES, U),
    (R, ACK, N),
    (LU, ACK, LA),
    (LU, COMES, U),
    (LA, COMES, U),
    (LU, RESET, R),
    (LA, RESET, N),
]


@pytest.mark.parametrize(("before", "happening", "after"), ARROWS)
@pytest.mark.parametrize("latch", [False, True])
def test_every_arrow(before, happening, after, latch) -> None:
    if latch and happening is RETURNS:
        after = LU if before is U else LA
    assert step(Life(before), happening, latch=latch).phase is after
    if happening in (ACK, RESET):
        assert why_not(Life(before), happening) is None


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("happening", Happening)
def test_there_are_no_other_arrows(phase, happening) -> None:
    if (phase, happening) not in [(before, what) for before, what, _ in ARROWS]:
        assert step(Life(phase), happening) == Life(phase)
        if happening in (ACK, RESET):
            assert why_not(Life(phase), happening)


@pytest.mark.parametrize("why", Aside)
def test_set_aside_it_is_followed_and_comes_back_as_its_condition_is(why) -> None:
    assert state(set_aside(Life(A), why)) == why.value
    assert bring_back(set_aside(Life(A), why), why).phase is U  # told anew while it stands
    gone = step(set_aside(Life(U), why), RETURNS)
    assert bring_back(gone, why) == Life(N)
    came = step(set_aside(Life(N), why), COMES)
    assert bring_back(came, why) == Life(U)
    latched = step(set_aside(Life(A), why), RETURNS, latch=True)
    assert bring_back(latched, why) == Life(LU)  # only a reset clears a latch
    assert step(came, ACK) == came and why_not(came, ACK) == f"it is {why.value.replace('_', ' ')}"


def test_with_two_reasons_it_comes_back_after_the_last() -> None:
    twice = set_aside(set_aside(Life(A), Aside.SHELVED), Aside.OUT_OF_SERVICE)
    assert state(twice) == "out_of_service"
    once = bring_back(twice, Aside.OUT_OF_SERVICE)
    assert (state(once), once.phase) == ("shelved", A)
    assert bring_back(once, Aside.SHELVED).phase is U
    assert bring_back(once, Aside.OUT_OF_SERVICE) == once


@dataclass
class Model:
    """What must be so, told without states."""

    holds: bool = False
    latched: bool = False


EVENTS = st.sampled_from([*Happening, *(("aside", why) for why in Aside), *(("back", why) for why in Aside)])


@given(st.lists(EVENTS, max_size=40), st.booleans())
def test_no_alarm_is_ever_lost(events, latch) -> None:
    life, model = Life(), Model()
    for event in events:
        before = life
        if isinstance(event, tuple):
            life = (set_aside if event[0] == "aside" else bring_back)(life, event[1])
        else:
            life = step(life, event, latch=latch)
            model.holds = event is COMES or (model.holds and event is not RETURNS)
            model.latched = latch and (model.holds or model.latched)
            if event is RESET and not model.holds and not before.aside:
                model.latched = False
        assert (life.phase in ACTIVE) == model.holds, "an alarm stands exactly while its condition holds"
        assert (life.phase in LATCHED) == (model.latched and not model.holds), "only a reset ends a latch"
        seen = before.phase in (U, R, LU) and not before.aside
        if seen and life.phase in (N, A, LA) and not life.aside:
            assert event is ACK, "what nobody acknowledged stays to be acknowledged"
        if before.aside and not life.aside and model.holds:
            assert life.phase is U, "what comes back and stands is told anew"


@given(st.lists(st.sampled_from([ACK, RESET, COMES, RETURNS]), max_size=30))
def test_an_acknowledged_latched_alarm_clears_only_after_return_and_reset(events) -> None:
    life, holds = step(step(Life(), COMES), ACK), True
    for event in events:
        life = step(life, event, latch=True)
        holds = event is COMES or (holds and event is not RETURNS)
        if life.phase is N:
            assert event in (RESET, ACK) and not holds
            return
