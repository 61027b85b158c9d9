"""Which racks go off before a main does, and when they come back. Pure.

Only what is measured switches anything off. A rack comes back when there is room for its rating and everyone else's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from .capping import RackInput
from .limits import Limit
from .settings import PowerSection
from .thermal import time_left_s, warmed


class ShedState(msgspec.Struct, frozen=True):
    """`heat` of each main; racks that are `off`; `settled_s` since the last one was switched off; `room_s`: for so long there has
    been room for `next`."""

    heat: Mapping[str, float] = {}
    off: frozenset[str] = frozenset()
    settled_s: float = 1e9
    next: str = ""
    room_s: float = 0.0


class Switched(msgspec.Struct, frozen=True):
    rack: str
    on: bool
    reason: str


def step(
    settings: PowerSection,
    state: ShedState,
    limits: Sequence[Limit],
    racks: Sequence[RackInput],
    caps_kW: Mapping[str, float],
    dt_s: float,
    *,
    relief: bool = False,
) -> tuple[ShedState, tuple[Switched, ...], dict[str, float | None]]:
    """What is switched now, and how long each main that carries too much still does, None for those that do for ever.
    `relief`: caps are on their way, and get their time where there is some."""
    heat, left_s = {}, {}
    for limit in limits:
        if limit.breaks:
            heat[limit.name] = warmed(state.heat.get(limit.name), limit.part, dt_s, settings.main_time_constant_s)
            left_s[limit.name] = time_left_s(heat[limit.name], limit.part, settings.main_time_constant_s)
    state = msgspec.structs.replace(state, heat=heat, settled_s=state.settled_s + dt_s)
    if settings.shed == "last_resort" and state.settled_s >= settings.settle_s:
        before_s = min(settings.settle_s, settings.shed_before_s) if relief else settings.shed_before_s
        gone = _shed(settings, limits, [rack for rack in racks if rack.name not in state.off], left_s, before_s)
        if gone:
            off = state.off | {each.rack for each in gone}
            return msgspec.structs.replace(state, off=off, settled_s=0.0, next="", room_s=0.0), gone, left_s
    back = _next(racks, state.off)
    if back is None or not _room(settings, limits, racks, back.name, caps_kW, state.off):
        return msgspec.structs.replace(state, next="", room_s=0.0), (), left_s
    room_s = state.room_s + dt_s if state.next == back.name else 0.0
    if room_s < settings.restore_hold_s:
        return msgspec.structs.replace(state, next=back.name, room_s=room_s), (), left_s
    reason = f"there has been room for its rating for {room_s:.0f} s"
    restored = (Switched(back.name, on=True, reason=reason),)
    return msgspec.structs.replace(state, off=state.off - {back.name}, next="", room_s=0.0), restored, left_s


def _shed(
    settings: PowerSection,
    limits: Sequence[Limit],
    racks: Sequence[RackInput],
    left_s: Mapping[str, float | None],
    before_s: float,
) -> tuple[Switched, ...]:
    """The least important of these racks behind each main that would open within `before_s`, until it is at its aim. One that was
    switched off and draws on all the same is none of them: others have to go."""
    gone: dict[str, str] = {}
    for limit in reversed(limits):  # what helps a PDU helps its feed
        left = left_s.get(limit.name)
        if left is None or left > before_s or not limit.measured or limit.part <= 1.0:
            continue
        over = limit.load - settings.aim * limit.limit - sum(limit.now.get(name, 0.0) for name in gone)
        for rack in sorted(racks, key=lambda r: (-r.priority, -limit.now.get(r.name, 0.0), r.name)):
            if over <= 0:
                break
            carried = limit.now.get(rack.name, 0.0)
            if carried <= 0 or rack.name in gone:
                continue
            gone[rack.name] = (
                f"{limit.name} carries {limit.load:.0f} A, {limit.part:.0%} of its main, which may open in {left:.0f} s; "
                f"nothing less important is left behind it"
            )
            over -= carried
    return tuple(Switched(rack, on=False, reason=reason) for rack, reason in gone.items())


def _next(racks: Sequence[RackInput], off: Collection[str]) -> RackInput | None:
    return min((rack for rack in racks if rack.name in off), key=lambda r: (r.priority, r.name), default=None)


def _room(
    settings: PowerSection,
    limits: Sequence[Limit],
    racks: Sequence[RackInput],
    back: str,
    caps_kW: Mapping[str, float],
    off: Collection[str],
) -> bool:
    """Every limit would stay below `release_below` with this rack, were all to draw what they may."""
    rated = {rack.name: rack.rated_kW for rack in racks}
    supplied = False
    for limit in limits:
        if limit.rated.get(back, 0.0) <= 0:
            continue
        supplied = True
        most = limit.load - sum(limit.now.values())
        for name, load in limit.rated.items():
            if name == back or name not in off:
                most += load * min(1.0, caps_kW.get(name, rated[name]) / rated[name])
        if most > settings.release_below * limit.limit:
            return False
    return supplied
