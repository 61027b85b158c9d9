"""The plant by itself: its steady states, its balances, its parts against hand calculations."""

from __future__ import annotations

import itertools
import math

import pytest
from mallee.pod.parameters import ExchangerParameters, PumpParameters, RackParameters
from mallee.sim.plant.exchanger import Valve, effectiveness
from mallee.sim.plant.fluid import fluid
from mallee.sim.plant.plant import Plant
from mallee.sim.plant.properties import KNOWN, coolprop_points
from mallee.sim.plant.pump import Pump, PumpCurve
from mallee.sim.plant.rack import ColdPlate
from mallee.sim.plant.settle import CannotSettle, settle

from .pods import default_pod

pytest.importorskip("CoolProp")
FULL_W = [120_000.0] * 8


@pytest.fixture
def plant() -> Plant:
    return Plant(default_pod())


def run(plant: Plant, seconds: float, demand_W: list[float] | None = None) -> None:
    for _ in range(round(seconds * 100)):
        plant.step(0.01, demand_W or FULL_W)


def test_default_pod_rests_at_its_set_points(plant: Plant):
    settle(plant, FULL_W, 37.0, 200.0)
    run(plant, 60)
    assert plant.supply_degC == pytest.approx(37.0, abs=0.001)
    assert plant.differential_pressure_kPa == pytest.approx(200.0, abs=0.01)
    # 832 devices at 1.5 l/min; Q = m c ΔT.
    assert plant.l_min(plant.manifold.flow_kg_s) == pytest.approx(8 * 104 * 1.5, rel=1e-3)
    heat_W = sum(rack.heat_W for rack in plant.racks)
    c = plant.coolant.heat_capacity_J_kgK(42.0)
    assert plant.return_degC - plant.supply_degC == pytest.approx(heat_W / (plant.manifold.flow_kg_s * c), rel=1e-3)
    # 1 kW through the cold plate at 1.5 l/min: between 20.4 and 24.5 mK/W.
    assert 37 + 20.4 < plant.racks[0].case_degC < 37 + 24.5
    lost_W = plant.supply_pipe.settled_loss_W + plant.return_pipe.settled_loss_W
    for skid in plant.skids.values():
        assert skid.heat_W == pytest.approx((heat_W - lost_W) / 2 + skid.pump_W, rel=1e-4)
        water_W = skid.facility_flow_kg_s * 4179 * (skid.facility_return_degC - 32)
        assert water_W == pytest.approx(skid.heat_W, rel=2e-3)


def test_one_skid_alone_carries_the_pod(plant: Plant):
    settle(plant, FULL_W, 37.0, 200.0, ["skid-1"])
    run(plant, 60)
    assert plant.supply_degC == pytest.approx(37.0, abs=0.001)
    one, other = plant.skids.values()
    assert 85 < one.pumps[0].speed_percent < 100 and one.valve.position < 1.0
    assert other.flow_kg_s == 0.0 and other.heat_W == 0.0  # its check valves hold


def test_set_points_out_of_reach_say_why(plant: Plant):
    with pytest.raises(CannotSettle, match="full speed"):
        settle(plant, FULL_W, 37.0, 900.0)
    with pytest.raises(CannotSettle, match="valve open"):
        settle(plant, FULL_W, 31.9, 200.0)


def test_energy_balance_over_an_hour_with_steps(plant: Plant):
    settle(plant, FULL_W, 37.0, 200.0)
    skid = plant.skids["skid-1"]
    for part in range(8):
        skid.pumps[0].command_percent = (54.0, 80.0, 0.0, 30.0)[part % 4]
        skid.valve.command = (0.66, 1.0, 0.3)[part % 3]
        plant.facility_supply_degC = (32.0, 20.0)[part % 2]
        for _ in range(20_000):
            plant.step(0.02, FULL_W if part % 2 else [30_000.0 * (i % 4) for i in range(8)])
    assert abs(plant.energy_error()) < 0.001
    assert plant.balance.ambient_J > 1e5
    assert plant.balance.rack_J > 1e9


def test_racks_notice_a_colder_supply_after_the_pipe_s_delay(plant: Plant):
    settle(plant, FULL_W, 37.0, 200.0)
    before_degC = plant.supply_degC
    delay_s = plant.supply_pipe.mass_kg / plant.manifold.flow_kg_s
    assert 7.0 < delay_s < 7.5  # 150 l at 1248 l/min
    for skid in plant.skids.values():
        skid.supply_degC = 32.0
    run(plant, 0.95 * delay_s)
    assert plant.supply_degC == pytest.approx(before_degC, abs=0.01)
    run(plant, 0.15 * delay_s)
    assert plant.supply_degC < before_degC - 1.0


