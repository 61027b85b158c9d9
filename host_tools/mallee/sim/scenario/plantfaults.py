"""Faults of the equipment: coolant, sensors, power. Each function begins one and returns how it is undone."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from ..pduwiring import CUT_ohm, SHORTED_ohm, WET_ohm
from ..plant.electrical import Branch
from ..plant.pump import Pump
from ..transmitters import Transmitter
from .stage import Parameters, Probability, Stage, Undo
from .targets import split

# Coolant.


def _pump(stage: Stage, target: str) -> Pump:
    skid, number = split(target)
    return stage.equipment.plant.skids[skid].pumps[int(number) - 1]


def pump_stop(stage: Stage, target: str, p: Parameters) -> Undo:
    return stage.standing.set(_pump(stage, target), "stopped", True)


def pump_seize(stage: Stage, target: str, p: Parameters) -> Undo:
    _pump(stage, target).speed_percent = 0.0
    return pump_stop(stage, target, p)


def pump_feedback_lost(stage: Stage, target: str, p: Parameters) -> Undo:
    skid, number = split(target)
    return sensor_fault("open")(stage, f"{skid}/pump_speed_{number}", p)


class PumpWorn(Parameters, frozen=True):
    back: Annotated[float, Meta(gt=0, le=1)] = 0.1
    """Part of the pump's rated flow that comes back through its wear rings, at the head it has when shut off at full speed."""


def pump_worn(stage: Stage, target: str, p: PumpWorn) -> Undo:
    return _more(_pump(stage, target), "back", p.back)


class PumpDrags(Parameters, frozen=True):
    by: Annotated[float, Meta(gt=0, le=5)] = 0.3
    """Part of its power."""


def pump_drags(stage: Stage, target: str, p: PumpDrags) -> Undo:
    return _more(_pump(stage, target), "drag", p.by)


def valve_stick(stage: Stage, target: str, p: Parameters) -> Undo:
    return stage.standing.set(stage.equipment.plant.skids[target].valve, "stuck", True)


class FilterClog(Parameters, frozen=True):
    by_kPa: Annotated[float, Meta(gt=0, le=1000)] = 60.0
    """Extra pressure drop at rated flow."""


def filter_clog(stage: Stage, target: str, p: FilterClog) -> Undo:
    return _more(stage.equipment.plant.skids[target].hydraulics, "clog_kPa", p.by_kPa)


class Leak(Parameters, frozen=True):
    l_s: Annotated[float, Meta(gt=0, le=20)] = 0.1
    """At the pressure of normal operation. Coolant that is lost does not come back."""


def leak(stage: Stage, target: str, p: Leak) -> Undo:
    plant = stage.equipment.plant
    found = plant.leak(target, p.l_s)
    return lambda: plant.leaks.remove(found)


class AirInLoop(Parameters, frozen=True):
    by_l: Annotated[float, Meta(gt=0, le=30)] = 10.0
    """At suction pressure. It compresses the vessel's cushion: more than 15 l bring the default loop to its pressure limit."""


def air_in_loop(stage: Stage, target: str, p: AirInLoop) -> Undo:
    air = stage.equipment.plant.air
    air.enter(p.by_l, random.Random(f"{stage.seed}/air"))

    def undo() -> None:
        air.gas_l = 0.0

    return undo


class FacilityWarm(Parameters, frozen=True):
    by_K: Annotated[float, Meta(ge=-20, le=40)] = 3.0


def facility_warm(stage: Stage, target: str, p: FacilityWarm) -> Undo:
    return _more(stage.equipment.plant, "facility_supply_degC", p.by_K)


class FacilityGone(Parameters, frozen=True):
    left: Probability = 0.0
    """Fraction of the flow that the building still gives."""


def facility_gone(stage: Stage, target: str, p: FacilityGone) -> Undo:
    return stage.standing.set(stage.equipment.plant, "facility_available", p.left)


class FacilityValveClosed(Parameters, frozen=True):
    left: Probability = 0.0
    """Part of the flow that it still lets through."""


def facility_valve_closed(stage: Stage, target: str, p: FacilityValveClosed) -> Undo:
    return stage.standing.set(stage.equipment.plant.skids[target], "facility_open", p.left)


class RoomHumid(Parameters, frozen=True):
    dew_point_degC: Annotated[float, Meta(ge=0, le=45)] = 36.0


def room_humid(stage: Stage, target: str, p: RoomHumid) -> Undo:
    return stage.standing.set(stage.equipment.plant.room, "dew_point_degC", p.dew_point_degC)


# Sensors.


def rope(ohm: int) -> Callable[[Stage, str, Parameters], Undo]:
    def begin(stage: Stage, target: str, p: Parameters) -> Undo:
        owner, number = split(target)
        ropes, place = stage.equipment.wiring(owner).rope_ohm, int(number or 1) - 1

        def put(ohm: int | None) -> None:
            ropes[place] = ohm

        return stage.standing.hold((owner, "rope", place), put, ohm, ropes[place])

    return begin


rope_wet, rope_cut, rope_shorted = rope(WET_ohm), rope(CUT_ohm), rope(SHORTED_ohm)


