"""The three bands of one limit: cap when it is reached, aim below it, give back when there has been room for a while. Pure.

What racks may draw together behind a capped limit is always within the aim, also when each of them draws all it may: nothing that
is given back has to be taken again. Only what cannot be limited can still grow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from .budget import Claim, share
from .limits import Limit
from .settings import PowerSection

_GROWTH = 1.1  # of what a rack draws that could draw more: it may want so much next
_AT_ITS_CAP = 0.95  # of its cap: a rack that draws so much wants more


class RackInput(msgspec.Struct, frozen=True):
    """One rack. `priority` 0 gives way last. `power_kW` None: not known. `limitable`: its power limit can be set now. `off`: the
    host, or one before it, took the permit of its branches. `cap_kW` is the limit that is in force, None for none."""

    name: str
    rated_kW: float
    minimum_kW: float
    priority: int = 100
    power_kW: float | None = None
    limitable: bool = False
    off: bool = False
    cap_kW: float | None = None


class CapState(msgspec.Struct, frozen=True):
    """`caps` in kW by rack, while capping; `below_s`: how long it has been below `release_below`; `since_s`: since the last
    change."""

    capping: bool = False
    below_s: float = 0.0
    since_s: float = 0.0
    caps: Mapping[str, float] = {}


def step(
    settings: PowerSection,
    state: CapState,
    limit: Limit,
    racks: Sequence[RackInput],
    dt_s: float,
    below_kW: Mapping[str, float] = MappingProxyType({}),
) -> tuple[CapState, str]:
    """The limit's caps now, and why they changed, "" when they did not. `below_kW` are caps for limits below this one: what
    those save need not be saved again."""
    below_s = state.below_s + dt_s if limit.part < settings.release_below else 0.0
    since_s = state.since_s + dt_s
    kept = msgspec.structs.replace(state, below_s=below_s, since_s=since_s)
    aim = settings.aim * limit.limit
    limitable = [rack for rack in racks if rack.limitable and not rack.off and limit.rated.get(rack.name, 0.0) > 0]
    if not limitable:
        return (CapState(), "nothing behind it can be limited") if state.capping else (kept, "")
    names = {rack.name for rack in limitable}
    if limit.part >= settings.cap_at:
        if state.capping and since_s < settings.settle_s:
            return kept, ""
        fixed = limit.load - sum(load for name, load in limit.now.items() if name in names)
        wanted = {rack.name: _drawn_kW(rack) for rack in limitable}
        given = share(aim - fixed, _claims(limit, limitable, wanted, below_kW))
        caps = {name: min(power, state.caps.get(name, power)) for name, power in given.items()}
        return CapState(capping=True, caps=caps), f"{_told(limit)}: down to {settings.aim:.0%}"
    if not state.capping or below_s < settings.hold_s:
        return kept, ""
    others = limit.load - sum(limit.now.values())
    fixed = others + sum(load for name, load in limit.rated.items() if name not in names)
    if fixed + sum(limit.rated[name] for name in names) <= aim:
        return CapState(), f"{_told(limit)}, and would stay below {settings.aim:.0%} at the racks' ratings"
    wanted = {rack.name: _wanted_kW(rack, state.caps.get(rack.name)) for rack in limitable}
    caps = share(aim - fixed, _claims(limit, limitable, wanted, below_kW))
    return CapState(capping=True, caps=caps), f"{_told(limit)} for {below_s:.0f} s: shared anew"


def adopted(limit: Limit, racks: Sequence[RackInput]) -> CapState:
    """Caps that another host left, as this one's own: they are given back by the same rules."""
    caps = {r.name: r.cap_kW for r in racks if r.cap_kW is not None and r.limitable and r.name in limit.rated}
    return CapState(capping=bool(caps), caps=caps)


def _claims(
    limit: Limit, racks: Sequence[RackInput], wanted_kW: Mapping[str, float], below_kW: Mapping[str, float]
) -> list[Claim]:
    return [
        Claim(
            rack=rack.name,
            priority=rack.priority,
            per_kW=_per_kW(limit, rack),
            minimum_kW=rack.minimum_kW,
            wanted_kW=wanted_kW[rack.name],
            rated_kW=min(rack.rated_kW, below_kW.get(rack.name, rack.rated_kW)),
        )
        for rack in racks
    ]


def _per_kW(limit: Limit, rack: RackInput) -> float:
    """As measured where the rack draws enough to tell, else by its rating."""
    if rack.power_kW is not None and rack.power_kW > 0.1 * rack.rated_kW and limit.now.get(rack.name, 0.0) > 0:
        return limit.now[rack.name] / rack.power_kW
    return limit.rated[rack.name] / rack.rated_kW


def _drawn_kW(rack: RackInput) -> float:
    return rack.rated_kW if rack.power_kW is None else rack.power_kW


def _wanted_kW(rack: RackInput, cap_kW: float | None) -> float:
    if rack.power_kW is None or (cap_kW is not None and rack.power_kW >= _AT_ITS_CAP * cap_kW):
        return rack.rated_kW
    return _GROWTH * rack.power_kW


def _told(limit: Limit) -> str:
    digits = 0 if limit.unit == "A" else 1
    how = "carries" if limit.measured else "may carry, for parts of it are not known,"
    if limit.kind == "reserve":
        how = "would carry"
    return f"{limit.name} {how} {limit.load:.{digits}f} {limit.unit}, {limit.part:.0%} of {limit.limit:g}"
