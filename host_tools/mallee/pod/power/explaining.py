"""Why each rack has the power limit and the permit that it has. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..config import PodConfig, Rack
from ..reasons import Asked, Input, Reason
from .capping import RackInput
from .limits import Limit
from .manager import Decision, PowerState

_ALIKE_KW = 0.05


def reasons(
    config: PodConfig,
    state: PowerState,
    decision: Decision,
    limits: Sequence[Limit],
    racks: Sequence[RackInput],
    why: Mapping[str, str],
) -> tuple[dict[str, Reason], dict[str, Reason]]:
    """By rack: of its power limit, and of its permit. `why`: what the last change of each was for, by `RACK.power_limit` and
    `RACK.permit`."""
    inputs = {rack.name: rack for rack in racks}
    caps = {
        rack.name: _cap(config, rack, inputs[rack.name], state, decision, limits, why.get(f"{rack.name}.power_limit"))
        for rack in config.racks
    }
    permits = {
        rack.name: _permit(rack, inputs[rack.name], rack.name in decision.off, limits, why.get(f"{rack.name}.permit"))
        for rack in config.racks
    }
    return caps, permits


def _cap(
    config: PodConfig,
    rack: Rack,
    seen: RackInput,
    state: PowerState,
    decision: Decision,
    limits: Sequence[Limit],
    why: str | None,
) -> Reason:
    name = rack.name
    value = decision.caps_kW.get(name)
    if value is not None:
        rule = state.why.get(name) or why or ""
    elif name in decision.off:
        rule = "it is off: its branches have no permit"
    elif not rack.power_limit:
        rule = "nothing can limit it: it has no power_limit in the pod file"
    elif not config.power.cap:
        rule = "limiting is switched off: cap = false in [power]"
    else:
        rule = why or "no limit asks it to draw less"
    asking = [limit for limit in limits if limit.name in state.limits and name in state.limits[limit.name].caps]
    lost = tuple(
        Asked(f"its share of what {limit.name} may carry", state.limits[limit.name].caps[name])
        for limit in asking
        if value is not None and state.limits[limit.name].caps[name] > value + _ALIKE_KW
    )
    return Reason(
        of=f"{name}.power_limit",
        value=value,
        unit="kW",
        rule=rule,
        inputs=(*_of_rack(rack, seen), *_loads(name, limits)),
        lost=lost,
    )


def _permit(rack: Rack, seen: RackInput, off: bool, limits: Sequence[Limit], why: str | None) -> Reason:
    found = why or ("it was off before this host began" if off else "no main behind which it is has to be relieved")
    return Reason(
        of=f"{rack.name}.permit",
        value="off" if off else "on",
        unit="",
        rule=found,
        inputs=(*_of_rack(rack, seen), *_loads(rack.name, limits)),
    )


def _of_rack(rack: Rack, seen: RackInput) -> tuple[Input, ...]:
    return (
        Input(f"{rack.name}.power", seen.power_kW, "kW"),
        Input(f"rack.{rack.name}.power_kW", rack.power_kW, "kW"),
        Input(f"rack.{rack.name}.priority", float(rack.priority)),
    )


def _loads(rack: str, limits: Sequence[Limit]) -> tuple[Input, ...]:
    """What the limits that it is behind carry, of what they may."""
    return tuple(
        Input(f"{limit.name}, of {limit.limit:g} {limit.unit}", limit.load, limit.unit)
        for limit in limits
        if limit.rated.get(rack, 0.0) > 0
    )
