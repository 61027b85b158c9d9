"""Alarms that come and go too often to be read (ISA-18.2: three or more times in a minute). Pure.

A chattering alarm is held active, so that it is told once: a limit that is too tight or a loose wire must not fill the list, and
must not be missed either. It chatters no more when it has not come for a whole minute.
"""

from __future__ import annotations

import msgspec

CHATTER_COMINGS = 3
CHATTER_WINDOW_S = 60.0


class Chatter(msgspec.Struct, frozen=True):
    """`comings` are the times at which its condition came within the last window, of a clock that is never set."""

    comings: tuple[float, ...] = ()
    chattering: bool = False


def step(chatter: Chatter, came: bool, now_s: float) -> Chatter:
    """Count one more coming, or only let time pass. The window is open at its old end: every 30 s is twice a minute."""
    if not came and not chatter.comings and not chatter.chattering:
        return chatter
    kept = tuple(at_s for at_s in chatter.comings if now_s - at_s < CHATTER_WINDOW_S)
    if came:
        kept = (*kept, now_s)[-CHATTER_COMINGS:]
    return Chatter(kept, bool(kept) and (chatter.chattering or len(kept) >= CHATTER_COMINGS))
