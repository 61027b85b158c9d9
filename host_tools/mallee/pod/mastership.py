"""One master of a pod. Pure: what a scan saw of others goes in, what this host is comes out.

The controllers decide: each has one lease, with one holder. Who finds none of another host takes them all; who finds another host
in control listens, and on a serial line it sends nothing at all (link/courtesy.py). Where two began at once, each with some of
the leases, the one with more of them stays, or the one with the first controller of the pod file; the other gives its own back.
A few leases of somebody who does not go on to take the others are a tool's, and so is a master on one line that has no leases:
they are left alone, and so is their line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Role = Literal["listening", "standby", "master"]


_PATIENCE_SCANS = 3
"""So long whoever has a few leases may take to have most of them: a host that begins takes all in one scan."""


class LeaseHeld(msgspec.Struct, frozen=True):
    """A lease that is in force, as its controller told in this scan."""

    controller: str
    holder: int | None
    ours: bool
    """Granted to this very process: another one may have our number."""


class Seen(msgspec.Struct, frozen=True):
    """Of one scan. `leases` in the order of the pod file."""

    leasable: int
    """Controllers that answer and have a lease to give."""
    leases: Sequence[LeaseHeld] = ()
    line_talks: bool = False
    """Another master was heard on a serial line of the pod."""
    line_unknown: bool = False
    """A serial line was not listened to for long enough."""


class Mastership(msgspec.Struct, frozen=True):
    """`other`: number of the host that controls the pod, None where there is none, or it did not say."""

    role: Role = "listening"
    other: int | None = None
    why: str = "it has seen nothing yet"
    waited_scans: int = 0
    """In a row, in which somebody else was there who may be no host: with less than half of the leases, or only on a line."""


def step(state: Mastership, seen: Seen) -> Mastership:
    """What this host is in this scan. A master that sees nobody answer stays one by name: what it may still do ends with its
    leases. A line that it has to listen to first is left out, and the rest goes on."""
    theirs = [lease for lease in seen.leases if not lease.ours]
    ours = len(seen.leases) - len(theirs)
    few = bool(theirs) and not ours and 2 * len(theirs) < seen.leasable
    doubt = few or (seen.line_talks and not theirs and state.role != "master")
    waited = state.waited_scans + 1 if doubt else 0
    outnumbered = bool(theirs) and (len(theirs) > ours or (len(theirs) == ours and not seen.leases[0].ours))
    if outnumbered and not (few and waited > _PATIENCE_SCANS):
        return _standby(seen, f"has {len(theirs)} of {seen.leasable} leases", waited)
    if seen.line_talks and (not seen.leasable or 0 < waited <= _PATIENCE_SCANS):
        return _standby(seen, "talks on a serial line of this pod", waited)
    if state.role == "master":
        return Mastership("master", why="no other host controls this pod")
    if seen.line_unknown:
        return Mastership("listening", why="it listens to a serial line before it sends")
    if not seen.leasable:
        return Mastership("listening", why="no controller answers that is believed")
    return Mastership("master", why="no other host controls this pod")


def _standby(seen: Seen, does: str, waited_scans: int) -> Mastership:
    theirs = [lease for lease in seen.leases if not lease.ours]
    holders = [lease.holder for lease in theirs if lease.holder is not None]
    other = max(set(holders), key=lambda holder: (holders.count(holder), -holder)) if holders else None
    who = "another master" if other is None else f"host {other}"
    return Mastership("standby", other=other, why=f"{who} {does}", waited_scans=waited_scans)
