"""The default pod with real firmware and no host: it starts at rest and stays there; a dead controller harms nothing."""

from __future__ import annotations

import msgspec
import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.sim.podworld import PodEquipment
from mallee.sim.world import World

from .pods import default_pod
from .worlds import needs_micropython

pytest.importorskip("CoolProp")
pytestmark = needs_micropython


def plant_of(world: World):
    assert isinstance(world.equipment, PodEquipment)
    return world.equipment.plant


def test_a_coolant_that_is_none_is_refused():
    config = default_pod()
    coolant = msgspec.structs.replace(config.plant.coolant, mixture="INCOMP::BEER")
    plant = msgspec.structs.replace(config.plant, coolant=coolant)
    with pytest.raises(MalleeError, match="BEER") as caught:
        World.from_pod(msgspec.structs.replace(config, plant=plant))
    assert "MPG-25%" in caught.value.next


def test_default_pod_starts_at_rest_and_survives_a_dead_skid_controller():
    with World.from_pod(default_pod()) as world:
        plant = plant_of(world)
        world.run_for(5)
        speeds = [pump.speed_percent for skid in plant.skids.values() for pump in skid.pumps]
        world.kill("skid-1")
        world.run_for(1)
        # While it is dead its pumps turn on as they did.
        assert [pump.speed_percent for pump in plant.skids["skid-1"].pumps] == pytest.approx(speeds[:2], abs=0.5)
        world.run_for(5)
        assert world.controller("skid-1").restarts == 1 and world.controller("skid-1").board.running
        assert plant.supply_degC == pytest.approx(37.0, abs=0.1)
        assert plant.differential_pressure_kPa == pytest.approx(200.0, rel=0.03)
        assert all(pdu.closed_bits == 0xFF for pdu in plant.electrical.pdus.values())
        assert world.report is not None
        report = world.report()
        assert report.it_kWh == pytest.approx(960 * 11 / 3600, rel=1e-3)
        assert report.restarts["skid-1"] == 1 and sum(report.restarts.values()) == 1
        assert abs(report.energy_error) < 1e-3


def test_same_seed_same_pod():
    def run() -> str:
        with World.from_pod(default_pod(), seed=7, noise=0.05) as world:
            world.run_for(2)
            return world.log_hash

    assert run() == run()


def test_a_pod_that_cannot_settle():
    config = default_pod()
    warm = msgspec.structs.replace(
        config,
        plant=msgspec.structs.replace(
            config.plant, facility=msgspec.structs.replace(config.plant.facility, supply_temperature_degC=36.9)
        ),
    )
    with pytest.raises(MalleeError, match="no steady state") as caught:
        World.from_pod(warm)
    assert caught.value.code == ExitCode.USAGE
