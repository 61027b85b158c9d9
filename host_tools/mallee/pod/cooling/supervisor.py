"""Set-points of every skid, from what the racks draw and the skids measure. Pure: settings, state and inputs in, state and
set-points out, each with the rule that set it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from ..document import SkidSetPoints
from ..reasons import Asked, Input, Reason
from . import reset, staging
from .settings import DEW_POINT_FLOOR_MAX_DEGC, CoolingSettings
from .staging import SkidStage, StageState


class CoolingState(msgspec.Struct, frozen=True):
    """`heat_kW` is what the skids are told, together; None when it is not known. `pressure_kPa` is what the load needs,
    without the trim; `handover_kPa` what is left of a predecessor's set-point. `parts`: what each rack draws of its
    rating, averaged. `stage` None: nothing was decided yet."""

    trim_kPa: float = 0.0
    heat_kW: float | None = None
    pressure_kPa: float | None = None
    handover_kPa: float = 0.0
    parts: Mapping[str, float] = {}
    stage: StageState | None = None


class SkidInput(msgspec.Struct, frozen=True):
    """One skid. None where a value is not known. One that is silent gets no set-points, but as long as nobody knows its
    pumps to be stopped they run on, and it carries its share. `standing_by`: it was told to by a host."""

    name: str
    running: bool
    answering: bool = True
    differential_pressure_kPa: float | None = None
    dew_point_degC: float | None = None
    facility_supply_degC: float | None = None
    standing_by: bool = False
    run_h: float | None = None


class RackHeat(msgspec.Struct, frozen=True):
    """One rack: electrical power, None when not known, its rating, and the heat into the coolant at that; kW."""

    name: str
    power_kW: float | None
    rated_kW: float
    liquid_kW: float


class CoolingInput(msgspec.Struct, frozen=True):
    skids: tuple[SkidInput, ...] = ()
    racks: tuple[RackHeat, ...] = ()

    @property
    def heat_kW(self) -> float | None:
        """Heat that all racks put into the coolant now. A rack of which nothing is known counts with its rating once any other is
        known (the safe side); None when none is."""
        if all(rack.power_kW is None for rack in self.racks):
            return None
        return sum(r.liquid_kW if r.power_kW is None else r.power_kW * r.liquid_kW / r.rated_kW for r in self.racks)


def step(
    settings: CoolingSettings, state: CoolingState, inputs: CoolingInput, dt_s: float
) -> tuple[CoolingState, dict[str, SkidSetPoints], tuple[Reason, ...]]:
    """Set-points for each skid that answers, `dt_s` seconds after the last step.

    Supply: the highest of the setting, the warmest known dew point plus the margin (at most 45 °C), and the warmest facility
    water plus the exchanger's approach; without a known dew point each skid guards itself with an assumed 25 °C. Differential
    pressure: what the most loaded rack needs, plus a slow trim that takes out what the skids' droop leaves. Heat: an equal
    share for each skid that runs, with a lag: told at once, valves would cool the coolant that is still cool.
    """
    supply, supply_why = supply_set_point(settings, inputs.skids)
    parts = reset.averaged(settings, state.parts, {r.name: _part(r) for r in inputs.racks}, dt_s)
    pressure_kPa = settings.differential_pressure_kPa * reset.pressure_part(settings, list(parts.values()))
    stage, staged = _staged(settings, state.stage, inputs, dt_s)
    heat_kW = _lagged(settings, state.heat_kW, inputs.heat_kW, dt_s)
    trim_kPa = _trimmed(settings, state.trim_kPa, pressure_kPa, inputs.skids, dt_s)
    handover_kPa = state.handover_kPa * math.exp(-dt_s / settings.handover_s)
    state = CoolingState(trim_kPa, heat_kW, pressure_kPa, handover_kPa, parts, stage)
    running = [skid for skid in inputs.skids if skid.running]
    share = heat_kW / len(running) if settings.feed_forward and heat_kW is not None and running else None
    wanted = {
        skid.name: SkidSetPoints(
            supply_temperature_degC=supply,
            differential_pressure_kPa=pressure_kPa + trim_kPa + handover_kPa,
            heat_kW=share if skid.running else None,
            operation="standby" if skid.name == stage.off else "run",
        )
        for skid in inputs.skids
        if skid.answering
    }
    reasons = (
        supply_why,
        _pressure_why(settings, state, pressure_kPa),
        _heat_why(settings, state, inputs, len(running)),
        staged,
    )
    return state, wanted, reasons


def supply_set_point(settings: CoolingSettings, skids: Sequence[SkidInput]) -> tuple[float, Reason]:
    """The supply temperature set-point in °C, and which rule set it."""
    setting = Input("control.supply_temperature_degC", settings.supply_temperature_degC, "degC")
    found: list[tuple[float, str, tuple[Input, ...]]] = [(settings.supply_temperature_degC, "the setting", (setting,))]
    for point, what, margin_K in (
        ("dew_point", "the warmest dew point", settings.dew_point_margin_K),
        ("facility_supply_temperature", "the warmest facility water", settings.facility_approach_K),
    ):
        each = {skid.name: skid.dew_point_degC if point == "dew_point" else skid.facility_supply_degC for skid in skids}
        known = {name: value for name, value in each.items() if value is not None}
        if known:
            floor = min(max(known.values()) + margin_K, DEW_POINT_FLOOR_MAX_DEGC)
            inputs = tuple(Input(f"{name}.{point}", value, "degC") for name, value in known.items())
            found.append((floor, f"{what} plus {margin_K:g} K", inputs))
    value, rule, inputs = max(found, key=lambda each: each[0])
    lost = tuple(Asked(other, asked) for asked, other, _ in found if other != rule)
    return value, Reason(of="supply_temperature", value=value, unit="degC", rule=rule, inputs=inputs, lost=lost)


def taken_over(settings: CoolingSettings, state: CoolingState, held_kPa: float) -> CoolingState:
    """Without a bump: the set-point that a predecessor left is this host's, and becomes its own by and by."""
    target = settings.differential_pressure_kPa if state.pressure_kPa is None else state.pressure_kPa
    return msgspec.structs.replace(state, handover_kPa=held_kPa - target - state.trim_kPa)


