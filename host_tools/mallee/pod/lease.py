"""Lease bookkeeping of one controller (wire contract, Lease). Pure: what was seen goes in, what to write
comes out.

A free lease is taken with an epoch above every epoch ever seen; a held one is renewed with the epoch that was
granted to this very process. A lease of our own host number but another epoch belongs to a predecessor or a
successor of this process: it is left alone until it lapses, so that a host that was paused cannot overwrite
the one that replaced it.
"""

from __future__ import annotations

import msgspec

from ..device.remote import Grant

FREE = ("none", "holding", "ramping")


class LeaseSeen(msgspec.Struct, frozen=True):
    """The lease as the controller's fast block shows it; None where it is not known."""

    state: str | None = None
    holder: int | None = None
    epoch: int | None = None
    remaining_s: float | None = None


class LeaseState(msgspec.Struct, frozen=True):
    """`highest` epoch ever seen or granted; `granted` to this process, 0 if none; `not_before_s` loop time of
    the next try."""

    highest: int = 0
    granted: int = 0
    tried: int = 0
    """Epoch of a write whose answer was lost: it may have arrived."""
    held: bool = False
    not_before_s: float = float("-inf")
    note: str = ""

    @property
    def own(self) -> tuple[int, int]:
        """Epochs that are this process's."""
        return self.granted, self.tried


def decide(
    host_id: int, seconds: int, state: LeaseState, seen: LeaseSeen, now_s: float
) -> tuple[LeaseState, Grant | None]:
    """What to write now: a renewal, a new lease, or nothing (and `note` says why)."""
    if seen.state is None:
        return msgspec.structs.replace(state, held=False, note="the controller does not tell its lease"), None
    highest = max(state.highest, seen.epoch or 0)
    if seen.state == "active":
        if seen.holder == host_id and seen.epoch and seen.epoch in state.own:
            state = msgspec.structs.replace(state, highest=highest, granted=seen.epoch, tried=0, held=True, note="")
            return state, Grant(host_id, seen.epoch, seconds)
        who = f"host {seen.holder}" if seen.holder != host_id else "another process of this host"
        left = "" if seen.remaining_s is None else f", lapses in {seen.remaining_s:.0f} s unless renewed"
        note = f"{who} holds it (epoch {seen.epoch}{left})"
        return msgspec.structs.replace(state, highest=highest, held=False, note=note), None
    state = msgspec.structs.replace(state, highest=highest, held=False)
    if now_s < state.not_before_s:
        return state, None
    return msgspec.structs.replace(state, note=""), Grant(host_id, highest + 1, seconds)


def accepted(state: LeaseState, grant: Grant) -> LeaseState:
    """The controller took the write. Holder 0 gave the lease back."""
    if grant.holder == 0:
        return msgspec.structs.replace(state, held=False, granted=0, tried=0, note="given back")
    return msgspec.structs.replace(
        state, held=True, granted=grant.epoch, tried=0, highest=max(state.highest, grant.epoch), note=""
    )


def unanswered(state: LeaseState, grant: Grant, note: str) -> LeaseState:
    """The write may have arrived all the same: the next fast block tells."""
    tried = grant.epoch if grant.holder else 0
    return msgspec.structs.replace(state, held=False, tried=tried, highest=max(state.highest, grant.epoch), note=note)


def refused(state: LeaseState, refusal: str | None, seen: LeaseSeen, now_s: float, wait_s: float) -> LeaseState:
    """The controller answered exception 4; `refusal` names why. Stay away for `wait_s`."""
    holder = f", host {seen.holder} has epoch {seen.epoch}" if seen.holder is not None else ""
    return msgspec.structs.replace(
        state,
        held=False,
        highest=max(state.highest, seen.epoch or 0),
        not_before_s=now_s + wait_s,
        note=f"refused: {refusal or 'no reason given'}{holder}",
    )


def release(state: LeaseState) -> Grant | None:
    """The write that gives our lease back, None when we hold none."""
    return Grant(0, state.granted, 0) if state.held and state.granted else None
