"""Alarms of the coolant pump skid."""

from maps.fields import Alarm, alarm


class PumpAlarm(Alarm):
    dry_run = alarm(16, priority="critical", group="pumps", delay_ms=300, latch=True)
    """Level below dry_run_level; or the level switch open while level is not known or suction pressure is low.

    Cause: coolant was lost through a leak, or the loop was opened and not filled.
    Consequence: both pumps stop, latched, before they run dry, and those of every skid on the same vessel; others carry on.
    Remedy: find and mend the leak, fill the loop, write 16 to reset_latch.
    """
    supply_pressure_stop = alarm(17, priority="critical", group="pumps", delay_ms=300, latch=True)
    """Supply pressure above supply_pressure_stop.

    Cause: a closed manifold valve, a blocked filter behind the pumps, or a wrong charge pressure.
    Consequence: this skid stops, latched. The other skid carries the pod.
    Remedy: open the valves, check the charge pressure, write 17 to reset_latch.
    """
    supply_pressure_high = alarm(18, priority="medium", group="pumps", delay_ms=15000, deadband=2)
    """Supply pressure above supply_pressure_limit.

    Cause: racks closed off, or the charge pressure too high for this speed.
    Consequence: pump speed is limited; flow may be below what the racks want.
    Remedy: check rack valves and charge pressure.
    """
    return_pressure_low = alarm(19, priority="high", group="pumps", delay_ms=1000, deadband=2)
    """Return pressure below return_pressure_low.

    Cause: coolant was lost, or the expansion vessel lost its charge.
    Consequence: pumps slow down, and stop if suction pressure stays below half the limit for 10 s, to keep them from cavitating.
    Remedy: fill to charge pressure and look for the leak.
    """
    return_pressure_stop = alarm(20, priority="critical", group="pumps", delay_ms=10000, latch=True)
    """Return pressure below half of return_pressure_low for 10 s.

    Cause: coolant was lost, or the expansion vessel lost its charge.
    Consequence: both pumps stop, latched, and those of every skid on the same vessel; one on a vessel of its own carries on.
    Remedy: fill to charge pressure, look for the leak, write 20 to reset_latch.
    """
    over_temperature = alarm(21, priority="high", group="temperature", delay_ms=5000, deadband=1)
    """Supply temperature above over_temperature.

    Cause: facility water warm or missing, valve stuck, heat exchanger fouled, or more heat than the skid can carry.
    Consequence: devices in the racks approach their throttle temperature. The pumps keep running.
    Remedy: check facility water temperature and flow and the valve; reduce rack power if it keeps rising.
    """
    filter_blocked = alarm(22, priority="low", group="maintenance", delay_ms=15000, deadband=2)
    """Filter differential pressure above filter_limit.

    Cause: the filter is loaded with particles.
    Consequence: less flow at the same speed. The pumps keep running.
    Remedy: change over to the other skid and clean the filter.
    """
    valve_deviation = alarm(23, priority="medium", group="temperature", delay_ms=130000, deadband=10)
    """Valve feedback differs from the command by more than 10 % for longer than its stroke time.

    Cause: valve stuck, actuator without supply, or feedback wiring.
    Consequence: supply temperature is not controlled. The pumps keep running.
    Remedy: check actuator and linkage; open the valve by hand if supply temperature rises.
    """
    flow_low = alarm(24, priority="medium", group="flow", delay_ms=100000, deadband=5)
    """Differential pressure, or flow in flow mode, below 90 % of its set-point.

    Cause: a pump or filter at its limit, air in the loop, or more racks open than one skid can carry.
    Consequence: racks get less coolant than intended.
    Remedy: look at pump speeds and filter; vent the loop.
    """
    flow_critical = alarm(25, priority="critical", group="flow", delay_ms=3000, deadband=5)
    """Differential pressure, or flow in flow mode, below 60 % of its set-point.

    Cause: pumps not turning, a large leak, or a closed valve.
    Consequence: devices in the racks reach their throttle temperature within seconds. The pumps keep running.
    Remedy: start the other skid; reduce rack power at once.
    """
    pump_no_effect = alarm(26, count=2, priority="high", group="pumps", delay_ms=0)
    """The pump is commanded and does nothing: its measured speed, and head and flow against its curve, say so.

    Cause: drive tripped, motor seized, coupling or impeller broken, discharge closed.
    Consequence: the other pump takes over; this one is told its minimum speed and comes back slowly when it turns again.
    Remedy: check drive, coupling and valves of this pump.
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
    Consequence: the valve follows return and facility temperature; without those it goes to preset_valve.
    Remedy: mend the wiring; watch return temperature meanwhile.
    """
    differential_pressure_lost = alarm(32, priority="high", group="sensors", delay_ms=1000)
    """The differential pressure sensor is out of range, or contradicted by supply minus return pressure and the pumps' curve.

    Cause: wiring, the transmitter, or a blocked impulse line.
    Consequence: the loop follows supply minus return pressure; where those are not known either, the pumps run at preset_speed.
    Remedy: compare the three pressures; mend the wiring or replace the transmitter.
    """
    humidity_lost = alarm(33, priority="low", group="sensors", delay_ms=60000)
    """The humidity sensor is out of range.

    Cause: wiring or the sensor itself.
    Consequence: the last dew point is held for a minute, then 25 °C is assumed.
    Remedy: replace the sensor.
    """
    sensor_fault = alarm(34, priority="low", group="sensors", delay_ms=5000)
    """A sensor that no loop depends on is out of range; the quality registers tell which.

    Cause: wiring or the sensor itself.
    Consequence: its value reads as not available.
    Remedy: mend the wiring or replace the sensor.
    """
    interlock_sensor_lost = alarm(35, count=3, priority="high", group="sensors", delay_ms=1000)
    """A sensor of an interlock is out of range: 1 level, 2 supply pressure, 3 return pressure; or 2 and 3 are contradicted.

    Cause: wiring, the transmitter, or its analog input chip.
    Consequence: the interlock is without effect (1 dry run, 2 supply pressure, 3 return pressure). The pumps keep running.
    Remedy: mend it at once, or stop this skid and let the other one carry the pod.
    """
    speed_feedback_fault = alarm(38, count=2, priority="low", group="sensors", delay_ms=1000)
    """The measured speed of a pump is out of range, or says that it stands while head and flow say that it works.

    Cause: wiring or the speed feedback of the drive.
    Consequence: the pump stays in use; whether it works is told by head and flow alone.
    Remedy: mend the feedback.
    """
    leak_rope = alarm(40, priority="high", group="leak", delay_ms=500)
    """Water on the leak rope under this skid.

    Cause: a leak, or water spilt or condensed there.
    Consequence: none by itself; with leak_balance this skid stops if nobody loses cooling by that.
    Remedy: look under the skid; dry the rope.
    """
    leak_balance = alarm(41, priority="high", group="leak", delay_ms=500, deadband=5)
    """The expansion vessel lost more than leak_volume beyond leak_tolerance.

    Cause: a leak anywhere in the loop, air that was vented, or coolant drawn off. Skids on one vessel all say so.
    Consequence: none by itself; with leak_rope this skid stops if nobody loses cooling by that.
    Remedy: look for the leak and make up coolant; filling (operation fill) starts the balance anew.
    """
    leak_stop = alarm(42, priority="critical", group="leak", delay_ms=0, latch=True)
    """Rope and balance both tell a leak at this skid, and the other skid carries flow or the racks are without power.

    Cause: a leak at this skid.
    Consequence: both pumps of this skid stop, latched.
    Remedy: close the skid off, mend it, fill the loop, dry the rope, write 42 to reset_latch.
    """
    leak_rope_fault = alarm(43, priority="low", group="sensors", delay_ms=1000)
    """The leak rope is cut, lost its end resistor, or its wires touch.

    Cause: the rope, its plug or its end resistor.
    Consequence: a leak at this skid is only told by leak_balance, and does not stop it.
    Remedy: mend or replace the rope.
    """
    level_low = alarm(44, priority="high", group="pumps", delay_ms=300)
    """The level switch opened.

    Cause: little coolant in the expansion tank, or the wire of the switch is cut.
    Consequence: the skid stops (dry_run) if the level transmitter is lost or suction pressure is low; else none.
    Remedy: compare with level; fill the loop, or mend the switch.
    """
    filter_loaded = alarm(45, priority="low", group="maintenance", delay_ms=60000, deadband=2)
    """filter_loading above filter_warning.

    Cause: the filter is loaded with particles.
    Consequence: none yet; more power for the same flow.
    Remedy: plan to clean it, before filter_blocked.
    """
    pump_worn = alarm(46, count=2, priority="low", group="maintenance", delay_ms=60000, deadband=2)
    """pump_head_ratio below the setting pump_worn.

    Cause: impeller or wear rings worn, air in the coolant, or a curve in the equipment file that is another pump's.
    Consequence: less flow at the same speed.
    Remedy: compare both pumps; vent the loop; overhaul the pump.
    """
    heat_implausible = alarm(48, priority="low", group="sensors", delay_ms=300000)
    """What the coolant loses by flow and temperatures is not what the facility water takes up, by more than heat_tolerance.

    Cause: a temperature or flow sensor at the exchanger lies, or one of them is in the wrong place.
    Consequence: the valve follows the reading that asks for more cooling.
    Remedy: compare temperatures and flows on both sides of the exchanger with a reference.
    """
    flow_implausible = alarm(49, priority="low", group="sensors", delay_ms=300000)
    """Flow differs by more than flow_tolerance from what the pumps give at this head and speed by their curve.

    Cause: the flow meter, air in the coolant, a worn pump, or a curve in the equipment file that is another pump's.
    Consequence: in flow mode the lower of both counts, so that racks get enough.
    Remedy: compare with pump_head_ratio; vent the loop; check the flow meter.
    """
