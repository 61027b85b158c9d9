"""From set-points to the drives of both pumps and the valve, ten times a second."""

import micropython
from core.pid import ramp
from core.starting import at_start
from drivers.pump_drive import PumpDrive
from maps.common import LeaseState
from maps.pump import Local, Mode, Operation, Remote, Settings
from maps.pump_supervision import Plant

from pump.arrangement import PUMPS, Arrangement
from pump.control import PumpLoop, ValveLoop, drooped, effectiveness_needed
from pump.plausibility import HEAT, PRESSURES
from pump.tuning import scheduled, simc

PWM_HZ = 1000
VALVE_percent_s = 100 / 30  # faster than actuators are; no command jumps


class Driving:
    """`setting` gives a setting in force; `measured()` is (ΔP, flow, None), `setpoint()` the same of what is wanted."""

    @at_start
    def __init__(self, controller, sensors, setpoints, setting, equipment, believed):
        self._controller = controller
        self._sensors = sensors
        self.believed = believed
        self._setpoints = setpoints
        self._setting = setting
        self.loop = PumpLoop()
        self.valve = ValveLoop()
        self.arrangement = Arrangement()
        self.valve_command = 0.0
        self.standby = False  # pumps are arranged as duty and standby
        self.drives = ()
        self._spans = equipment.PUMP_DRIVE, equipment.VALVE_DRIVE
        self._relative = (None, None, None)  # gains of the loops that are computed, for the schedule

    @at_start
    def start(self, pins, ramp_setpoints):
        """Take over what pumps and valve do. Set-points begin where the plant is: the loops start without an error, whatever
        the local targets are; `ramp_setpoints()` gives those that are not known their targets."""
        sensors, arrangement, setting = self._sensors, self.arrangement, self._setting
        self.believed.step(arrangement.commands, 0, False)
        value, supply, measured = sensors.value, sensors.supply, self.measured()
        speeds = [value["pump_speed_1"], value["pump_speed_2"]]
        known = [speed for speed in speeds if speed is not None]
        speed = max(known) if known else setting(Settings.preset_speed)
        position = value["valve_position"]
        self.valve_command = setting(Settings.preset_valve) if position is None else position
        self._setpoints.values = [supply, measured[0], measured[1], speed]
        ramp_setpoints()
        self.loop.speed = speed  # the droop depends on it
        self._schedule(self.setpoint())
        self.loop.take_over(speed, measured, self.setpoint())
        arrangement.take_over([speed if each is None else each for each in speeds])
        self.valve.follow(self.believed.watch_flow(arrangement.commands, 0, True), 1000.0)
        self.valve.take_over(self.valve_command, 0.0, None if supply is None else self.demand(supply))
        pump_span, valve_span = self._spans
        self.drives = [
            PumpDrive(pins["pump_pwm"][pump], PWM_HZ, pump_span, arrangement.commands[pump]) for pump in range(PUMPS)
        ]
        self._valve_drive = PumpDrive(pins["valve_pwm"], PWM_HZ, valve_span, self.valve_command, valve=True)

    def tune(self, plant):
        """`plant(field)` gives a number of the plant. What is set by hand counts, and is not scheduled."""
        loop, setting, relative = self.loop, self._setting, []
        for pi, gain, time, process, lag, delay, closed in (
            (
                loop.pressure, Settings.pump_gain, Settings.pump_integral_time,
                Plant.pressure_process, Plant.pressure_lag, Plant.pressure_delay, Plant.pressure_closed_loop,
            ),
            (
                loop.flow, Settings.flow_gain, Settings.flow_integral_time,
                Plant.flow_process, Plant.flow_lag, Plant.flow_delay, Plant.flow_closed_loop,
            ),
            (
                self.valve.loop, Settings.valve_gain, Settings.valve_integral_time,
                Plant.temperature_process, Plant.temperature_lag, Plant.temperature_delay, Plant.temperature_closed_loop,
            ),
        ):  # fmt: skip
            by_hand, computed = setting(gain), simc(plant(process), plant(lag), plant(delay), plant(closed))
            relative.append(computed[0] if by_hand is None else None)
            pi.gain = computed[0] if by_hand is None else by_hand
            pi.integral_time_s = computed[1] if setting(time) is None else setting(time)
        self._relative = relative

    def _schedule(self, wanted):
        loop, (pressure, flow, _) = self.loop, self._relative
        if pressure is not None:
            loop.pressure.gain = scheduled(pressure, loop.speed, wanted[0])
        if flow is not None and self._setpoints.mode == Mode.FLOW:
            loop.flow.gain = scheduled(flow, loop.speed, max(wanted[1], 50.0))

    @micropython.native
    def drive_pumps(self, stopped, operating, no_effect, dt_s):
        loop, value, setting, arrangement = self.loop, self._sensors.value, self._setting, self.arrangement
        per_s, minimum = setting(Settings.speed_ramp), setting(Settings.minimum_speed)
        supply, suction, believed = value["supply_pressure"], value["return_pressure"], self.believed
        believed.step(arrangement.commands, no_effect, self._setpoints.mode == Mode.FLOW)
        too_high = supply is not None and supply > setting(Settings.supply_pressure_limit)
        too_low = suction is not None and suction < setting(Settings.return_pressure_low)
        if believed.doubt & PRESSURES:  # what a liar says is no reason to slow down
            too_high = too_low = False
        loop.limit(too_high or too_low, per_s, dt_s, minimum)
        measured, wanted = self.measured(), self.setpoint()
        self._schedule(wanted)
        if stopped:
            loop.take_over(0.0, measured, wanted)
            arrangement.stop()
        elif operating.now == Operation.SERVICE:
            self._by_hand(per_s * dt_s)
            loop.take_over(max(arrangement.commands), measured, wanted)
        else:
            if operating.now == Operation.RUN:
                preset = setting(Settings.preset_speed)
                loop.step(self._setpoints.mode, wanted, measured, preset, minimum, per_s, dt_s)
            else:
                loop.take_over(ramp(loop.speed, min(operating.speed, loop.cap), per_s * dt_s), measured, wanted)
            arrangement.step(loop.speed, self.standby, no_effect, minimum, per_s, dt_s)
        for pump in range(PUMPS):
            self.drives[pump].drive(arrangement.commands[pump])

    def _by_hand(self, most):
        get = self._controller.holdings.get
        wanted = [get(Local.service_speed, pump) for pump in range(PUMPS)]
        self.arrangement.by_hand(wanted, most, self.loop.cap)

    @micropython.native
    def drive_valve(self, operation, dt_s):
        """Without a supply temperature what the exchanger has to do still says a position; without that, the preset one."""
        supply, setpoint, command = self._sensors.supply, self._setpoints.values[0], self.valve_command
        demand = self.demand(setpoint) if operation == Operation.RUN else None
        if operation == Operation.SERVICE:
            wanted = self._controller.holdings.get(Local.service_valve)
            if wanted is None:
                wanted = command
        elif operation != Operation.RUN or supply is None and demand is None:
            wanted = self._setting(Settings.preset_valve)
        else:
            wanted = self.valve.step(0.0 if supply is None else supply - setpoint, demand, dt_s)
            demand = True
        self.valve_command = command = ramp(command, wanted, VALVE_percent_s * dt_s)
        # A skid that stands by keeps its trim: the exchanger will be the same, and preset_valve is far too much at little flow.
        if demand is None and operation != Operation.STANDBY:
            self.valve.take_over(command, 0.0)
        self._valve_drive.drive(command)

    def demand(self, supply_degC):
        value, controller = self._sensors.value, self._controller
        active = controller.lease.state == LeaseState.ACTIVE
        coming_kW = controller.holdings.get(Remote.remote_heat) if active else None
        warm, facility = value["return_temperature"], value["facility_supply_temperature"]
        need = effectiveness_needed(warm, facility, supply_degC, value["flow"], coming_kW)
        if need is not None and not self.believed.doubt & HEAT:
            return need
        # Either end may be the liar: the one that asks for more cooling counts, and the loop trims what is too much.
        other_warm, other_facility = self.believed.ends()
        for ends in ((other_warm, facility), (warm, other_facility)):
            other = effectiveness_needed(ends[0], ends[1], supply_degC, value["flow"], coming_kW)
            if need is None or other is not None and other > need:
                need = other
        return need

    def measured(self):
        return self.believed.pressure_kPa, self.believed.flow_l_min, None

    def setpoint(self):
        _, pressure, flow, speed = self._setpoints.values
        return drooped(pressure, self._setting(Settings.droop), self.loop.speed), flow, speed
