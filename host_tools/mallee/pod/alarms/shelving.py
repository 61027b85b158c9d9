"""Shelving: a person puts an alarm aside for a while (ISA-18.2). It comes back by itself. Pure.

What is left runs by a clock that is never set, so that a jump of the date neither ends a shelving nor makes it last.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

SHELVE_MIN_S = 1.0
SHELVE_MAX_S = 24 * 3600.0
"""Longer is not shelving: put it out of service, which says so and stays until somebody ends it."""


class Shelving(msgspec.Struct, frozen=True, kw_only=True):
    by: str
    reason: str
    asked_s: float
    ends_s: float
    """By the clock of this run."""
    until: datetime
    """The same as a date, for people and for the next run."""


def shelve(by: str, reason: str, asked_s: float, now_s: float, now: datetime) -> Shelving:
    """Raises ValueError outside of SHELVE_MIN_S to SHELVE_MAX_S."""
    if not SHELVE_MIN_S <= asked_s <= SHELVE_MAX_S:
        raise ValueError(f"an alarm is shelved for {SHELVE_MIN_S:g} s to {SHELVE_MAX_S / 3600:g} h")
    return Shelving(
        by=by, reason=reason, asked_s=asked_s, ends_s=now_s + asked_s, until=now + timedelta(seconds=asked_s)
    )


def expired(shelving: Shelving, now_s: float) -> bool:
    return now_s >= shelving.ends_s


def redated(shelving: Shelving, now_s: float, now: datetime) -> Shelving:
    """With the date of its end as it is by now, where the date was set meanwhile."""
    until = now + timedelta(seconds=max(0.0, shelving.ends_s - now_s))
    if abs((until - shelving.until).total_seconds()) < 1.0:
        return shelving
    return msgspec.structs.replace(shelving, until=until)


def taken_over(shelving: Shelving, now_s: float, now: datetime) -> Shelving:
    """From the file of a run before: the rest of it, never more than was asked for, whatever became of the date."""
    left_s = min(max(0.0, (shelving.until - now).total_seconds()), shelving.asked_s)
    return msgspec.structs.replace(shelving, ends_s=now_s + left_s, until=now + timedelta(seconds=left_s))
