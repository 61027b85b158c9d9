"""Whether the equipment of a skid does what it is told: valves, filter, exchanger. Pure."""

from __future__ import annotations

from ..pod.parameters import ExchangerParameters
from ..pod.topology.heatphysics import coolant_kW, facility_kW
from .evidence import Evidence
from .finding import Finding
from .naming import Facts, Likely, found, named, unknown, well
from .skid_sensor_checks import is_swapped
from .skid_state import plant_of, skid_of

OPEN_PERCENT = 20.0
CLOSED_PART = 0.3
"""Of the flow that a valve in this place lets through: less is another valve's doing."""
DEVIATION_PERCENT = 10.0
MOVED_PERCENT = 0.5

SHUT = Likely(
    "an isolating valve in the facility water of this skid is closed, or its strainer is blocked",
    "open the isolating valves of this skid's facility water, look at its strainer",
    "the valve's handle; pressure in front of and behind the strainer",
)
NO_WATER = Likely(
    "the building gives no facility water",
    "call the building; its pumps and its main valves",
    "the other skids' facility flow",
)
METER_DEAD = Likely(
    "the facility flow meter shows nothing",
    "compare it with a clamp-on meter; look at its supply and at its wheel",
    "facility water warms up as much as before",
)
ACTUATOR = Likely(
    "the valve is stuck, or its actuator has no supply",
    "look at actuator and linkage; open the valve by hand if supply temperature rises",
    "move it by hand and look at valve_position",
)
FEEDBACK = Likely(
    "its position feedback is wrong", "compare feedback and stem; mend the wiring or the potentiometer", ""
)


@named(
    "facility water", SHUT, NO_WATER, METER_DEAD, ACTUATOR, FEEDBACK,
    explains=("valve_deviation", "over_temperature", "heat_implausible"),
)  # fmt: skip
def facility_water(evidence: Evidence) -> Finding:
    """Whether the primary valve is where it was told to be, and whether as much facility water flows as a valve in that place
    lets through ([plant.exchanger] of the pod file); if not, whether heat goes into it all the same."""
    known = evidence.numbers("valve_command", "valve_position", "facility_flow")
    if known is None:
        return unknown("valve or facility flow are not known")
    command, position, flow = known
    facts: Facts = {
        "command_percent": round(command, 1),
        "position_percent": round(position, 1),
        "flow_l_min": round(flow, 1),
    }
    moved = _moved(evidence, "valve_position")
    if abs(position - command) > DEVIATION_PERCENT and moved < MOVED_PERCENT and evidence.seconds > 1:
        seen = f"the valve stands at {position:.0f} % and was told {command:.0f} %; it did not move in {evidence.seconds:.0f} s"
        causes = ACTUATOR.because("its feedback does not move"), FEEDBACK.because("nothing else tells where it stands")
        return found("fail", seen, *causes, evidence=facts)
    due = _due_l_min(plant_of(evidence).exchanger, position)
    facts["due_l_min"] = round(due, 1)
    if position < OPEN_PERCENT or flow >= CLOSED_PART * due:
        return well(f"the valve stands at {position:.0f} %, and {flow:.0f} l/min of facility water flow", facts)
    seen = f"the valve stands at {position:.0f} %, and {flow:.0f} l/min of facility water flow where {due:.0f} are due"
    taken = _carried(evidence)
    cooled = taken is not None and taken > CLOSED_PART
    if cooled and any(
        _moved(evidence, name) > STEADY_K for name in ("supply_temperature", "facility_return_temperature")
    ):
        causes = SHUT.because("temperatures are on their way"), METER_DEAD.because("the coolant is still cooled")
        return found("fail", seen, *causes, evidence=facts)
    if cooled:
        because = "the coolant is cooled all the same, and no temperature moves"
        return found("fail", seen, METER_DEAD.because(because, proven=True), certain=True, evidence=facts)
    others = [_dry(other) for other in evidence.alike]
    dry = [each for each in others if each is not None]
    if dry and not any(dry):
        because = "the coolant is hardly cooled, and the other skids have facility water"
        causes = SHUT.because(because), FEEDBACK.because("the valve itself may be closed, and its feedback not")
        return found("fail", seen, *causes, evidence=facts)
    if dry and all(dry):
        causes = NO_WATER.because("no skid has any"), SHUT.because("each could be closed by itself")
        return found("fail", seen, *causes, evidence=facts)
    causes = SHUT.because("the coolant is hardly cooled"), NO_WATER.because("no other skid was looked at")
    return found("fail", seen, *causes, evidence=facts)


def _due_l_min(exchanger: ExchangerParameters, position_percent: float) -> float:
    """Through an equal-percentage valve of that authority (docs/plant.md)."""
    opening = exchanger.valve_rangeability ** (position_percent / 100 - 1)
    authority = exchanger.valve_authority
    return exchanger.facility_flow_kg_s * 60 / 0.995 / (1 - authority + authority / opening**2) ** 0.5


def _carried(evidence: Evidence) -> float | None:
    """What the coolant loses, as a part of half the exchanger's rated heat at least; None: not known."""
    known = evidence.numbers("flow", "supply_temperature", "return_temperature", "facility_supply_temperature")
    if known is None:
        return None
    _, cold, warm, facility = known
    return (warm - cold) / (warm - facility) if warm - facility > 1 else None


