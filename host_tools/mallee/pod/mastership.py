"""One master of a pod. Pure: what a scan saw of others goes in, what this host is comes out.

The controllers decide: each has one lease, with one holder. Who finds none of another host takes them all; who finds another host
in control listens, and on a serial line it sends nothing at all (link/courtesy.py). Where two began at once, each with some of
the leases, the one with more of them stays, or the one with the first controller of the pod file; the other gives its own back.
A few leases of somebody who does not go on to take the others are a tool's, and are left alone.
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
    """`other`: number of the host that controls the pod, None where there is none, or it did not say. `theirs`: how many leases
    it has."""

    role: Role = "listening"
    other: int | None = None
    theirs: int = 0
    why: str = "it has seen nothing yet"
    minority_scans: int = 0
    """In a row, in which another host had less than half of the leases and this one had none."""


def step(state: Mastership, seen: Seen) -> Mastership:
    """What this host is in this scan. A master that sees nobody answer stays one: there is nothing that it could disturb."""
    if seen.line_talks:
        return _standby(seen, "another master talks on a serial line of this pod")
    if seen.line_unknown:
        return Mastership("listening", why="it listens to a serial line before it sends")
    theirs = [lease for lease in seen.leases if not lease.ours]
    ours = len(seen.leases) - len(theirs)
    minority = state.minority_scans + 1 if theirs and not ours and 2 * len(theirs) < seen.leasable else 0
    outnumbered = len(theirs) > ours or (len(theirs) == ours and not seen.leases[0].ours) if theirs else False
    if outnumbered and minority <= _PATIENCE_SCANS:
        standby = _standby(seen, f"another host has {len(theirs)} of {seen.leasable} leases")
        return msgspec.structs.replace(standby, minority_scans=minority)
    if not seen.leasable and state.role != "master":
        return Mastership("listening", why="no controller answers")
    return Mastership("master", why="no other host controls this pod")


def _standby(seen: Seen, why: str) -> Mastership:
    theirs = [lease for lease in seen.leases if not lease.ours]
    holders = [lease.holder for lease in theirs if lease.holder is not None]
    other = max(set(holders), key=lambda holder: (holders.count(holder), -holder)) if holders else None
    return Mastership("standby", other=other, theirs=len(theirs), why=why)
