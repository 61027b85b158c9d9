"""How often a rack's power limit turns back under a load that swings across the bands: the pure manager, ten minutes with one
feed."""

from __future__ import annotations

from itertools import pairwise

from ...host.power_bench import OVERSUBSCRIBED, Racks, with_power
from ..figure import Figure

PERIOD_S, HIGH_S, LOW_PART = 13, 7, 0.6  # design simulation.md: training in step, with dips each 13 s


def reversals(racks: Racks, seconds: int = 600) -> int:
    """Of the rack that has most. A limit that is tightened, given back and tightened again has two."""
    turns: dict[str, list[int]] = {}
    last: dict[str, float] = {}
    for second in range(seconds):
        part = 1.0 if second % PERIOD_S < HIGH_S else LOW_PART
        racks.wanted_kW = {rack.name: part * rack.power_kW for rack in racks.config.racks}
        for change in racks.step():
            now = 1e9 if change.kW is None else change.kW
            turns.setdefault(change.rack, []).append(1 if now > last.get(change.rack, 1e9) else -1)
            last[change.rack] = now
    return max((sum(a != b for a, b in pairwise(moves)) for moves in turns.values()), default=0)


def measure() -> dict[str, Figure]:
    without = with_power(OVERSUBSCRIBED, hold_s=0.0)
    return {
        "reversals": Figure(
            reversals(Racks(lost_feeds={"A"})),
            "pure manager, oversubscribed pod with one feed, load 100 and 60 % in turn each 13 s for 600 s",
            reversals(Racks(lost_feeds={"A"}, config=without)),
            "hold_s = 0: shared anew whenever there is room",
        )
    }
