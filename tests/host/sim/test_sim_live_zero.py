"""Drives whose inputs have a live zero: firmware, virtual board and plant read the same equipment data."""

from __future__ import annotations

import pytest
from mallee.deploy import board as boards
from mallee.sim import podworld
from mallee.sim.loads import Constant
from mallee.sim.world import World

from .pods import default_pod
from .worlds import needs_micropython

pytest.importorskip("CoolProp")

LIVE = "\nPUMP_DRIVE = (0.2, 1.0)\nVALVE_DRIVE = (0.1, 0.9)\n"
LIVE_DATA = {**boards.equipment("pump"), "PUMP_DRIVE": (0.2, 1.0), "VALVE_DRIVE": (0.1, 0.9)}


@pytest.fixture
def live_zeros(monkeypatch):
    monkeypatch.setattr(podworld, "equipment", lambda profile: LIVE_DATA)


@pytest.mark.parametrize(
    ("part", "pump_percent", "valve"),
    [(0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.2, 0.0, 0.125), (0.5, 37.5, 0.5), (0.9, 87.5, 1.0), (1.0, 100.0, 1.0)],
)
def test_a_duty_means_what_the_equipment_says(live_zeros, part, pump_percent, valve):
    wiring = podworld.PodEquipment(default_pod(), Constant()).skids["skid-1"]
    duty = round(65535 * part)
    wiring.outputs((duty, duty, duty, 1))
    assert [pump.command_percent for pump in wiring.skid.pumps] == pytest.approx([pump_percent] * 2, abs=0.01)
    assert wiring.skid.valve.command == pytest.approx(valve, abs=1e-4)


def speeds_and_valves(prepare=lambda world: None) -> list[float]:
    with World.from_pod(default_pod()) as world:
        prepare(world)
        world.run_for(6)
        assert isinstance(world.equipment, podworld.PodEquipment)
        skids = world.equipment.plant.skids.values()
        return [pump.speed_percent for skid in skids for pump in skid.pumps] + [100 * s.valve.position for s in skids]


@needs_micropython
def test_a_pod_with_live_zeros_runs_as_one_without(monkeypatch):
    plain = speeds_and_valves()

    def other(world: World) -> None:
        text = boards.equipment_path("pump").read_text(encoding="utf-8") + LIVE
        for name in ("skid-1", "skid-2"):  # a controller's own flash comes before what all of them have
            (world.controllers.by_name[name].flash / "equipment.py").write_text(text, encoding="utf-8")

    monkeypatch.setattr(podworld, "equipment", lambda profile: LIVE_DATA)
    assert speeds_and_valves(other) == pytest.approx(plain, abs=0.3) and plain[0] > 20
