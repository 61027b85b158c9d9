"""4-20 mA by NAMUR NE43: what is outside of 3.6 to 21 mA is a fault and no value, what is within 3.8 to 20.5 mA is a value."""

from __future__ import annotations

import asyncio

from ...system.bench import TRANSMITTERS
from ..figure import Figure
from .patched import Patch
from .single import Rig, run

POINTS = {
    "supply_1": "supply_temperature_sensor.1",
    "supply_2": "supply_temperature_sensor.2",
    "supply_3": "supply_temperature_sensor.3",
    "return": "return_temperature",
    "facility_supply": "facility_supply_temperature",
    "facility_return": "facility_return_temperature",
    "differential_pressure": "differential_pressure",
    "supply_pressure": "supply_pressure",
    "return_pressure": "return_pressure",
    "filter": "filter_differential_pressure",
    "flow": "flow",
    "facility_flow": "facility_flow",
    "level": "level",
    "valve_position": "valve_position",
    "speed_1": "pump_speed.1",
    "speed_2": "pump_speed.2",
    "ambient": "ambient_temperature",
    "humidity": "ambient_humidity",
}
FAULTS_mA, VALUES_mA = (3.5, 21.1), (3.85, 20.45)
BELIEVING = Patch(
    "drivers/current_loop.py",
    "    if not FAULT_LOW_uA <= current_uA <= FAULT_HIGH_uA:",
    "    if False:",
    "every current is a value",
)
STRICT = Patch("drivers/current_loop.py", "FAULT_LOW_uA = 3600", "FAULT_LOW_uA = 4000", "below 4 mA is a fault")


def wrong(milliamps: tuple[float, ...], fault: bool, *changes: Patch) -> float:
    """Of all transmitters at each of these currents: those that do not read as a fault (or, not as a value)."""

    async def session(rig: Rig) -> float:
        right, count = dict(rig.equipment.values), 0
        for name, (low, high) in TRANSMITTERS.items():
            for current in milliamps:
                rig.equipment.values[name] = low + (current - 4.0) / 16.0 * (high - low)
                await asyncio.sleep(0.5)
                count += ((await rig.value(POINTS[name])) is None) is not fault
            rig.equipment.values[name] = right[name]
            await asyncio.sleep(0.3)
        return float(count)

    return run("pump", session, *changes)


def measure() -> dict[str, Figure]:
    one = f"of {len(TRANSMITTERS)} transmitters at each of two currents; one skid's firmware on a virtual board"
    return {
        "fault_as_value": Figure(
            wrong(FAULTS_mA, True),
            f"3.5 and 21.1 mA that read as a value; {one}",
            wrong(FAULTS_mA, True, BELIEVING),
            BELIEVING.off,
        ),
        "value_as_fault": Figure(
            wrong(VALUES_mA, False),
            f"3.85 and 20.45 mA that read as a fault; {one}",
            wrong(VALUES_mA, False, STRICT),
            STRICT.off,
        ),
    }
