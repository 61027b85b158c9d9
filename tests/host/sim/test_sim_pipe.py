"""The pipe: its delay, its balance, its film coefficient, and the measurements of the ULg test bench."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from mallee.pod.parameters import PipeParameters
from mallee.sim.plant.film import film_properties, film_W_m2K, nusselt
from mallee.sim.plant.fluid import fluid
from mallee.sim.plant.pipe import Pipe

from ...validation import pipe as bench
from ...validation.reference import NoReference

pytest.importorskip("CoolProp")
LENGTH_M = 11.0


def make(wall: bool = True, parcels: int = 50) -> Pipe:
    pipe = Pipe(PipeParameters(), LENGTH_M, fluid("Water"), film_properties("Water"), parcels, wall)
    pipe.fill(40.0, 40.0)
    return pipe


def measured(name: str, **options: bool) -> bench.Run:
    try:
        return bench.run(name, **options)
    except NoReference as missing:
        pytest.skip(str(missing))


def test_the_bench_of_liege_from_geometry_and_wall_alone():
    errors = [measured(name).rmse_K for name in bench.RUNS]
    assert max(errors) <= 0.9
    assert sum(errors) / len(errors) <= 0.5


@pytest.mark.parametrize("name", bench.RUNS)
def test_without_its_wall_the_pipe_is_three_times_worse(name: str):
    assert measured(name, wall=False).rmse_K > 3 * measured(name).rmse_K


def test_the_bench_s_linear_resistance_follows_from_its_geometry():
    pipe = Pipe(bench.BENCH, bench.LENGTH_M, fluid("Water"), film_properties("Water"))
    assert pipe.resistance_mK_W == pytest.approx(2.164, rel=1e-3)  # van der Heijde et al. 2017


@pytest.mark.parametrize("flow_kg_s", [0.5, 3.0, 20.0, 600.0])
def test_delay_is_volume_over_flow(flow_kg_s: float):
    pipe = make(wall=False)
    delay_s = pipe.mass_kg / flow_kg_s
    dt_s = delay_s / 997
    for _ in range(980):
        assert pipe.step(dt_s, flow_kg_s, 50.0, 20.0) == pytest.approx(40.0)
    for _ in range(40):
        pipe.step(dt_s, flow_kg_s, 50.0, 20.0)
    assert pipe.outlet_degC == pytest.approx(50.0)


def test_delay_follows_a_flow_that_changes_and_stands_still():
    pipe = make(wall=False)
    entered_kg = 0.0
    for i in range(100_000):
        flow_kg_s = (10.0, 0.0, 2.0)[i // 500 % 3]
        pipe.step(0.01, flow_kg_s, 50.0, 20.0)
        entered_kg += flow_kg_s * 0.01
        if pipe.outlet_degC > 45.0:
            break
    assert entered_kg == pytest.approx(pipe.mass_kg, rel=1.5 / 50)


def test_what_enters_is_stored_leaves_or_is_lost():
    pipe = make()
    water = fluid("Water")
    before_J, in_J = pipe.stored_J(), 0.0
    for i in range(60_000):
        inlet_degC = 30.0 + 15.0 * (i // 3000 % 2)
        flow_kg_s = (20.0, 3.0, 0.0, 0.2)[i // 5000 % 4]
        outlet_degC = pipe.step(0.02, flow_kg_s, inlet_degC, 20.0)
        in_J += flow_kg_s * 0.02 * (water.enthalpy_J_kg(inlet_degC) - water.enthalpy_J_kg(outlet_degC))
    moved_J = pipe.mass_kg * 4180 * 15  # what one of the steps brings
    assert pipe.lost_J > 0.01 * moved_J
    assert pipe.stored_J() - before_J == pytest.approx(in_J - pipe.lost_J, abs=1e-3 * moved_J)


def test_at_rest_water_and_wall_cool_as_two_bodies():
    pipe = make()
    film_W_K = film_W_m2K(film_properties("Water"), 0.0, 39.0, 0.1297, LENGTH_M) * math.pi * 0.1297 * LENGTH_M
    loss_W_K = LENGTH_M / pipe.resistance_mK_W
    water_degC = wall_degC = 40.0
    for _ in range(2 * 3600):
        pipe.step(1.0, 0.0, 99.0, 20.0)
        inner_W, outer_W = film_W_K * (water_degC - wall_degC), loss_W_K * (wall_degC - 20.0)
        water_degC -= inner_W / (pipe.mass_kg * 4180)
        wall_degC += (inner_W - outer_W) / pipe.wall_J_K
    assert pipe.outlet_degC == pytest.approx(water_degC, abs=0.02)
    assert water_degC < 38.6


def test_flow_backwards_counts_as_none():
    pipe = make()
    assert pipe.step(0.01, -5.0, 99.0, 20.0) == pytest.approx(40.0)


def test_nusselt_against_other_people_s_formulas():
    # Laminar, far from the inlet: 3.66 (Graetz). Turbulent: Dittus-Boelter, 0.023 Re^0.8 Pr^0.4, good to 25 % (Incropera, 8.60).
    assert nusselt(10.0, 5.0, 1e-4) == pytest.approx(3.66, rel=0.01)
    for reynolds in (1.5e4, 5e4, 2e5):
        assert nusselt(reynolds, 4.0, 1e-4) == pytest.approx(0.023 * reynolds**0.8 * 4.0**0.4, rel=0.25)
    values = [nusselt(r, 5.0, 0.01) for r in (0.0, 500.0, 2300.0, 2300.1, 5000.0, 9999.9, 10_000.0, 2e4)]
    assert all(a <= b < 6 * a for a, b in pairwise(values))


def test_film_properties_follow_coolprop():
    from CoolProp.CoolProp import PropsSI

    for name in ("Water", "INCOMP::MPG-25%"):
        film = film_properties(name)
        for t in range(15, 61, 5):
            at = ("T", t + 273.15, "P", 3e5, name)
            assert film.viscosity_Pa_s(t) == pytest.approx(float(PropsSI("V", *at)), rel=0.02)
            assert film.conductivity_W_mK(t) == pytest.approx(float(PropsSI("L", *at)), rel=0.005)
