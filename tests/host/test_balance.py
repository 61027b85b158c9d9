"""Advice on phase balance: against all that could be done, and what it must not say."""

from __future__ import annotations

import random
from itertools import product

import pytest
from mallee.pod.power.balance import BranchPhases, Move, advise, neutral_A, rotated, unbalance

LOPSIDED = (40.0, 20.0, 20.0)


def branches(*currents):
    return [BranchPhases(n, f"rack-{n}", phases) for n, phases in enumerate(currents, 1)]


def summed(parts):
    return sum(part[0] for part in parts), sum(part[1] for part in parts), sum(part[2] for part in parts)


def at_random(source, count):
    return [(source.uniform(0.0, 40.0), source.uniform(0.0, 40.0), source.uniform(0.0, 40.0)) for _ in range(count)]


def test_unbalance_is_as_the_controllers_have_it():
    assert unbalance((100.0, 100.0, 100.0)) == 0.0
    assert unbalance((120.0, 100.0, 80.0)) == pytest.approx(0.2)
    assert unbalance((90.0, 90.0, 120.0)) == pytest.approx(0.2)  # the mean is 100
    assert unbalance((1.0, 0.2, 0.2)) == 0.0  # a mean of 0.47 A is no load


def test_neutral_current_of_known_cases():
    assert neutral_A((10.0, 10.0, 10.0)) == 0.0
    assert neutral_A((10.0, 0.0, 0.0)) == pytest.approx(10.0)
    assert neutral_A((10.0, 10.0, 0.0)) == pytest.approx(10.0)
    # 30 - 20/2 - 10/2 = 15 and (20 - 10) √3/2: √(225 + 75)
    assert neutral_A((30.0, 20.0, 10.0)) == pytest.approx(300**0.5)


def test_a_rotation_keeps_the_sequence_and_the_sum():
    assert rotated((1.0, 2.0, 3.0), 1) == (3.0, 1.0, 2.0)
    assert rotated((1.0, 2.0, 3.0), 2) == rotated(rotated((1.0, 2.0, 3.0), 1), 1) == (2.0, 3.0, 1.0)


def test_three_that_lean_the_same_way_are_spread_by_two_moves():
    found = advise(branches(LOPSIDED, LOPSIDED, LOPSIDED))
    assert found.phases_A == (120.0, 60.0, 60.0) and found.unbalance == pytest.approx(0.5)
    assert found.neutral_A == pytest.approx(60.0)
    # Which two of the three, and which goes which way, is all the same: the first ones then.
    assert found.moves == (Move(1, "rack-1", 1), Move(2, "rack-2", 2))
    assert found.expected_unbalance == pytest.approx(0.0) and found.expected_neutral_A == pytest.approx(0.0)
    assert found.expected_phases_A == pytest.approx((80.0, 80.0, 80.0))


def test_little_unbalance_is_left_alone():
    found = advise(branches((21.0, 20.0, 20.0), (21.0, 20.0, 20.0)))
    assert found.moves == () and found.expected_unbalance == found.unbalance == pytest.approx(2 / 61)


def test_a_move_that_gains_too_little_is_not_advised():
    pair = branches((32.0, 20.0, 20.0), (0.3, 0.0, 0.0))
    assert advise(pair).moves == ()
    assert advise(pair, gain=0.001).moves == (Move(1, "rack-1", 1),)  # off the phase of the other


def test_one_branch_alone_cannot_be_helped():
    found = advise(branches(LOPSIDED))
    assert found.moves == () and found.unbalance == pytest.approx(0.5)


def test_what_is_not_known_is_not_advised_on():
    found = advise([*branches(LOPSIDED, LOPSIDED), BranchPhases(3, "rack-3", (10.0, None, 10.0))])
    assert found.moves is None and found.unbalance is None and found.neutral_A is None and found.missing == (3,)
    assert advise([]).moves is None


def test_no_load_is_no_advice():
    found = advise(branches((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
    assert found.moves == () and found.unbalance == 0.0


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_best_that_there_is(seed):
    """All rotations of five branches, told apart by how many they move: no choice of as many moves, or fewer, is better by
    more than what a further move must gain."""
    source = random.Random(seed)
    currents = at_random(source, 5)
    best: dict[int, float] = {}
    for turns in product(range(3), repeat=5):
        moved = sum(turn > 0 for turn in turns)
        then = unbalance(summed([rotated(c, turn) for c, turn in zip(currents, turns, strict=True)]))
        best[moved] = min(best.get(moved, 9.0), then)
    for most in range(4):
        found = advise(branches(*currents), threshold=0.0, gain=0.0, most=most)
        assert found.expected_unbalance == pytest.approx(min(best[n] for n in range(most + 1)))
        assert found.moves is not None
        turns = {move.branch: move.by for move in found.moves}
        then = summed([rotated(c, turns.get(n, 0)) for n, c in enumerate(currents, 1)])
        assert found.expected_phases_A == pytest.approx(then)
        assert len(found.moves) <= most
    gain = 0.05
    found = advise(branches(*currents), threshold=0.0, gain=gain, most=3)
    reached, taken = best[0], 0
    for count in (1, 2, 3):
        if reached - best[count] >= gain * (count - taken):
            reached, taken = best[count], count
    assert found.moves is not None and len(found.moves) == taken and found.expected_unbalance == pytest.approx(reached)


def test_the_same_currents_give_the_same_advice_in_whatever_order_sums_are_made():
    source = random.Random(7)
    currents = at_random(source, 8)
    first = advise(branches(*currents))
    assert all(advise(branches(*currents)) == first for _ in range(3))
    assert first.moves and len(first.moves) <= 3
    assert first.unbalance is not None and first.expected_unbalance is not None
    assert first.expected_unbalance < first.unbalance
