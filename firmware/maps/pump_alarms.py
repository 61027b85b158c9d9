"""Alarms of the coolant pump skid."""

from maps.fields import Alarm, alarm


class PumpAlarm(Alarm):
    dry_run = alarm(16, priority="critical", group="pumps", delay_ms=300, latch=True)
    """Level below dry_run_level.

    Cause: coolant was lost through a leak, or the loop was opened and not filled.
    Consequence: both pumps of this skid stop, latched, before they run dry. The other skid carries the pod.
    Remedy: find and mend the leak, fill the loop, write 16 to reset_latch.
    """
    supply_pressure_stop = alarm(17, priority="critical", group="pumps", delay_ms=300, latch=True)
    """Supply pressure above supply_pressure_stop.

    Cause: a closed manifold valve, a blocked filter behind the pumps, or a wrong charge pressure.
    Consequence: this skid stops, latched. The other skid carries the pod.
    Remedy: open the valves, check the charge pressure, write 17 to reset_latch.
    """
    supply_pressure_high = alarm(18, priority="medium", group="pumps", delay_ms=1000)
    """Supply pressure above supply_pressure_limit.

    Cause: racks closed off, or the charge pressure too high for this speed.
    Consequence: pump speed is limited; flow may be below what the racks want.
    Remedy: check rack valves and charge pressure.
    """
    return_pressure_low = alarm(19, priority="high", group="pumps", delay_ms=1000)
    """Return pressure below return_pressure_low.

    Cause: coolant was lost, or the expansion vessel lost its charge.
    Consequence: pumps slow down, and stop if suction pressure stays below half the limit for 10 s, to keep them from cavitating.
    Remedy: fill to charge pressure and look for the leak.
    """
    return_pressure_stop = alarm(20, priority="critical", group="pumps", delay_ms=10000, latch=True)
    """Return pressure below half of return_pressure_low for 10 s.

    Cause: coolant was lost, or the expansion vessel lost its charge.
    Consequence: both pumps of this skid stop, latched. The other skid carries the pod.
    Remedy: fill to charge pressure, look for the leak, write 20 to reset_latch.
    """
    over_temperature = alarm(21, priority="high", group="temperature", delay_ms=5000)
    """Supply temperature above over_temperature.

    Cause: facility water warm or missing, valve stuck, heat exchanger fouled, or more heat than the skid can carry.
    Consequence: devices in the racks approach their throttle temperature. The pumps keep running.
    Remedy: check facility water temperature and flow and the valve; reduce rack power if it keeps rising.
    """
    filter_blocked = alarm(22, priority="low", group="maintenance", delay_ms=15000)
    """Filter differential pressure above filter_limit.

    Cause: the filter is loaded with particles.
    Consequence: less flow at the same speed. The pumps keep running.
    Remedy: change over to the other skid and clean the filter.
    """
    valve_deviation = alarm(23, priority="medium", group="temperature", delay_ms=130000)
    """Valve feedback differs from the command by more than 10 % for longer than its stroke time.

    Cause: valve stuck, actuator without supply, or feedback wiring.
    Consequence: supply temperature is not controlled. The pumps keep running.
    Remedy: check actuator and linkage; open the valve by hand if supply temperature rises.
    """
    flow_low = alarm(24, priority="medium", group="flow", delay_ms=100000)
    """Differential pressure, or flow in flow mode, below 90 % of its set-point.

    Cause: a pump or filter at its limit, air in the loop, or more racks open than one skid can carry.
    Consequence: racks get less coolant than intended.
    Remedy: look at pump speeds and filter; vent the loop.
    """
    flow_critical = alarm(25, priority="critical", group="flow", delay_ms=3000)
    """Differential pressure, or flow in flow mode, below 60 % of its set-point.

    Cause: pumps not turning, a large leak, or a closed valve.
    Consequence: devices in the racks reach their throttle temperature within seconds. The pumps keep running.
    Remedy: start the other skid; reduce rack power at once.
    """
    pump_no_effect = alarm(26, count=2, priority="high", group="pumps", delay_ms=500)
    """The pump is commanded, but its measured speed is below half of the command.

    Cause: drive tripped, motor seized, or the speed feedback is broken.
    Consequence: the other pump takes over.
    Remedy: check the drive and its feedback.
    """
    supply_sensor_fault = alarm(28, count=3, priority="low", group="sensors", delay_ms=1000)
    """A supply temperature sensor is open, shorted, or strays more than 1.0 K from the median for 30 s.

    Cause: wiring or the sensor itself.
    Consequence: the sensor is not used; the others are.
    Remedy: replace the sensor or mend its wiring.
    """
    supply_temperature_lost = alarm(31, priority="high", group="sensors", delay_ms=1000)
    """No supply temperature sensor is valid.

    Cause: a common cable or the analog input chip.
    Consequence: the valve goes to its preset opening.
    Remedy: mend the wiring; watch return temperature meanwhile.
    """
    differential_pressure_lost = alarm(32, priority="high", group="sensors", delay_ms=1000)
    """The differential pressure sensor is out of range.

    Cause: wiring, or the transmitter lost its supply.
    Consequence: the pumps run at their preset speed.
    Remedy: mend the wiring or replace the transmitter.
    """
    humidity_lost = alarm(33, priority="low", group="sensors", delay_ms=60000)
    """The humidity sensor is out of range.

    Cause: wiring or the sensor itself.
    Consequence: a dew point of 25 °C is assumed.
    Remedy: replace the sensor.
    """
    sensor_fault = alarm(34, priority="low", group="sensors", delay_ms=5000)
    """A sensor that no loop depends on is out of range; the quality registers tell which.

    Cause: wiring or the sensor itself.
    Consequence: its value reads as not available.
    Remedy: mend the wiring or replace the sensor.
    """
    interlock_sensor_lost = alarm(35, count=3, priority="high", group="sensors", delay_ms=1000)
    """A sensor that an interlock depends on is out of range: 1 level, 2 supply pressure, 3 return pressure.

    Cause: wiring, the transmitter, or its analog input chip.
    Consequence: the interlock is without effect (1 dry run, 2 supply pressure, 3 return pressure). The pumps keep running.
    Remedy: mend it at once, or stop this skid and let the other one carry the pod.
    """
