"""The plant against a reference simulation of a 6.336 MW coolant distribution unit at 60 and 100 % load.

Everything is computed from the reference's design: 42/47 °C with PG25, facility water 36 °C with 5 K, hence 6 K on both ends of
the exchanger and UA = Q / 6 K (equal capacity rates: the logarithmic mean is that difference); rack pressure drop 60 kPa at
design flow, held at 50 kPa; valve R = 50, its pressure drop that of the exchanger (authority ½), stroke 120 s. Pump power is
not a result: it is the reference's. Control is the firmware's Pi with the reference's k and Ti for the valve. The reference
lists no volumes; those here are one second of design flow, and steady points do not depend on them.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, NamedTuple

from mallee.pod import config as pod
from mallee.pod.parameters import (
    CoolantParameters,
    ElectricalParameters,
    ExchangerParameters,
    FacilityParameters,
    PlantParameters,
    PumpParameters,
    RackParameters,
)
from mallee.resources import firmware_dir
from mallee.sim.plant.fluid import fluid
from mallee.sim.plant.plant import Plant
from mallee.sim.plant.settle import settle

from .reference import rows

DESIGN_W, SUPPLY_DEGC, FACILITY_DEGC = 6_336_000.0, 42.0, 36.0
RISE_K, APPROACH_K = 5.0, 6.0
DESIGN_KPA, HELD_KPA = 60.0, 50.0
_MIXTURE = "INCOMP::MPG-25%"
_DT_S, _CONTROL_EVERY = 0.2, 5
_PRESSURE_GAIN = 0.2
"""Of the set-point. Δp goes with speed squared, 2.5 times its own set-point over the whole speed: k = 1 of the reference's
continuous controller would swing when sampled once a second. A steady pressure does not depend on it."""


class Point(NamedTuple):
    load: float
    valve: float
    supply_degC: float
    return_degC: float
    facility_out_degC: float


class Result(NamedTuple):
    reference: list[Point]
    simulated: list[Point]
    time_s: list[float]
    supply_degC: list[float]
    valve: list[float]


def _pi() -> Any:
    """Class Pi of the firmware, which imports only MicroPython's decorators."""
    added = str(Path(__file__).resolve().parents[1] / "firmware" / "cpython" / "micropython.py")
    spec = importlib.util.spec_from_file_location("micropython", added)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pid = importlib.util.spec_from_file_location("firmware_pid", firmware_dir() / "core" / "pid.py")
    assert pid and pid.loader
    loaded = importlib.util.module_from_spec(pid)
    before = sys.modules.get("micropython")
    sys.modules["micropython"] = module
    try:
        pid.loader.exec_module(loaded)
    finally:
        if before is None:
            del sys.modules["micropython"]
        else:
            sys.modules["micropython"] = before
    return loaded.Pi


def _config(ua_kW_K: float, power_kW: tuple[float, ...]) -> pod.PodConfig:
    coolant = fluid(_MIXTURE)
    density = coolant.density_kg_m3(37.0)
    secondary_kg_s = DESIGN_W / RISE_K / coolant.heat_capacity_J_kgK(SUPPLY_DEGC + RISE_K / 2)
    facility_kg_s = DESIGN_W / RISE_K / fluid("Water").heat_capacity_J_kgK(FACILITY_DEGC + RISE_K / 2)
    second_l = secondary_kg_s / density * 1000.0
    racks = ("rack-1", "rack-2")
    plant = PlantParameters(
        coolant=CoolantParameters(mixture=_MIXTURE, supply_volume_l=second_l, return_volume_l=second_l),
        pumps=PumpParameters(rated_flow_kg_s=secondary_kg_s, power_kW=power_kW),
        exchanger=ExchangerParameters(
            ua_kW_K=ua_kW_K,
            secondary_flow_kg_s=secondary_kg_s,
            facility_flow_kg_s=facility_kg_s,
            secondary_volume_l=second_l,
            facility_volume_l=second_l,
            valve_rangeability=50.0,
            valve_authority=0.5,
            valve_stroke_s=120.0,
        ),
        racks=RackParameters(flow_l_min=second_l * 60_000.0 / DESIGN_W, differential_pressure_kPa=DESIGN_KPA),
        facility=FacilityParameters(supply_temperature_degC=FACILITY_DEGC),
        electrical=ElectricalParameters(shelf_kW=DESIGN_W / 1000.0, branch_A=10_000.0),
    )
    rack_kW = DESIGN_W / 2000.0
    return pod.PodConfig(
        pod=pod.PodSection("CDU"),
        feeds=(pod.Feed("A", 10_000.0),),
        pdus=(pod.Pdu("pdu", "", feed="A", main_A=10_000.0, racks=racks),),
        skids=(pod.Skid("skid", ""),),
        racks=tuple(pod.Rack(name, rack_kW, rack_kW) for name in racks),
        plant=plant,
    )