def test_without_flow_devices_heat_by_their_own_mass(plant: Plant):
    """2.5 K/s: 1 kW into 400 J/K (simulation.md)."""
    settle(plant, FULL_W, 37.0, 200.0)
    for skid in plant.skids.values():
        for pump in skid.pumps:
            pump.stopped = True
    run(plant, 4)
    before = plant.racks[0].case_degC
    run(plant, 2)
    assert plant.manifold.flow_kg_s == 0.0 and plant.differential_pressure_kPa == 0.0
    assert (plant.racks[0].case_degC - before) / 2 == pytest.approx(2.5, rel=0.01)


def test_hot_devices_throttle_after_ten_to_fifteen_seconds_without_flow(plant: Plant):
    """From the operating point (59 °C); from 40 °C it is 45 K at 2.5 K/s: 18 s."""
    settle(plant, FULL_W, 37.0, 200.0)
    rack = plant.racks[0]
    assert rack.throttle == 1.0
    for skid in plant.skids.values():
        for pump in skid.pumps:
            pump.speed_percent = pump.command_percent = 0.0
    times_s: list[float] = []
    for start_degC in (rack.case_degC, 40.0):
        for each in plant.racks:
            each.case_degC = start_degC
        seconds = 0.0
        while rack.throttle == 1.0 and seconds < 60:
            run(plant, 0.1)
            seconds += 0.1
        times_s.append(seconds)
    assert 10 <= times_s[0] <= 15
    assert times_s[1] == pytest.approx(18.0, abs=0.2)
    run(plant, 5)
    assert rack.case_degC > 86 and plant.electrical.supplied_W[0] < 0.9 * FULL_W[0]
    run(plant, 60)
    assert plant.electrical.supplied_W[0] == pytest.approx(0.13 * FULL_W[0], rel=1e-6)


def test_throttling_settles_where_the_heat_can_leave(plant: Plant):
    settle(plant, FULL_W, 37.0, 200.0)
    plant.restrict(0, 0.9)
    run(plant, 120)
    rack = plant.racks[0]
    assert 85 < rack.case_degC < 90 and 0.2 < rack.throttle < 0.9
    before = rack.case_degC
    run(plant, 10)
    assert rack.case_degC == pytest.approx(before, abs=0.05)
    assert plant.electrical.supplied_W[1] == pytest.approx(FULL_W[1])  # the neighbours do not notice
    plant.restrict(0, 0.0)
    run(plant, 60)
    assert rack.throttle == 1.0 and plant.electrical.supplied_W[0] == pytest.approx(FULL_W[0])


def test_a_pump_that_stops_closes_its_check_valve(plant: Plant):
    settle(plant, FULL_W, 37.0, 200.0)
    skid = plant.skids["skid-1"]
    skid.pumps[0].stopped = True
    run(plant, 2)
    other = plant.skids["skid-2"]
    assert skid.pumps[0].speed_percent == 0.0
    assert plant.differential_pressure_kPa > 100
    assert skid.flow_kg_s == pytest.approx(other.flow_kg_s / 2, rel=1e-6)  # half of the flow at the same head


def test_pump_curve_goes_through_its_points_and_scales():
    parameters = PumpParameters()
    curve = PumpCurve(parameters)
    for x, head in zip(parameters.head_flow, parameters.head_kPa, strict=True):
        assert curve.head_kPa(x) == pytest.approx(head)
        assert 2 * curve.flow_kg_s(head, 1.0) == pytest.approx(20.6 * x, abs=0.02)
    # Affinity: at half speed half the flow against a quarter of the head.
    assert curve.flow_kg_s(1269 / 4, 0.5) == pytest.approx(curve.flow_kg_s(1269, 1.0) / 2, rel=1e-6)
    assert curve.flow_kg_s(2000, 1.0) == 0.0 and curve.flow_kg_s(100, 0.0) == 0.0
    # and an eighth of the power.
    assert 2 * curve.power_W(10.3 * 0.75, 1.0) == pytest.approx(48_500)
    assert 2 * curve.power_W(10.3 * 0.375, 0.5) == pytest.approx(48_500 / 8)
    assert curve.power_W(0.0, 0.0) == 0.0
    heads = [curve.head_kPa(i / 100) for i in range(121)]
    assert all(b < a for a, b in itertools.pairwise(heads))


