"""A virtual day of the plant alone, with everything in it that moves energy or coolant."""

from __future__ import annotations

import tomllib

import msgspec
from mallee.pod.config import PodConfig
from mallee.resources import examples_dir
from mallee.sim.plant.plant import Plant
from mallee.sim.plant.settle import settle
from mallee.sim.trainingload import Training

DAY_S = 86_400
STEP_S = 0.1
"""Ten times what a world steps with: what the balance misses grows with the step, so a world misses less."""
CHANGE_S = 1800


def errors(duration_s: int = DAY_S, change_s: int = CHANGE_S) -> tuple[float, float]:
    """(energy not accounted for over energy in; coolant that skids gave and racks did not take over coolant given).

    Each `change_s` pumps, valves, facility water or a rack's hoses change; the racks train all the time.
    """
    config = msgspec.convert(tomllib.loads((examples_dir() / "pod.toml").read_text(encoding="utf-8")), PodConfig)
    plant, load = Plant(config), Training(0.8, 1)
    rated_W = [rack.power_kW * 1000.0 for rack in config.racks]
    settle(plant, rated_W, config.control.supply_temperature_degC, config.control.differential_pressure_kPa)
    exponent = 1.0 / plant.parameters.racks.flow_exponent
    given_kg = missing_kg = 0.0
    for step in range(round(duration_s / STEP_S)):
        time_s = step * STEP_S
        if step % round(change_s / STEP_S) == 0:
            _change(plant, step // round(change_s / STEP_S))
        plant.step(STEP_S, [p * f for p, f in zip(rated_W, load.fractions(time_s, len(rated_W)), strict=True)])
        given = sum(skid.flow_kg_s for skid in plant.skids.values())
        taken = sum(plant.manifold.conductances) * plant.differential_pressure_kPa**exponent
        given_kg += given * STEP_S
        missing_kg += abs(given - taken) * STEP_S
    return abs(plant.energy_error()), missing_kg / given_kg


def _change(plant: Plant, part: int) -> None:
    """Each of these goes round in its own number of parts."""
    first, second = plant.skids.values()
    first.pumps[0].command_percent = (54.0, 80.0, 0.0, 30.0)[part % 4]
    second.pumps[1].stopped = part % 7 == 3
    first.valve.command = (0.66, 1.0, 0.3)[part % 3]
    second.valve.command = (0.6, 0.8)[part % 2]
    plant.facility_supply_degC = (32.0, 28.0, 20.0, 34.0, 25.0)[part % 5]
    plant.facility_available = 0.5 if part % 11 == 5 else 1.0
    plant.restrict(0, 0.4 if part % 6 == 2 else 0.0)
    plant.electrical.lose_feed("B", part % 9 == 4)