def limited_trim(settings: CoolingSettings, trim_kPa: float) -> float:
    limit = settings.trim_limit * settings.differential_pressure_kPa
    return min(max(trim_kPa, -limit), limit)


def _part(rack: RackHeat) -> float | None:
    return None if rack.power_kW is None else rack.power_kW / rack.rated_kW


def _staged(
    settings: CoolingSettings, before: StageState | None, inputs: CoolingInput, dt_s: float
) -> tuple[StageState, Reason]:
    skids = [
        SkidStage(
            skid.name,
            able=skid.answering and (skid.running or skid.standing_by),
            standing_by=skid.standing_by,
            run_h=skid.run_h,
        )
        for skid in inputs.skids
    ]
    rated_kW = sum(rack.liquid_kW for rack in inputs.racks)
    heat_kW = inputs.heat_kW
    load = None if heat_kW is None or rated_kW <= 0 else heat_kW / rated_kW
    stage, _ = staging.step(settings, staging.begin(skids) if before is None else before, skids, load, dt_s)
    facts = (
        Input("racks.heat", heat_kW, "kW"),
        Input("racks.heat_at_rating", rated_kW, "kW"),
        Input("load_was_small_for", stage.low_s, "s"),
    )
    rule = stage.why or "all skids run"
    return stage, Reason(of="operation", value=stage.off or None, unit="", rule=rule, inputs=facts)


def _trimmed(
    settings: CoolingSettings, trim_kPa: float, target_kPa: float, skids: Sequence[SkidInput], dt_s: float
) -> float:
    known = [s.differential_pressure_kPa for s in skids if s.running and s.differential_pressure_kPa is not None]
    if not known:
        return trim_kPa
    error = target_kPa - sum(known) / len(known)
    if abs(error) > settings.trim_band * target_kPa:
        return trim_kPa
    return limited_trim(settings, trim_kPa + error * dt_s / settings.trim_time_s)


def _lagged(settings: CoolingSettings, before_kW: float | None, now_kW: float | None, dt_s: float) -> float | None:
    if now_kW is None or before_kW is None:
        return now_kW
    return before_kW + (now_kW - before_kW) * dt_s / (dt_s + settings.heat_lag_s)


def _pressure_why(settings: CoolingSettings, state: CoolingState, pressure_kPa: float) -> Reason:
    most = max(state.parts, key=lambda rack: state.parts[rack], default=None)
    least_kPa = settings.least_pressure * settings.differential_pressure_kPa
    floor = f"never less than {settings.least_pressure:.0%} of the setting"
    need = "flow in proportion to the most loaded rack"
    inputs = [Input("control.differential_pressure_kPa", settings.differential_pressure_kPa, "kPa")]
    lost: tuple[Asked, ...] = ()
    if not settings.pressure_reset or most is None:
        rule = "the setting"
    else:
        needed_kPa = settings.differential_pressure_kPa * state.parts[most] ** settings.flow_exponent
        rule, lost = (
            (floor, (Asked(need, needed_kPa),)) if pressure_kPa <= least_kPa else (need, (Asked(floor, least_kPa),))
        )
        inputs.append(Input(f"{most}.load_averaged", 100.0 * state.parts[most], "%"))
    inputs += [
        Input("before_the_trim", pressure_kPa, "kPa"),
        Input("trim", state.trim_kPa, "kPa"),
        Input("taken_over", state.handover_kPa, "kPa"),
    ]
    return Reason(
        of="differential_pressure",
        value=pressure_kPa + state.trim_kPa + state.handover_kPa,
        unit="kPa",
        rule=f"{rule}, and the trim",
        inputs=tuple(inputs),
        lost=lost,
    )


def _heat_why(settings: CoolingSettings, state: CoolingState, inputs: CoolingInput, running: int) -> Reason:
    if not settings.feed_forward:
        rule = "feed-forward is switched off"
    elif state.heat_kW is None:
        rule = "no rack's power is known"
    else:
        rule = (
            f"an equal share for each of {running} skids that run, {settings.heat_lag_s:g} s behind what the racks draw"
        )
    share = None if state.heat_kW is None or not running or not settings.feed_forward else state.heat_kW / running
    told = (Input("racks.heat", inputs.heat_kW, "kW"), Input("racks.heat_lagged", state.heat_kW, "kW"))
    return Reason(of="heat", value=share, unit="kW", rule=rule, inputs=told)
