"""Energy from counters, over times in which nobody looked. Pure.

A controller counts on while the host is away, so what was used in a gap is known to the watt-hour, though not when in the gap.
A counter that is lower than before began anew: then what was used before that is lost, and what it shows now is the least that
there was.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

UNITS = ("Wh", "kWh", "MWh", "varh", "kvarh", "VAh", "kVAh")
"""Points with these units count energy."""


class Energy(NamedTuple):
    """Over a range, in the counter's unit. `amount` None: the counter is not known on both sides of anything in it. `restarts`:
    how often the counter began anew; then `amount` is the least."""

    amount: float | None
    restarts: int = 0


def step(before: float, after: float) -> tuple[float, bool]:
    """What a counter went on by, and whether it began anew meanwhile."""
    return (after, True) if after < before else (after - before, False)


def used(times_ms: Sequence[int], counts: Sequence[float | None], from_ms: int, to_ms: int) -> Energy:
    """Of a counter's values in order of time, with one before and one behind the range where there are any: what was counted
    between two values is taken in proportion to time at the ends of the range."""
    known = [(time, count) for time, count in zip(times_ms, counts, strict=True) if count is not None]
    amount, restarts, any_step = 0.0, 0, False
    for (begin_ms, before), (end_ms, after) in pairwise(known):
        part = share(begin_ms, end_ms, from_ms, to_ms)
        if part > 0:
            whole, restarted = step(before, after)
            amount, restarts, any_step = amount + whole * part, restarts + restarted, True
    return Energy(amount if any_step else None, restarts)


def share(begin_ms: float, end_ms: float, from_ms: float, to_ms: float) -> float:
    """What part of a time lies in a range."""
    inside_ms = min(end_ms, to_ms) - max(begin_ms, from_ms)
    return inside_ms / (end_ms - begin_ms) if inside_ms > 0 and end_ms > begin_ms else 0.0
