"""The step that every controller has: a host falls silent. Pure."""

from __future__ import annotations

from .model import ACTIVE, NORMAL, Limit, Step, Write

LEASE_s = 2
_ALARM = "lease_lost"
_OWN = (Limit("state", one_of=("local",)), Limit("lease_state", one_of=("none",)))


def lease_step(name: str) -> Step:
    return Step(
        id=f"{name}/alarm/{_ALARM}",
        device=name,
        kind="move",
        title=f"a lease that is not renewed lapses: {_ALARM} comes, and the controller goes on with its own set-points",
        given=(*_OWN, Limit(f"alarm.{_ALARM}", one_of=(NORMAL,))),
        do=(Write("lease_hold", 0),),
        lease_s=LEASE_s,
        expect=(Limit(f"alarm.{_ALARM}", one_of=(ACTIVE,)), *_OWN),
        settle_s=LEASE_s + 15.0,
        back=(Limit(f"alarm.{_ALARM}", one_of=(NORMAL,)), *_OWN),
        back_s=30.0,
        consequence=f"{name} has a host for {LEASE_s} seconds, with the set-points that it has already; nothing moves",
        alarms=(_ALARM,),
    )
