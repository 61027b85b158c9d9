"""The conditions of the skid's alarms, from what is measured and commanded; delays and latches are core.alarms'.

None as a condition says that it cannot be judged, because its sensor is lost or not fitted.
"""

from maps.pump import Mode, Settings
from maps.pump_alarms import PumpAlarm

from pump.plausibility import DIFFERENTIAL, FLOW, HEAT, PRESSURES

SPEEDS = ("pump_speed_1", "pump_speed_2")
_SUPPLY = ("supply_temperature_1", "supply_temperature_2", "supply_temperature_3")
# What the interlocks of the tick depend on, in the order of their rules.
INTERLOCK_SENSORS = ("level", "supply_pressure", "return_pressure")
# Sensors that no loop depends on; they share one alarm.
SPARE_SENSORS = (
    "return_temperature",
    "facility_supply_temperature",
    "facility_return_temperature",
    "filter_differential_pressure",
    "flow",
    "facility_flow",
    "valve_position",
)  # fmt: skip


def report(alarms, sensors, setting, reached, valve_command, stopped):
    """Tell `alarms` what the plant does. `reached`: part of what the pumps are asked for that they
    achieve; valve command in percent, None: not judged."""
    value, exceeds, undercuts = sensors.value, alarms.above, alarms.below
    undercuts(PumpAlarm.flow_low, 1.0 if stopped and reached is not None else reached, 0.9)
    undercuts(PumpAlarm.flow_critical, reached, 0.6)
    exceeds(PumpAlarm.supply_pressure_high, value["supply_pressure"], setting(Settings.supply_pressure_limit))
    undercuts(PumpAlarm.return_pressure_low, value["return_pressure"], setting(Settings.return_pressure_low))
    exceeds(PumpAlarm.over_temperature, sensors.supply, setting(Settings.over_temperature))
    exceeds(PumpAlarm.filter_blocked, value["filter_differential_pressure"], setting(Settings.filter_limit))
    position = value["valve_position"]
    away = None if position is None or valve_command is None else abs(position - valve_command)
    exceeds(PumpAlarm.valve_deviation, away, 10)


def report_sensors(alarm, sensors, feedback_wrong, doubt):
    """What is not measured as it should be; `feedback_wrong` are bits of pumps, `doubt` those of plausibility."""
    lost = sensors.lost
    for i in range(3):
        away = lost[INTERLOCK_SENSORS[i]]
        alarm(PumpAlarm.interlock_sensor_lost, True if i and doubt & PRESSURES else away, i)
    for pump in range(2):
        fault = lost[SPEEDS[pump]]
        alarm(PumpAlarm.speed_feedback_fault, None if fault is None else fault or feedback_wrong >> pump & 1, pump)
    alarm(PumpAlarm.differential_pressure_lost, True if doubt & DIFFERENTIAL else lost["differential_pressure"])
    alarm(PumpAlarm.flow_implausible, doubt & FLOW)
    alarm(PumpAlarm.heat_implausible, doubt & HEAT)


def report_temperatures(alarm, sensors):
    """The same of temperatures, and of what no loop depends on."""
    lost = sensors.lost
    for i in range(3):
        alarm(PumpAlarm.supply_sensor_fault, None if lost[_SUPPLY[i]] is None else not sensors.supply_used >> i & 1, i)
    none = any_lost(sensors, _SUPPLY) is not None or None
    alarm(PumpAlarm.supply_temperature_lost, none if sensors.supply is None else False)
    alarm(PumpAlarm.humidity_lost, lost["ambient_humidity"])
    alarm(PumpAlarm.sensor_fault, any_lost(sensors, SPARE_SENSORS))


def report_leak(alarms, leak, leak_volume, switch):
    alarm = alarms.set
    alarm(PumpAlarm.leak_rope, leak.wet)
    alarm(PumpAlarm.leak_rope_fault, leak.rope_fault)
    alarms.above(PumpAlarm.leak_balance, leak.lost_l, leak_volume)
    alarm(PumpAlarm.level_low, None if switch is None else not switch)


def reached(measured, wanted, mode):
    """Part of what the pumps are asked for that they achieve: ΔP or flow over its set-point. None where it is not known."""
    if mode == Mode.SPEED:
        return 1.0  # nothing but the speed is asked for
    at = 1 if mode == Mode.FLOW else 0
    value = measured[at]
    return None if value is None else value / max(wanted[at], 1.0)


def any_lost(sensors, names):
    """True where one of them is at fault, None where none is fitted."""
    fitted = [sensors.lost[name] for name in names if sensors.lost[name] is not None]
    return True in fitted if fitted else None


def above(value, limit):
    return None if value is None else value > limit
