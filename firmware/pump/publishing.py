"""Transmitters into the register image, one converter at a time: half of them in one turn of the housekeeping, half in the
next, so that no turn keeps the main loop from its bus for long."""

import micropython
from maps.common import Quality
from maps.pump import Measurement, Sensor

from pump.plausibility import DIFFERENTIAL, PRESSURES

# Transmitter, register, element, quality slot; by converter, then those on the controller's own inputs.
_PUBLISHED = (
    ("supply_temperature_1", Measurement.supply_temperature_sensor, 0, 1),
    ("supply_temperature_2", Measurement.supply_temperature_sensor, 1, 2),
    ("supply_temperature_3", Measurement.supply_temperature_sensor, 2, 3),
    ("return_temperature", Measurement.return_temperature, 0, 4),
    ("facility_supply_temperature", Measurement.facility_supply_temperature, 0, 5),
    ("facility_return_temperature", Measurement.facility_return_temperature, 0, 6),
    ("differential_pressure", Measurement.differential_pressure, 0, 7),
    ("supply_pressure", Measurement.supply_pressure, 0, 8),
    ("return_pressure", Measurement.return_pressure, 0, 9),
    ("filter_differential_pressure", Measurement.filter_differential_pressure, 0, 10),
    ("flow", Measurement.flow, 0, 11),
    ("facility_flow", Measurement.facility_flow, 0, 12),
    ("level", Measurement.level, 0, 13),
    ("valve_position", Measurement.valve_position, 0, 14),
    ("pump_speed_1", Measurement.pump_speed, 0, 17),
    ("pump_speed_2", Measurement.pump_speed, 1, 18),
    ("ambient_temperature", Measurement.ambient_temperature, 0, 15),
    ("ambient_humidity", Measurement.ambient_humidity, 0, 16),
)

INTERLOCK_SENSORS = (
    (Sensor.LEVEL, "level"),
    (Sensor.SUPPLY_PRESSURE, "supply_pressure"),
    (Sensor.RETURN_PRESSURE, "return_pressure"),
)


@micropython.native
def publish(put, sensors, first, behind):
    """Values of the rows first to behind of the table."""
    value = sensors.value
    for row in range(first, behind):
        name, field, element, _ = _PUBLISHED[row]
        put(field, value[name], element)


def publish_quality(put, sensors, doubt):
    """Quality and which sensors are not used; only needed when one of them, or the `doubt` of plausibility, changed."""
    words = [Quality.GOOD if sensors.supply is not None else _worst(sensors, 0, 3), 0, 0]
    for name, _, _, slot in _PUBLISHED:
        words[slot >> 3] |= sensors.quality[name] << 2 * (slot & 7)
    for i in range(3):
        put(Measurement.quality, words[i], i)
    dropped = 7 & ~sensors.supply_used
    if sensors.value["differential_pressure"] is None or doubt & DIFFERENTIAL:
        dropped |= 1 << Sensor.DIFFERENTIAL_PRESSURE
    if sensors.value["ambient_humidity"] is None:
        dropped |= 1 << Sensor.HUMIDITY
    for bit, name in INTERLOCK_SENSORS:
        if sensors.value[name] is None or doubt & PRESSURES and bit != Sensor.LEVEL:
            dropped |= 1 << bit
    put(Measurement.sensors_dropped, dropped)


def _worst(sensors, first, behind):
    """Of a value made of several sensors, none of which can be used: not fitted only where all of them are not."""
    for name, _, _, _ in _PUBLISHED[first:behind]:
        if sensors.quality[name] != Quality.NOT_FITTED:
            return Quality.FAULT
    return Quality.NOT_FITTED