def _dry(evidence: Evidence) -> bool | None:
    known = evidence.numbers("valve_position", "facility_flow")
    if known is None or known[0] < OPEN_PERCENT:
        return None
    return known[1] < CLOSED_PART * _due_l_min(plant_of(evidence).exchanger, known[0])


LOADED_PERCENT = 50.0

LOADED = Likely(
    "the filter is loaded with particles",
    "change over to the other skid, and clean the filter; look what it holds",
    "differential pressure behind the cleaned filter",
)
IMPULSE_LINE = Likely(
    "an impulse line of its transmitter is blocked, or its zero has drifted",
    "vent both impulse lines; compare at standstill with 0",
    "it does not follow the flow",
)


@named("filter", LOADED, IMPULSE_LINE, explains=("filter_blocked", "filter_loaded", "flow_low"))
def filter_(evidence: Evidence) -> Finding:
    """How loaded the filter is: its pressure drop at rated flow (it goes with the square of the flow), on the way from a clean
    one to the limit; beside it the same of the other skids."""
    loading, drop = evidence.number("filter_loading"), evidence.number("filter_differential_pressure")
    flow, limit = evidence.number("flow"), evidence.number("filter_warning") or 80.0
    facts: Facts = {
        "loading_percent": loading, "drop_kPa": None if drop is None else round(drop, 1),
        "flow_l_min": None if flow is None else round(flow), "others_percent": _others(evidence, "filter_loading"),
    }  # fmt: skip
    if loading is None or drop is None:
        return unknown("nothing flows, or its pressure drop is not known", facts)
    at = f"{drop:.1f} kPa at {flow or 0:.0f} l/min"
    if loading < LOADED_PERCENT:
        return well(f"the filter is loaded to {loading:.0f} %: {at}", facts)
    seen = f"the filter is loaded to {loading:.0f} % of its limit: {at}"
    others = facts["others_percent"]
    beside = "" if others is None else f", the other skids' filters to {others} %"
    causes = LOADED.because(f"at rated flow it would take more than a clean one by {loading:.0f} % of what is allowed{beside}"), (
        IMPULSE_LINE.because("one transmitter alone tells it"))  # fmt: skip
    return found("fail" if loading >= limit else "warn", seen, *causes, evidence=facts)


def _others(evidence: Evidence, name: str) -> float | None:
    known = [number for other in evidence.alike if (number := other.number(name)) is not None]
    return round(max(known)) if known else None


HEAT_PART = 0.24
"""Twice what the pod's physics allows between three views: here are only two."""
STEADY_PART = 0.02
STEADY_K = 0.15
STEADY_percent = 0.3

A_SENSOR_LIES = Likely(
    "a temperature or flow sensor at the exchanger is wrong",
    "compare temperatures and flows on both sides of the exchanger with a reference; `mallee doctor` of the whole pod lays the "
    "racks' power beside them",
    "the racks' electrical power",
)


@named("heat balance", A_SENSOR_LIES, explains=("heat_implausible", "flow_implausible"))
def heat_balance(evidence: Evidence) -> Finding:
    """Whether the coolant gives as much heat (flow, supply, return) as the facility water takes; judged while both are steady:
    heat is on its way otherwise."""
    if is_swapped(evidence):
        return unknown("temperatures or pressures are in each other's place, see above")
    if facility_water(evidence).state == "fail":
        return unknown("facility water does not flow as it should, see above")
    skid = skid_of(evidence)
    one, two = coolant_kW(skid), facility_kW(skid)
    if one is None or two is None:
        return unknown("a flow or a temperature is not known")
    facts: Facts = {"coolant_kW": round(one, 1), "facility_kW": round(two, 1)}
    if not steady(evidence):
        return unknown("load or valve move: heat is on its way", facts)
    least = 0.1 * plant_of(evidence).exchanger.ua_kW_K
    if abs(one - two) <= HEAT_PART * max(one, two, least):
        return well(f"the coolant gives {one:.0f} kW, the facility water takes {two:.0f} kW", facts)
    seen = f"the coolant gives {one:.0f} kW, and the facility water takes {two:.0f} kW"
    return found("fail", seen, A_SENSOR_LIES.because("what goes in must come out, and nothing moves"), evidence=facts)


def steady(evidence: Evidence) -> bool:
    """Temperatures, flows and the valve of a skid stood still while it was looked at."""
    temperatures = (
        "supply_temperature",
        "return_temperature",
        "facility_supply_temperature",
        "facility_return_temperature",
    )
    if any(_moved(evidence, name) > STEADY_K for name in temperatures):
        return False
    if _moved(evidence, "valve_position") > STEADY_percent:
        return False
    return all(
        _moved(evidence, name) <= STEADY_PART * max(abs(evidence.number(name) or 0.0), 50.0)
        for name in ("flow", "facility_flow")
    )


def _moved(evidence: Evidence, name: str) -> float:
    """From the mean of the first third of the looks to that of the last: noise falls out of it."""
    values = evidence.series(name)
    third = max(1, len(values) // 3)
    return abs(sum(values[-third:]) - sum(values[:third])) / third if values else 0.0
