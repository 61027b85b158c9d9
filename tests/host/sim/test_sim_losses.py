"""Coolant that leaks out and air that comes in: level, suction pressure, head, and how it ends."""

from __future__ import annotations

import random
import statistics

import pytest

pytest.importorskip("CoolProp")

from mallee.pod.parameters import AirParameters
from mallee.sim.plant.air import Air
from mallee.sim.plant.plant import Plant
from mallee.sim.plant.settle import settle

from .pods import default_pod

FULL_W = [120_000.0] * 8


@pytest.fixture
def plant() -> Plant:
    plant = Plant(default_pod())
    settle(plant, FULL_W, 37.0, 200.0)
    return plant


def run(plant: Plant, seconds: float) -> None:
    for _ in range(round(seconds * 100)):
        plant.step(0.01, FULL_W)


def test_a_leak_shows_in_level_and_suction_pressure_and_slows_down(plant: Plant):
    assert plant.suction_kPa == pytest.approx(150.0)
    leak = plant.leak("skid-1", 1.0)
    run(plant, 1)
    assert plant.vessel.lost_l == pytest.approx(1.0, rel=0.01)  # at the pressure of normal operation
    run(plant, 29)
    lost_l = plant.vessel.lost_l
    assert 24.0 < lost_l < 29.0  # less and less: suction falls
    assert plant.vessel.level_percent == pytest.approx(60.0 - lost_l)
    # Boyle-Mariotte: 40 l of gas at 251 kPa absolute have more room now.
    assert plant.suction_kPa == pytest.approx(251.325 * 40 / (40 + lost_l) - 101.325)
    plant.leaks.remove(leak)
    run(plant, 1)
    assert plant.vessel.lost_l == lost_l


def test_a_hole_at_a_skid_has_more_pressure_before_it_than_one_at_a_rack(plant: Plant):
    at_skid, at_rack = plant.leak("skid-2", 0.5), plant.leak("rack-3", 0.5)
    assert [leak.l_s(150.0, 200.0) for leak in (at_skid, at_rack)] == pytest.approx([0.5, 0.5])
    # With the pumps stopped only suction is left.
    assert at_skid.l_s(150.0, 0.0) == pytest.approx(0.5 * (150 / 350) ** 0.5)
    assert at_rack.l_s(150.0, 0.0) == pytest.approx(0.5 * (150 / 250) ** 0.5)
    assert at_skid.l_s(0.0, 0.0) == 0.0


def test_a_loop_that_runs_empty_holds_no_pressure(plant: Plant):
    plant.vessel.lost_l = 61.0
    assert (plant.vessel.level_percent, plant.suction_kPa) == (0.0, 0.0)


def test_air_takes_head_makes_it_unsteady_and_is_vented(plant: Plant):
    before = plant.differential_pressure_kPa
    plant.air.enter(20.0, random.Random("1/air"))
    pressures: list[float] = []
    for _ in range(1000):
        plant.step(0.01, FULL_W)
        pressures.append(plant.differential_pressure_kPa)
    assert plant.vessel.level_percent > 70.0  # it pushes coolant into the vessel
    assert plant.suction_kPa > 200.0
    assert statistics.mean(pressures) < 0.95 * before
    assert statistics.pstdev(pressures) > 0.01 * before
    # dV/dt = -0.3 Q V / 380 l, with Q of about 18 l/s: 70 s.
    assert 16.0 < plant.air.gas_l < 18.5
    run(plant, 700)
    assert plant.air.gas_l == 0.0
    run(plant, 1)
    assert plant.vessel.level_percent == pytest.approx(60.0)
    assert plant.differential_pressure_kPa == pytest.approx(before, rel=1e-6)
    assert abs(plant.energy_error()) < 1e-3


def test_head_over_void_fraction_goes_through_the_given_points():
    parameters = AirParameters(swarm_fraction=0.0)
    air = Air(parameters, 100.0, 1)
    heads = []
    for void in (*parameters.void_fraction, 0.045, 0.3):
        air.gas_l = 100.0 * void
        heads.append(air.head(0))
    assert heads == pytest.approx([*parameters.head_fraction, 0.775, 0.1])


def test_swarms_have_their_deviation_and_come_from_the_seed():
    def swarms(seed: str) -> list[float]:
        air = Air(AirParameters(separated=0.0), 100.0, 1)
        air.enter(3.0, random.Random(seed))
        found: list[float] = []
        for _ in range(20_000):
            air.step(0.01, 10.0)
            found.append(air.swarm[0])
        return found

    assert swarms("1") == swarms("1") != swarms("2")
    assert statistics.pstdev(swarms("1")) == pytest.approx(1.0, abs=0.2)
