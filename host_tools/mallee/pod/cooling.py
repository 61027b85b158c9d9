"""What the pod asks of its coolant skids. Pure: settings, state and inputs in, state and set-points out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .document import SkidSetPoints

DEW_POINT_FLOOR_MAX_DEGC = 45.0  # control.md: above this the floor would overheat what it protects


class CoolingSettings(msgspec.Struct, frozen=True):
    supply_temperature_degC: float = 37.0
    differential_pressure_kPa: float = 200.0
    dew_point_margin_K: float = 2.5
    feed_forward: bool = True
    heat_lag_s: float = 8.0
    """First-order lag of the heat that the skids are told: about the time that heat takes through devices and pipes."""
    trim_time_s: float = 60.0
    """Integral time of the differential-pressure trim: far slower than the skids' own loops (3 s)."""
    trim_limit: float = 0.05
    """Largest trim, as part of the set-point; the droop it makes up for is 5 % by default."""
    trim_band: float = 0.10
    """The trim rests while the pressure is farther than this from its set-point: that is not droop."""


class CoolingState(msgspec.Struct, frozen=True):
    trim_kPa: float = 0.0
    heat_kW: float | None = None
    """What the skids are told, together; None when it is not known."""


class SkidInput(msgspec.Struct, frozen=True):
    """One skid. None where a value is not known. One that is silent gets no set-points, but as long as nobody knows its
    pumps to be stopped they run on, and it carries its share."""

    name: str
    running: bool
    answering: bool = True
    differential_pressure_kPa: float | None = None
    dew_point_degC: float | None = None


class CoolingInput(msgspec.Struct, frozen=True):
    skids: tuple[SkidInput, ...] = ()
    rack_heat_kW: float | None = None
    """Heat that all racks put into the coolant now, None when it is not known."""


def step(
    settings: CoolingSettings, state: CoolingState, inputs: CoolingInput, dt_s: float
) -> tuple[CoolingState, dict[str, SkidSetPoints]]:
    """Set-points for each skid in `inputs`, `dt_s` seconds after the last step.

    Supply: the setting, or the warmest known dew point plus the margin where that is higher; without a known
    dew point the setting (each skid then guards itself with an assumed 25 °C). Differential pressure: the
    setting plus a slow trim that takes out what the skids' droop leaves. Heat: an equal share for each skid
    that runs, with a lag: told at once, valves would cool the coolant that is still cool.
    """
    state = _trimmed(settings, _lagged(settings, state, inputs.rack_heat_kW, dt_s), inputs, dt_s)
    supply = supply_set_point(settings, [skid.dew_point_degC for skid in inputs.skids])
    running = [skid for skid in inputs.skids if skid.running]
    share = None
    if settings.feed_forward and state.heat_kW is not None and running:
        share = state.heat_kW / len(running)
    return state, {
        skid.name: SkidSetPoints(
            supply_temperature_degC=supply,
            differential_pressure_kPa=settings.differential_pressure_kPa + state.trim_kPa,
            heat_kW=share if skid.running else None,
        )
        for skid in inputs.skids
        if skid.answering
    }


def supply_set_point(settings: CoolingSettings, dew_points_degC: Sequence[float | None]) -> float:
    """The supply temperature set-point in °C, above the dew point but never pushed beyond 45 °C by it."""
    known = [dew_point for dew_point in dew_points_degC if dew_point is not None]
    if not known:
        return settings.supply_temperature_degC
    floor = min(max(known) + settings.dew_point_margin_K, DEW_POINT_FLOOR_MAX_DEGC)
    return max(settings.supply_temperature_degC, floor)


def _trimmed(settings: CoolingSettings, state: CoolingState, inputs: CoolingInput, dt_s: float) -> CoolingState:
    target = settings.differential_pressure_kPa
    known = [
        skid.differential_pressure_kPa
        for skid in inputs.skids
        if skid.running and skid.differential_pressure_kPa is not None
    ]
    if not known:
        return state
    error = target - sum(known) / len(known)
    if abs(error) > settings.trim_band * target:
        return state
    trim_kPa = limited_trim(settings, state.trim_kPa + error * dt_s / settings.trim_time_s)
    return msgspec.structs.replace(state, trim_kPa=trim_kPa)


def _lagged(settings: CoolingSettings, state: CoolingState, rack_heat_kW: float | None, dt_s: float) -> CoolingState:
    heat_kW = rack_heat_kW
    if rack_heat_kW is not None and state.heat_kW is not None:
        heat_kW = state.heat_kW + (rack_heat_kW - state.heat_kW) * dt_s / (dt_s + settings.heat_lag_s)
    return msgspec.structs.replace(state, heat_kW=heat_kW)


def limited_trim(settings: CoolingSettings, trim_kPa: float) -> float:
    limit = settings.trim_limit * settings.differential_pressure_kPa
    return min(max(trim_kPa, -limit), limit)


def rack_heat_kW(racks: Sequence[tuple[float | None, float, float]]) -> float | None:
    """Heat into the coolant from (power or None, rated power, rated liquid heat) of each rack, all in kW.

    A rack of which nothing is known counts with its rating once any other is known (the safe side); None when
    none is.
    """
    if all(power is None for power, _, _ in racks):
        return None
    return sum(liquid if power is None else power * liquid / rated for power, rated, liquid in racks)
