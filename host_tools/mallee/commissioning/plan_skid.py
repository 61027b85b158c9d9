"""Steps of a coolant pump skid: every sensor, pumps, valve; then its interlocks and alarms. Pure.

Pumps and valve are moved by the operation `service` (docs/control.md), so that interlocks act meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..device.dictionary import Dictionary
from .model import Limit, Step, Write
from .plan_skid_alarms import skid_alarm_steps

SENSORS: tuple[tuple[str, float, float, str], ...] = (
    *((f"supply_temperature_sensor.{number}", 5.0, 60.0, "degC") for number in (1, 2, 3)),
    ("return_temperature", 5.0, 70.0, "degC"),
    ("facility_supply_temperature", 2.0, 50.0, "degC"),
    ("facility_return_temperature", 2.0, 60.0, "degC"),
    ("differential_pressure", 0.0, 400.0, "kPa"),
    ("supply_pressure", 50.0, 600.0, "kPa"),
    ("return_pressure", 50.0, 400.0, "kPa"),
    ("filter_differential_pressure", 0.0, 60.0, "kPa"),
    ("flow", 0.0, 2000.0, "l/min"),
    ("facility_flow", 0.0, 2000.0, "l/min"),
    ("level", 20.0, 95.0, "%"),
    ("valve_position", 0.0, 100.0, "%"),
    ("ambient_temperature", -10.0, 50.0, "degC"),
    ("ambient_humidity", 5.0, 95.0, "%RH"),
)
"""What a filled loop has, standing or running."""
GAUGES = ("supply_temperature", "return_temperature", "supply_pressure", "return_pressure")
"""Beside which a pod has instruments of its own."""
PUMP_PERCENT, PUMP_BAND_PERCENT = 40.0, 4.0
VALVE_PERCENT, VALVE_BAND_PERCENT = (50.0, 80.0), 3.0
STROKE_s = 130.0
_SERVICE = Write("operation_setpoint", "service")
_RUNS = (Limit("operation", one_of=("run",)), Limit("state", one_of=("local",)))


def skid_steps(name: str, dictionary: Dictionary) -> Iterator[Step]:
    for point, low, high, unit in SENSORS:
        if point in dictionary.by_name:
            yield Step(
                id=f"{name}/sensor/{point}",
                device=name,
                kind="measure",
                title=f"{point} is plausible",
                expect=(Limit(point, low, high, unit=unit),),
            )
    yield Step(
        id=f"{name}/gauges",
        device=name,
        kind="eyes",
        title="gauges and thermometers at the skid show what it measures",
        expect=tuple(Limit(point) for point in GAUGES),
        question=f"Do the gauges and thermometers at {name} show these, within what they can show?",
    )
    for pump in (1, 2):
        yield _pump(name, pump)
    for percent in VALVE_PERCENT:
        yield _valve(name, percent)
    yield from skid_alarm_steps(name, dictionary)


def _pump(name: str, pump: int) -> Step:
    other = 3 - pump
    return Step(
        id=f"{name}/pump-{pump}",
        device=name,
        kind="move",
        title=f"pump {pump} alone turns at {PUMP_PERCENT:g} %, its feedback says so, and coolant flows; pump {other} stands",
        do=(Write(f"service_speed.{pump}", PUMP_PERCENT), Write(f"service_speed.{other}", 0.0), _SERVICE),
        expect=(
            Limit(f"pump_speed.{pump}", PUMP_PERCENT - PUMP_BAND_PERCENT, PUMP_PERCENT + PUMP_BAND_PERCENT, unit="%"),
            Limit(f"pump_speed.{other}", high=5.0, unit="%"),
            Limit(f"pump_state.{pump}", one_of=("running",)),
            Limit(f"pump_state.{other}", one_of=("stopped",)),
            Limit("differential_pressure", low=5.0, unit="kPa"),
        ),
        settle_s=20.0,
        back=_RUNS,
        back_s=20.0,
        consequence=f"pump {other} of {name} stops and pump {pump} slows down: less coolant for up to half a minute",
    )


def _valve(name: str, percent: float) -> Step:
    return Step(
        id=f"{name}/valve-{percent:g}",
        device=name,
        kind="move",
        title=f"the primary valve goes to {percent:g} %, and its feedback follows",
        do=(Write("service_valve", percent), _SERVICE),
        expect=(Limit("valve_position", percent - VALVE_BAND_PERCENT, percent + VALVE_BAND_PERCENT, unit="%"),),
        settle_s=STROKE_s,
        back=_RUNS,
        back_s=20.0,
        consequence=f"the primary valve of {name} moves: its supply temperature is not controlled for up to two minutes",
    )