def _plant(ua_kW_K: float, pump_W: float) -> Plant:
    """The reference's plant; the default power curve is scaled to its `pump_W`."""
    curve_kW = PumpParameters().power_kW
    plant = Plant(_config(ua_kW_K, curve_kW))
    settle(plant, [0.5 * DESIGN_W / 2] * 2, SUPPLY_DEGC, HELD_KPA)
    scale = pump_W / plant.skids["skid"].pump_W
    return Plant(_config(ua_kW_K, tuple(scale * power for power in curve_kW)))


def run(ua_kW_K: float = DESIGN_W / APPROACH_K / 1000.0) -> Result:
    """An hour at 60 %, from a start at 50 %, then half an hour at 100 %. Raises NoReference."""
    data = [{key: float(value or "nan") for key, value in row.items()} for row in rows("cdu/reference.csv")]
    reference = [
        Point(
            r["load_fraction"], r["valve_position"], r["supply_K"] - 273.15, r["return_K"] - 273.15,
            r["facility_out_K"] - 273.15,
        )
        for r in data
    ]  # fmt: skip
    plant = _plant(ua_kW_K, data[0]["pump_W"])
    settle(plant, [0.5 * DESIGN_W / 2] * 2, SUPPLY_DEGC, HELD_KPA)
    skid = plant.skids["skid"]
    make = _pi()
    temperature, pressure = make(0.0, 1.0), make(0.0, 1.0)
    temperature.gain, temperature.integral_time_s = 1.0 / 10.0, 120.0
    pressure.gain, pressure.integral_time_s = _PRESSURE_GAIN / HELD_KPA, 120.0
    temperature.track(skid.valve.position, 0.0)
    pressure.track(skid.pumps[0].speed_percent / 100.0, 0.0)
    simulated: list[Point] = []
    time_s: list[float] = []
    supply_degC: list[float] = []
    valve: list[float] = []
    for point, duration_s in zip(reference, (3600, 1800), strict=True):
        demand_W = [point.load * DESIGN_W / 2] * 2
        for i in range(round(duration_s / _DT_S)):
            if i % _CONTROL_EVERY == 0:
                every_s = _CONTROL_EVERY * _DT_S
                skid.valve.command = temperature.step(plant.supply_degC - SUPPLY_DEGC, every_s)
                speed = pressure.step(HELD_KPA - plant.differential_pressure_kPa, every_s)
                for pump in skid.pumps:
                    pump.command_percent = 100.0 * speed
                time_s.append((time_s[-1] + every_s) if time_s else 0.0)
                supply_degC.append(plant.supply_degC)
                valve.append(skid.valve.position)
            plant.step(_DT_S, demand_W)
        simulated.append(
            Point(point.load, skid.valve.position, plant.supply_degC, plant.return_degC, skid.facility_return_degC)
        )
    return Result(reference, simulated, time_s, supply_degC, valve)
