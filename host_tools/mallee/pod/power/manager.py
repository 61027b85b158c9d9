"""The power manager: caps and switched-off racks from the limits and what they carry. Pure: settings, state and inputs in, state
and decisions out; each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from . import capping, shedding
from .capping import CapState, RackInput
from .limits import Limit
from .settings import PowerSection
from .shedding import ShedState, Switched

_CHANGE_KW = 0.05  # below this a cap is the same


class PowerState(msgspec.Struct, frozen=True):
    """`caps_kW` by rack is the tightest of all limits', and what was decided last; `why` says which limit it is for."""

    limits: Mapping[str, CapState] = {}
    shedding: ShedState = ShedState()
    caps_kW: Mapping[str, float] = {}
    why: Mapping[str, str] = {}


class Capped(msgspec.Struct, frozen=True):
    """`kW` None: the rack may draw what it wants again."""

    rack: str
    kW: float | None
    reason: str


class Decision(msgspec.Struct, frozen=True):
    """`caps_kW` and `off` stand until the next one; `changes` are what is new in them. `left_s`: until a main may open."""

    caps_kW: Mapping[str, float]
    off: frozenset[str]
    changes: tuple[Capped | Switched, ...]
    left_s: Mapping[str, float | None]


def begin(limits: Sequence[Limit], racks: Sequence[RackInput]) -> PowerState:
    """Without a bump: caps and switched-off racks that another host left are this one's."""
    states = {limit.name: capping.adopted(limit, racks) for limit in limits}
    caps = {rack.name: rack.cap_kW for rack in racks if rack.limitable and rack.cap_kW is not None}
    return PowerState(
        limits=states,
        shedding=ShedState(off=frozenset(rack.name for rack in racks if rack.off)),
        caps_kW=caps,
        why=dict.fromkeys(caps, "set before this host began"),
    )


def step(
    settings: PowerSection, state: PowerState, limits: Sequence[Limit], racks: Sequence[RackInput], dt_s: float
) -> tuple[PowerState, Decision]:
    """`dt_s` seconds after the last step, from what is measured now."""
    limit_states: dict[str, CapState] = {}
    reasons: dict[str, str] = {}
    below: dict[str, float] = {}
    for limit in reversed(limits) if settings.cap else ():  # from the leaves up
        before = state.limits.get(limit.name, CapState())
        new, reasons[limit.name] = capping.step(settings, before, limit, racks, dt_s, below)
        limit_states[limit.name] = new
        below |= {rack: min(power, below.get(rack, power)) for rack, power in new.caps.items()}
    caps, why = _tightest(limit_states, reasons, state.why, racks)
    relief = any(each.capping and each.since_s < settings.settle_s for each in limit_states.values())
    shed, switched, left_s = shedding.step(settings, state.shedding, limits, racks, caps, dt_s, relief=relief)
    for name in shed.off:
        caps.pop(name, None)
    changes = tuple(_cap_changes(state, caps, why, reasons)) + switched
    after = PowerState(limits=limit_states, shedding=shed, caps_kW=caps, why=why)
    return after, Decision(caps_kW=caps, off=shed.off, changes=changes, left_s=left_s)


def _tightest(
    states: Mapping[str, CapState], reasons: Mapping[str, str], before: Mapping[str, str], racks: Sequence[RackInput]
) -> tuple[dict[str, float], dict[str, str]]:
    """Of all limits; a cap at the rating is none."""
    caps: dict[str, float] = {}
    why: dict[str, str] = {}
    rated = {rack.name: rack.rated_kW for rack in racks}
    for limit, state in states.items():
        for rack, power in state.caps.items():
            if power < rated.get(rack, 0.0) - _CHANGE_KW and power < caps.get(rack, float("inf")):
                caps[rack] = power
                why[rack] = reasons[limit] or before.get(rack, "")
    return caps, why


def _cap_changes(
    state: PowerState, caps: Mapping[str, float], why: Mapping[str, str], reasons: Mapping[str, str]
) -> list[Capped]:
    changed = [
        Capped(rack, power, why[rack])
        for rack, power in caps.items()
        if abs(power - state.caps_kW.get(rack, float("inf"))) > _CHANGE_KW
    ]
    given_back = "; ".join(reason for reason in reasons.values() if reason) or "no limit needs it any more"
    return changed + [Capped(rack, None, given_back) for rack in state.caps_kW if rack not in caps]
