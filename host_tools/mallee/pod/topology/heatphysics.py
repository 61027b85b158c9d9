"""Heat against heat: what the racks draw goes into the coolant, and out of it into the facility water. Pure.

Three views for each skid: Q = ρ·cp·flow·ΔT of the coolant, the same of the facility water, and the racks' electrical power less
what the other skids carry. Which sensor of the odd side is wrong, is told by what the skids of a loop have in common: return
manifold and facility water, and by the flow (flowphysics.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..config import PodConfig
from ..document import SkidState
from .flowphysics import METER, flowing, flows
from .graph import loops_of
from .settings import PhysicsSection
from .views import Disagreement, View, middle, odd_one, total

_COOLANT_kJ_l_K = 4.008
"""PG25 at 37 °C (CoolProp, INCOMP::MPG-25%)."""
_WATER_kJ_l_K = 4.15
"""At 35 °C."""
COOLANT, FACILITY, RACKS = "heat by the coolant", "heat by the facility water", "electrical power of the racks"


def heat(
    settings: PhysicsSection, config: PodConfig, skids: Sequence[SkidState], racks_kW: Mapping[str, float | None]
) -> tuple[Disagreement, ...]:
    """Sensors of skids that are contradicted, loop by loop. `racks_kW`: electrical power of each rack."""
    found: list[Disagreement] = []
    for loop in loops_of(config):
        its = [skid for skid in skids if skid.name in loop.skids]
        by_flow = flows(settings, config, its, loop.racks)
        found += by_flow
        wrong = [d.where for d in by_flow]
        rated_kW = sum(rack.liquid_kW for rack in config.racks if rack.name in loop.racks)
        into_kW = total(
            [
                None if (power := racks_kW.get(rack.name)) is None else power * rack.liquid_kW / rack.power_kW
                for rack in config.racks
                if rack.name in loop.racks
            ]
        )
        if into_kW is None or into_kW < settings.least_heat * rated_kW:
            continue
        least_kW = 0.5 * rated_kW / len(its)
        found += _electric(settings, loop.name, its, into_kW, rated_kW)
        found += [
            d for s in its if s.name not in wrong for d in _skid(settings, s, its, into_kW, least_kW, bool(wrong))
        ]
    return tuple(found)


def coolant_kW(skid: SkidState) -> float | None:
    return _kW(_COOLANT_kJ_l_K, skid.flow.number, skid.supply_temperature.number, skid.return_temperature.number)


def facility_kW(skid: SkidState) -> float | None:
    cold, warm = skid.facility_supply_temperature.number, skid.facility_return_temperature.number
    return _kW(_WATER_kJ_l_K, skid.facility_flow.number, cold, warm)


def _kW(kJ_l_K: float, flow_l_min: float | None, cold_degC: float | None, warm_degC: float | None) -> float | None:
    if flow_l_min is None or cold_degC is None or warm_degC is None:
        return None
    return kJ_l_K * flow_l_min / 60.0 * (warm_degC - cold_degC)


def _agreed_kW(settings: PhysicsSection, skid: SkidState, least_kW: float) -> float | None:
    """What both sides of a skid say together; None where they do not agree or one is unknown."""
    if flowing(skid) is False:
        return 0.0
    one, other = coolant_kW(skid), facility_kW(skid)
    if one is None or other is None:
        return None
    mean = (one + other) / 2
    return mean if abs(one - other) <= settings.heat * max(mean, least_kW) else None


def _electric(
    settings: PhysicsSection, loop: str, skids: Sequence[SkidState], into_kW: float, rated_kW: float
) -> Sequence[Disagreement]:
    """Both sides of every skid agree, and not with the racks: their meters are wrong, or their liquid_kW in the pod file."""
    out_kW = total([_agreed_kW(settings, skid, 0.5 * rated_kW / len(skids)) for skid in skids])
    # Twice as far as for a sensor: what goes into the air is known by the ratings alone.
    if out_kW is None or abs(into_kW - out_kW) <= 2 * settings.heat * max(out_kW, 0.5 * rated_kW):
        return ()
    return (Disagreement("heat", f"loop {loop}", RACKS, into_kW, out_kW, "kW", (COOLANT, FACILITY)),)


def _skid(
    settings: PhysicsSection,
    skid: SkidState,
    skids: Sequence[SkidState],
    into_kW: float,
    least_kW: float,
    doubted: bool,
) -> Sequence[Disagreement]:
    if not flowing(skid) or doubted:
        return ()
    rest = [_agreed_kW(settings, other, least_kW) for other in skids if other is not skid]
    rest_kW = total(rest) if rest else 0.0
    views = (
        View(COOLANT, coolant_kW(skid)),
        View(FACILITY, facility_kW(skid)),
        View(RACKS, None if rest_kW is None else into_kW - rest_kW),
    )
    expected = middle(views)
    odd = None if expected is None else odd_one(views, settings.heat * max(expected, least_kW))
    if odd is None or odd[0] is views[2]:
        return ()
    others = tuple(view.sensor for view in views if view is not odd[0])
    coolant_side = odd[0] is views[0]
    own = skid.return_temperature if coolant_side else skid.facility_supply_temperature
    shared = [
        (s.return_temperature if coolant_side else s.facility_supply_temperature).number
        for s in skids
        if s is not skid and flowing(s)
    ]
    apart = _apart(own.number, shared, settings.return_K if coolant_side else settings.facility_K)
    sensor, value, at = _coolant_sensor(skid, odd[1], apart) if coolant_side else _facility_sensor(skid, odd[1], apart)
    if value is None or at is None:
        return ()
    return (Disagreement("heat", skid.name, sensor, value, at, "l/min" if sensor == METER else "°C", others),)


def _apart(own: float | None, others: Sequence[float | None], tolerance_K: float) -> bool | None:
    """Whether a temperature that the skids share is another one here; None where there is nobody to ask."""
    known = [other for other in others if other is not None]
    if own is None or not known:
        return None
    return all(abs(own - other) > tolerance_K for other in known)


def _coolant_sensor(skid: SkidState, due_kW: float, apart: bool | None) -> tuple[str, float | None, float | None]:
    """The flow is borne out, or it would have been told already: a temperature, with the value that would close the balance."""
    flow, cold, warm = skid.flow.number, skid.supply_temperature.number, skid.return_temperature.number
    if flow is None or cold is None or warm is None:
        return "", None, None
    rise_K = due_kW * 60.0 / (_COOLANT_kJ_l_K * flow)
    if apart:
        return "return temperature", warm, cold + rise_K
    name = "supply temperature" if apart is False else "supply or return temperature"
    return name, cold, warm - rise_K


def _facility_sensor(skid: SkidState, due_kW: float, apart: bool | None) -> tuple[str, float | None, float | None]:
    flow = skid.facility_flow.number
    cold, warm = skid.facility_supply_temperature.number, skid.facility_return_temperature.number
    if not flow or cold is None or warm is None:
        return "", None, None
    rise_K = due_kW * 60.0 / (_WATER_kJ_l_K * flow)
    if apart:
        return "facility supply temperature", cold, warm - rise_K
    return "facility return temperature or facility flow", warm, cold + rise_K