def _transmitter(stage: Stage, target: str) -> Transmitter:
    skid, sensor = split(target)
    return stage.equipment.skids[skid].transmitters[sensor]


def sensor_fault(kind: str) -> Callable[[Stage, str, Parameters], Undo]:
    def begin(stage: Stage, target: str, p: Parameters) -> Undo:
        return stage.standing.set(_transmitter(stage, target), "fault", kind)

    return begin


class SensorOffset(Parameters, frozen=True):
    by: Annotated[float, Meta(ge=-1000, le=1000)]
    """In the sensor's unit."""


def sensor_offset(stage: Stage, target: str, p: SensorOffset) -> Undo:
    return _more(_transmitter(stage, target), "offset", p.by)


class SensorDrift(Parameters, frozen=True):
    per_s: Annotated[float, Meta(ge=-100, le=100)]
    """In the sensor's unit; undone, the sensor is exchanged for a true one."""


def sensor_drift(stage: Stage, target: str, p: SensorDrift) -> Undo:
    transmitter = _transmitter(stage, target)
    end = stage.standing.set(transmitter, "drift_per_s", p.per_s)

    def undo() -> None:
        end()
        transmitter.drifted = 0.0

    return undo


class SensorNoise(Parameters, frozen=True):
    percent: Annotated[float, Meta(gt=0, le=50)] = 1.0
    """Standard deviation, of span."""


def sensor_noise(stage: Stage, target: str, p: SensorNoise) -> Undo:
    return stage.standing.set(_transmitter(stage, target), "noise_percent", p.percent)


def sensors_swapped(stage: Stage, target: str, p: Parameters) -> Undo:
    skid, both = split(target)
    wiring, (one, other) = stage.equipment.skids[skid], split(both)
    wiring.swap(one, other)
    return lambda: wiring.swap(one, other)


# Power.


def feed_lost(stage: Stage, target: str, p: Parameters) -> Undo:
    electrical = stage.equipment.plant.electrical
    return stage.standing.hold(("feed", target), lambda lost: electrical.lose_feed(target, lost), True, False)


def _branch(stage: Stage, target: str) -> Branch:
    pdu, number = split(target)
    return stage.equipment.plant.electrical.pdus[pdu].branches[int(number) - 1]


class BranchOverload(Parameters, frozen=True):
    by_A: Annotated[float, Meta(gt=0, le=10_000)] = 63.0
    """Of each phase, by something else that was plugged into the circuit; thousands are a short circuit."""


def branch_overload(stage: Stage, target: str, p: BranchOverload) -> Undo:
    electrical, (pdu, number) = stage.equipment.plant.electrical, split(target)
    electrical.overload(pdu, int(number) - 1, p.by_A)
    return lambda: electrical.overload(pdu, int(number) - 1, -p.by_A)


def breaker_place(target: str) -> tuple[str, int | None]:
    """How Electrical.breaker is asked for it."""
    owner, branch = split(target)
    return owner, int(branch) - 1 if branch else None


def breaker_open(stage: Stage, target: str, p: Parameters) -> Undo:
    electrical, place = stage.equipment.plant.electrical, breaker_place(target)
    return stage.standing.hold(("breaker", *place), lambda opened: electrical.open_breaker(*place, opened), True, False)


def contactor(attribute: str) -> Callable[[Stage, str, Parameters], Undo]:
    def begin(stage: Stage, target: str, p: Parameters) -> Undo:
        return stage.standing.set(_branch(stage, target).contactor, attribute, True)

    return begin


class PhaseLost(Parameters, frozen=True):
    phase: Annotated[int, Meta(ge=1, le=3)] = 1


def phase_lost(stage: Stage, target: str, p: PhaseLost) -> Undo:
    return stage.standing.hold((target, "phase"), stage.equipment.pdus[target].lose_phase, p.phase - 1, None)


class OnePhase(Parameters, frozen=True):
    phase: Annotated[int, Meta(ge=1, le=3)] = 1


def transformer_reversed(stage: Stage, target: str, p: OnePhase) -> Undo:
    pdu, number = split(target)
    wiring, place = stage.equipment.pdus[pdu], (int(number) - 1, p.phase - 1)
    return stage.standing.hold((pdu, "reversed", *place), lambda way: wiring.reverse(*place, way), True, False)


class PhaseLoaded(OnePhase, frozen=True):
    by_A: Annotated[float, Meta(gt=0, le=100)] = 20.0


def phase_loaded(stage: Stage, target: str, p: PhaseLoaded) -> Undo:
    pdu, number = split(target)
    wiring, place = stage.equipment.pdus[pdu], (int(number) - 1, p.phase - 1)
    wiring.load_phase(*place, p.by_A)
    return lambda: wiring.load_phase(*place, -p.by_A)


def ground_fault(stage: Stage, target: str, p: Parameters) -> Undo:
    return stage.standing.hold((target, "ground"), stage.equipment.pdus[target].fault_ground, True, False)


def _more(part: object, number: str, by: float) -> Undo:
    """Add to a number of a part of the plant; several faults may, and each takes away its own."""
    setattr(part, number, getattr(part, number) + by)
    return lambda: setattr(part, number, getattr(part, number) - by)
