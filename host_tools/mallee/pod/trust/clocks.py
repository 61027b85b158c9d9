"""A controller's uptime against the host's own time. Pure.

The device clock is not judged: anybody may set it, and nothing is controlled by it. The uptime nobody can set.
"""

from __future__ import annotations

import msgspec

from .settings import QuarantineSection

_RESOLUTION_S = 1.0


class ClockReading(msgspec.Struct, frozen=True):
    """The uptime, and when it was read: on the host's monotonic clock between `sent_s` and `got_s`, by its date at `utc_s`.
    None where the controller does not say."""

    uptime_s: int
    sent_s: float
    got_s: float
    utc_s: float
    boots: int | None = None
    period_ms: int | None = None
    """Of its regulation, by which its sequence number goes."""
    sequence: int | None = None
    """As it was just before."""


class Compared(msgspec.Struct, frozen=True):
    """`restarted`: it started anew in between. `off_s`: how far its uptime is from where it should be; 0 within the tolerance."""

    restarted: bool = False
    off_s: float = 0.0


def compared(settings: QuarantineSection, before: ClockReading, now: ClockReading) -> Compared:
    """Two readings of one controller.

    The date is a second witness: a computer that slept has a monotonic clock that stood still, and a date that went on.
    """
    least_s, most_s = now.sent_s - before.got_s, now.got_s - before.sent_s
    tolerance_s = settings.clock_s + _RESOLUTION_S + settings.clock_part * most_s
    moved_s = now.uptime_s - before.uptime_s
    new_boot = before.boots is not None and now.boots is not None and before.boots != now.boots
    wall_s = now.utc_s - before.utc_s
    by_date = abs(moved_s - wall_s) <= tolerance_s
    if not new_boot and (least_s - tolerance_s <= moved_s <= most_s + tolerance_s or by_date):
        return Compared()
    since_s = max(most_s, wall_s)
    # Counters of starts are lost with a memory, and then the sequence number tells: it begins anew as well.
    if now.uptime_s <= since_s + tolerance_s and (new_boot or _anew(settings, now)):
        return Compared(restarted=True)
    return Compared(off_s=moved_s - (least_s + most_s) / 2)


def _anew(settings: QuarantineSection, now: ClockReading) -> bool:
    """Its sequence number is no further than the uptime lets it be."""
    if now.sequence is None or not now.period_ms:
        return True
    return now.sequence * now.period_ms / 1000 <= now.uptime_s + settings.clock_s
