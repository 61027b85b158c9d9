"""Steps of a coolant pump skid: every sensor, pumps, valve, interlock, leak rope. Pure.

Pumps and valve are moved by the operation `service` (docs/control.md), so that interlocks act meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .model import Limit, Step, Write

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
PUMP_PERCENT, PUMP_BAND_PERCENT = 40.0, 4.0
VALVE_PERCENT, VALVE_BAND_PERCENT = (50.0, 80.0), 3.0
STROKE_s = 130.0
_STOP_kPa, _LIMIT_kPa = 220.0, 205.0
_SUCTION_kPa = 200.0
_SUPPLY_PRESSURE_STOP, _RETURN_PRESSURE_LOW = 17, 19  # codes of their alarms
_SERVICE = Write("operation_setpoint", "service")
_RUNS = (Limit("operation", one_of=("run",)), Limit("state", one_of=("local",)))


def skid_steps(name: str, has: Collection[str]) -> Iterator[Step]:
    for point, low, high, unit in SENSORS:
        if point in has:
            yield Step(
                id=f"{name}/sensor/{point}",
                device=name,
                kind="measure",
                title=f"{point} is plausible",
                expect=(Limit(point, low, high, unit=unit),),
            )
    for pump in (1, 2):
        yield _pump(name, pump)
    for percent in VALVE_PERCENT:
        yield _valve(name, percent)
    yield _suction(name)
    yield _pressure_stop(name)
    if "level_switch" in has:
        yield from _level_switch(name)
    if "leak_rope" in has:
        yield from _rope(name)


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


def _suction(name: str) -> Step:
    """As below. Half of the limit stays below the pressure there is, or the skid would stop after 10 s."""
    return Step(
        id=f"{name}/interlock/return-pressure",
        device=name,
        kind="move",
        title="the interlock of suction pressure gives its alarm, and the alarm goes again",
        do=(Write("return_pressure_low", _SUCTION_kPa),),
        expect=(Limit("first_out", _RETURN_PRESSURE_LOW, _RETURN_PRESSURE_LOW), Limit("state", one_of=("local",))),
        settle_s=8.0,
        back=(Limit("state", one_of=("local",)), Limit("alarm_count", high=0)),
        back_s=30.0,
        consequence=f"the pumps of {name} slow down for some seconds",
    )


def _pressure_stop(name: str) -> Step:
    """The limit is brought below the pressure there is: the interlock cannot tell that from a pressure that rises."""
    return Step(
        id=f"{name}/interlock/supply-pressure",
        device=name,
        kind="move",
        title="the interlock of supply pressure stops the skid, latched, and can be reset",
        do=(Write("supply_pressure_limit", _LIMIT_kPa), Write("supply_pressure_stop", _STOP_kPa)),
        expect=(
            Limit("state", one_of=("tripped",)),
            Limit("first_out", _SUPPLY_PRESSURE_STOP, _SUPPLY_PRESSURE_STOP),
            Limit("pump_state.1", one_of=("locked",)),
            Limit("pump_state.2", one_of=("locked",)),
        ),
        settle_s=10.0,
        after=(Write("reset_latch", _SUPPLY_PRESSURE_STOP),),
        back=(Limit("state", one_of=("local",)), Limit("alarm_count", high=0)),
        back_s=30.0,
        consequence=f"both pumps of {name} stop: the other skid must carry the pod, or the racks be without power",
    )


def _level_switch(name: str) -> Iterator[Step]:
    for state, what in (
        ("open", "Open the level switch (lift its float, or take off a wire)"),
        ("closed", "Close it again"),
    ):
        yield Step(
            id=f"{name}/level-switch-{state}",
            device=name,
            kind="hand",
            title=f"the level switch says {state}",
            expect=(Limit("level_switch", one_of=(state,)),),
            settle_s=30.0,
            question=f"{what} at {name}, then say yes. Skip it where the tank has none.",
        )


def _rope(name: str) -> Iterator[Step]:
    for state, what in (("wet", "Wet the leak rope"), ("dry", "Dry the leak rope")):
        yield Step(
            id=f"{name}/leak-rope-{state}",
            device=name,
            kind="hand",
            title=f"the leak rope says {state}",
            expect=(Limit("leak_rope", one_of=(state,)),),
            settle_s=30.0,
            question=f"{what} under {name}, then say yes.",
        )
