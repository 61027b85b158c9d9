"""What `make bench ONLY=sim` measures with: pods of many controllers, and a day of the plant, here a short one."""

from __future__ import annotations

import pytest

pytest.importorskip("CoolProp")

from mallee.pod.loader import parse_pod
from mallee.sim.plant.plant import Plant
from mallee.sim.plant.settle import settle

from ...bench import plantday
from ...bench.pods import GROUP, pod_text


@pytest.mark.parametrize("groups", [1, 8])
def test_a_pod_of_many_controllers_rests_where_the_default_one_does(groups):
    config = parse_pod(pod_text(groups), "many.toml")
    assert len(config.controllers) == GROUP * groups
    plant = Plant(config)
    settle(plant, [120_000.0] * len(config.racks), 37.0, 200.0)
    pump = next(iter(plant.skids.values())).pumps[0]
    assert plant.return_degC == pytest.approx(46.7, abs=0.3) and pump.speed_percent == pytest.approx(53.5, abs=1)
    assert plant.supply_pipe.mass_kg / plant.manifold.flow_kg_s == pytest.approx(7.2, abs=0.3), "its delay, in s"
    for _ in range(500):
        plant.step(0.01, [120_000.0] * len(config.racks))
    assert plant.supply_degC == pytest.approx(37.0, abs=0.1)
    assert all(feed.main.closed for feed in plant.electrical.feeds.values())


def test_the_day_is_one_in_which_things_happen():
    energy, mass = plantday.errors(720, 60)
    assert 0 < energy <= 1e-3 and 0 < mass <= 1e-3
