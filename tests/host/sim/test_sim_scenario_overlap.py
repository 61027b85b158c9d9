"""Faults of two scenarios in one run, which may be about the same part at the same time."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

pytest.importorskip("CoolProp")

from mallee.sim.loads import Constant
from mallee.sim.podworld import PodEquipment
from mallee.sim.scenario.faults import FAULTS
from mallee.sim.scenario.standing import Standing

from .pods import default_pod

SENSOR = "skid-1/supply_temperature_1"


def stage_of_a_pod() -> Any:
    equipment = PodEquipment(default_pod(), Constant())
    return SimpleNamespace(
        standing=Standing(), equipment=equipment, world=SimpleNamespace(power_cycle=lambda name: None)
    )


def begin(stage: Any, name: str, target: str, given: dict[str, Any]) -> Callable[[], None]:
    undo = FAULTS[name].begin(stage, target, msgspec.convert(given, FAULTS[name].parameters))
    assert undo is not None
    return undo


def transmitter(stage: Any) -> Any:
    return stage.equipment.skids["skid-1"].transmitters["supply_temperature_1"]


# Target, each fault with its parameters, and what is looked at.
MEET: list[tuple[str, tuple[str, dict[str, Any]], tuple[str, dict[str, Any]], Callable[[Any], object]]] = [
    ("skid-1", ("rope_wet", {}), ("rope_cut", {}), lambda s: s.equipment.inputs("skid-1")),
    ("skid-1/1", ("pump_stop", {}), ("pump_stop", {}), lambda s: s.equipment.plant.skids["skid-1"].pumps[0].stopped),
    ("", ("facility_gone", {"left": 0.5}), ("facility_gone", {}), lambda s: s.equipment.plant.facility_available),
    (
        "",
        ("room_humid", {"dew_point_degC": 30.0}),
        ("room_humid", {"dew_point_degC": 25.0}),
        lambda s: s.equipment.plant.room.dew_point_degC,
    ),
    (SENSOR, ("sensor_open", {}), ("sensor_short", {}), lambda s: transmitter(s).fault),
    (
        SENSOR,
        ("sensor_noise", {"percent": 1}),
        ("sensor_noise", {"percent": 2}),
        lambda s: transmitter(s).noise_percent,
    ),
    (SENSOR, ("sensor_drift", {"per_s": 1}), ("sensor_drift", {"per_s": -2}), lambda s: transmitter(s).drift_per_s),
    ("A", ("feed_lost", {}), ("feed_lost", {}), lambda s: s.equipment.plant.electrical.feeds["A"].on),
    ("pdu-a1", ("phase_lost", {"phase": 1}), ("phase_lost", {"phase": 2}), lambda s: s.equipment.inputs("pdu-a1")),
    (
        "pdu-a1",
        ("controller_fram_lost", {}),
        ("controller_converters_lost", {}),
        lambda s: s.equipment.wiring("pdu-a1").absent,
    ),
]


@pytest.mark.parametrize(
    ("target", "one", "other", "look"), MEET, ids=lambda each: each[0] if isinstance(each, tuple) else ""
)
@pytest.mark.parametrize("first_ends_first", [True, False])
def test_a_fault_that_ends_leaves_the_other_and_the_last_leaves_none(target, one, other, look, first_ends_first):
    def alone(fault: tuple[str, dict[str, Any]]) -> object:
        stage = stage_of_a_pod()
        begin(stage, fault[0], target, fault[1])
        return look(stage)

    stage = stage_of_a_pod()
    whole = look(stage)
    ends = [begin(stage, name, target, given) for name, given in (one, other)]
    if not first_ends_first:
        ends.reverse()
    ends[0]()
    assert look(stage) == alone(other if first_ends_first else one) != whole
    ends[1]()
    assert look(stage) == whole


def test_a_sensor_that_is_exchanged_because_it_drifts_lies_on_where_another_fault_says_so():
    stage = stage_of_a_pod()
    lies = begin(stage, "sensor_offset", SENSOR, {"by": -2.0})
    drifts = begin(stage, "sensor_drift", SENSOR, {"per_s": 0.5})
    stage.equipment.skids["skid-1"].drift(4.0)
    sensor = transmitter(stage)
    assert (sensor.offset, sensor.drifted) == (-2.0, 2.0)
    drifts()
    assert (sensor.offset, sensor.drifted, sensor.drift_per_s) == (-2.0, 0.0, 0.0)
    lies()
    assert sensor.offset == 0.0
