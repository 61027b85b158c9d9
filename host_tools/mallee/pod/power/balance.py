"""Which branches of a PDU to connect in another order of phases, so that its phases carry more equally. Pure.

Unbalance is what controllers call so: the largest deviation of a phase's current from the mean of the three, over that mean
(NEMA MG 1, 14.36, defines it so for voltages). Moving a three-phase branch means to rotate its phases: all three go on by one or
two places, so that their sequence, and with it the sense in which motors turn, stays. The mean stays as well, so only the
deviation is to be made small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import msgspec

THRESHOLD = 0.1
"""Below this unbalance nothing is advised: it is within what loads do by themselves."""
GAIN = 0.02
"""By so much of the mean each further move has to make the unbalance smaller; less is not worth an electrician."""
MOVES = 3
_NOTHING_A = 0.5
"""A mean below this is no load, as for the controllers."""
_DIGITS = 9
"""Sums in another order differ behind these; an equal choice must stay equal."""


class BranchPhases(msgspec.Struct, frozen=True):
    """Currents of a branch on phases 1 to 3 of its PDU; None: not known."""

    number: int
    rack: str
    phases_A: tuple[float | None, float | None, float | None]


class Move(msgspec.Struct, frozen=True):
    """`by` places: 1 puts what was on L1 onto L2, L2 onto L3, L3 onto L1; 2 the other way round."""

    branch: int
    rack: str
    by: int


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Of one PDU, and what it would be after `moves` in place of what it is. Unbalance is a part of the mean. None: a branch is
    not known, `missing` names it."""

    phases_A: tuple[float, float, float] | None
    unbalance: float | None
    neutral_A: float | None
    moves: tuple[Move, ...] | None
    expected_phases_A: tuple[float, float, float] | None
    expected_unbalance: float | None
    expected_neutral_A: float | None
    missing: tuple[int, ...] = ()


Currents = tuple[float, float, float]


def advise(
    branches: Sequence[BranchPhases], *, threshold: float = THRESHOLD, gain: float = GAIN, most: int = MOVES
) -> Balance:
    """The best of all choices of up to `most` moves: each number of moves with the least unbalance that it allows, and a larger
    number only where it gains enough. Of equal choices the one with the smaller neutral current, then with the lower branches."""
    known: list[Currents] = []
    missing: list[int] = []
    for branch in branches:
        a, b, c = branch.phases_A
        if a is None or b is None or c is None:
            missing.append(branch.number)
        else:
            known.append((a, b, c))
    if missing or not known:
        return Balance(
            phases_A=None, unbalance=None, neutral_A=None, moves=None, expected_phases_A=None, expected_unbalance=None,
            expected_neutral_A=None, missing=tuple(missing),
        )  # fmt: skip
    now = _sum(known)
    best: tuple[tuple[int, int], ...] = ()
    reached = unbalance(now)
    if reached >= threshold:
        for count in range(1, min(most, len(known)) + 1):
            found = min(_choices(len(known), count), key=lambda choice: _key(now, known, choice))
            after = unbalance(_moved(now, known, found))
            if reached - after >= gain * (count - len(best)) - 10**-_DIGITS:
                best, reached = found, after
    then = _moved(now, known, best)
    return Balance(
        phases_A=now,
        unbalance=unbalance(now),
        neutral_A=neutral_A(now),
        moves=tuple(Move(branches[at].number, branches[at].rack, by) for at, by in best),
        expected_phases_A=then,
        expected_unbalance=unbalance(then),
        expected_neutral_A=neutral_A(then),
    )


def unbalance(phases_A: Currents) -> float:
    """Largest deviation from the mean, over the mean; 0 without load."""
    mean = sum(phases_A) / 3
    return max(abs(each - mean) for each in phases_A) / mean if mean > _NOTHING_A else 0.0


def neutral_A(phases_A: Currents) -> float:
    """Of phases 120 degrees apart with one power factor: |I1 + I2 ∠-120° + I3 ∠120°|. Harmonics are not in it."""
    a, b, c = phases_A
    return math.sqrt(max(0.0, a * a + b * b + c * c - a * b - b * c - c * a))


def rotated(phases_A: Currents, by: int) -> Currents:
    """What was on phase p is on phase p + `by`."""
    a, b, c = phases_A
    return ((a, b, c), (c, a, b), (b, c, a))[by % 3]


def _choices(branches: int, count: int) -> Iterator[tuple[tuple[int, int], ...]]:
    for places in combinations(range(branches), count):
        for turns in product((1, 2), repeat=count):
            yield tuple(zip(places, turns, strict=True))


def _key(now: Currents, known: Sequence[Currents], choice: tuple[tuple[int, int], ...]) -> tuple[float, float, object]:
    then = _moved(now, known, choice)
    return round(unbalance(then), _DIGITS), round(neutral_A(then), _DIGITS), choice


def _moved(now: Currents, known: Sequence[Currents], choice: Sequence[tuple[int, int]]) -> Currents:
    a, b, c = now
    for at, by in choice:
        before, after = known[at], rotated(known[at], by)
        a, b, c = a + after[0] - before[0], b + after[1] - before[1], c + after[2] - before[2]
    return a, b, c


def _sum(known: Sequence[Currents]) -> Currents:
    return sum(each[0] for each in known), sum(each[1] for each in known), sum(each[2] for each in known)