def test_drive_takes_three_seconds_and_has_a_minimum():
    pump = Pump(PumpParameters())
    pump.command_percent = 100.0
    for _ in range(150):
        pump.step(0.01)
    assert pump.speed_percent == pytest.approx(50.0)
    pump.command_percent = 5.0
    for _ in range(300):
        pump.step(0.01)
    assert pump.speed_percent == 15.0


def test_effectiveness_against_closed_forms():
    # VDI Heat Atlas C1: counterflow with equal capacity rates is NTU / (1 + NTU); with one infinite, 1 - exp(-NTU).
    assert effectiveness(3.8, 1.0) == pytest.approx(3.8 / 4.8)
    assert effectiveness(3.8, 0.0) == pytest.approx(1 - math.exp(-3.8))
    assert effectiveness(3.8, 0.95) == pytest.approx(0.80, abs=0.01)  # the default CDU: ε 0.80 at NTU 3.8


def test_valve_is_equal_percentage_with_authority():
    valve = Valve(ExchangerParameters())
    flows = []
    for position in (0.0, 0.001, 0.05, 0.25, 0.5, 0.75, 1.0):
        valve.position = position
        flows.append(valve.flow_kg_s())
    assert flows[0] == 0.0 and flows[-1] == pytest.approx(20.6)
    assert all(b > a for a, b in itertools.pairwise(flows))
    inherent = 50 ** (0.5 - 1)
    assert flows[4] == pytest.approx(20.6 / math.sqrt(0.5 + 0.5 / inherent**2))


def test_cold_plate_table():
    plate = ColdPlate(RackParameters())
    for flow, resistance in ((0.4, 0.0389), (1.0, 0.0245), (2.0, 0.0204), (2.4, 0.0197)):
        assert 1 / plate.conductance_W_K(flow) == pytest.approx(resistance)
    assert plate.conductance_W_K(0.0) == 0.0


def test_fluid_polynomials_follow_coolprop():
    from CoolProp.CoolProp import PropsSI

    pg25 = fluid("INCOMP::MPG-25%")
    for t in range(10, 66, 5):
        assert pg25.density_kg_m3(t) == pytest.approx(
            PropsSI("D", "T", t + 273.15, "P", 3e5, "INCOMP::MPG-25%"), rel=5e-4
        )
        assert pg25.heat_capacity_J_kgK(t) == pytest.approx(
            PropsSI("C", "T", t + 273.15, "P", 3e5, "INCOMP::MPG-25%"), rel=5e-4
        )


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_kept_of_fluids_is_what_coolprop_says(name):
    for what, kept in KNOWN[name].items():
        assert kept == pytest.approx(coolprop_points(what, name), rel=1e-6)


def test_other_fluids_are_asked_of_coolprop():
    assert fluid("INCOMP::MPG-30%").density_kg_m3(37.0) > fluid("INCOMP::MPG-25%").density_kg_m3(37.0)


def test_shelves_share_and_hand_over(plant: Plant):
    power = plant.electrical
    # 33 kW draw 46.9 A (simulation.md); 15 kW each with eight live shelves.
    assert power.pdus["pdu-a1"].branches[0].current_A == pytest.approx(46.9 * 15 / 33, rel=1e-3)
    power.lose_feed("A")
    assert power.pdus["pdu-b1"].branches[0].current_A == pytest.approx(46.9 * 30 / 33, rel=1e-3)
    assert power.feed_power_W("A") == 0.0
    # A further shelf lost: three carry 99 of 120 kW.
    power.coils("pdu-b1", 0, 1)
    for _ in range(3):
        power.step(10_000)
    assert power.supplied_W[0] == pytest.approx(99_000)
    assert power.supplied_W[1] == pytest.approx(120_000)


def test_a_bistable_contactor_needs_its_pulse(plant: Plant):
    power = plant.electrical
    contactor = power.pdus["pdu-a1"].branches[2].contactor
    power.coils("pdu-a1", 0, 0b100)
    power.step(10_000)
    power.coils("pdu-a1", 0, 0)
    power.step(10_000)
    assert contactor.closed  # 10 ms is too short
    power.coils("pdu-a1", 0, 0b100)
    power.step(10_000)
    power.step(10_000)
    power.coils("pdu-a1", 0, 0)
    power.step(1_000_000)
    assert not contactor.closed  # and it stays
    contactor.broken = True
    power.coils("pdu-a1", 0b100, 0)
    power.step(50_000)
    assert not contactor.closed
