"""More alarms than a person can work through (EEMUA 191: a flood begins with ten new ones in ten minutes). Pure."""

from __future__ import annotations

import msgspec

FLOOD_WINDOW_S = 600.0
FLOOD_BEGINS = 10
FLOOD_ENDS = 5
"""New alarms within the window below which a flood is over (ISA-18.2)."""


class Flood(msgspec.Struct, frozen=True):
    """`comings` are when alarms were told within the last window, of a clock that is never set."""

    comings: tuple[float, ...] = ()
    flooding: bool = False

    @property
    def in_window(self) -> int:
        return len(self.comings)


def step(flood: Flood, told: int, now_s: float) -> Flood:
    """After `told` new alarms at `now_s`."""
    kept = tuple(at_s for at_s in flood.comings if now_s - at_s < FLOOD_WINDOW_S) + (now_s,) * told
    limit = FLOOD_ENDS if flood.flooding else FLOOD_BEGINS
    return Flood(kept, len(kept) >= limit)
