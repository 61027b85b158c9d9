"""Between the controllers of a pod and mastership.py: what a scan saw of other hosts."""

from __future__ import annotations

from collections.abc import Iterable

from .mastership import LeaseHeld, Seen
from .member import Member, writes_lease


def leasable(members: Iterable[Member]) -> list[Member]:
    """Those that answer, are believed and have a lease to give, in the order of the pod file."""
    return [m for m in members if m.answering and not m.quarantine and writes_lease(m.device)]


def seen(host_id: int, members: Iterable[Member]) -> Seen:
    """Of the scan that has just been read."""
    members = list(members)
    giving = leasable(members)
    held: list[LeaseHeld] = []
    for member in giving:
        lease = member.lease_seen()
        if lease.state == "active":
            ours = lease.holder == host_id and bool(lease.epoch) and lease.epoch in member.lease.own
            held.append(LeaseHeld(member.name, lease.holder, ours))
    back = [member.held_back for member in members if member.held_back is not None]
    return Seen(
        leasable=len(giving),
        leases=held,
        line_talks=any(not each.listening for each in back),
        line_unknown=any(each.listening for each in back),
    )


def sure_until_s(host_id: int, pdus: Iterable[Member], asked_s: float) -> float | None:
    """Loop time until which this host has the PDUs for sure, from leases that were asked for at `asked_s`; None: no PDU told that
    its lease is this host's. A second is taken off: controllers tell whole ones, rounded up."""
    left_s: list[float] = []
    for member in leasable(pdus):
        lease = member.lease_seen()
        if lease.state == "active" and lease.holder == host_id and lease.epoch and lease.epoch in member.lease.own:
            left_s.append(0.0 if lease.remaining_s is None else lease.remaining_s)
    return asked_s + min(left_s) - 1.0 if left_s else None
