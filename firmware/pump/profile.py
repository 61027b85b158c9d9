"""The coolant pump skid: ties sensors, loops and interlocks to registers, alarms and the board."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

import micropython
from core import tick
from core.bank import declared_in
from drivers import fram
from drivers.current_loop import FAULT_HIGH_uA, FAULT_LOW_uA
from machine import PWM, Pin
from maps.common import Chip, LeaseState, Profile, Refusal, SafeReason
from maps.fields import ADDRESS
from maps.pump import Counted, Local, Measurement, PumpState, Remote, Settings, SettingsOrder
from maps.pump_alarms import PumpAlarm
from micropython import const

from pump.conditions import reached, report, spare_lost
from pump.control import PumpLoop, Setpoints, ValveLoop, drooped, effectiveness_needed, heat_kW
from pump.converters import Converters
from pump.protection import WINDOW, Window, add, begin, held, judge, rules, set_rule
from pump.publishing import publish, publish_quality
from pump.runtime import COUNTER_BYTES, RunTime
from pump.targets import Targets

PUMPS = 2
PWM_HZ = 1000
_WRAP = const(0x1FFFFFFF)  # core.tick.WRAP
# Interlocks of the tick, in the order of their rules: (alarm, transmitter, satisfied below the limit).
INTERLOCKS = (
    (PumpAlarm.dry_run, "level", True),
    (PumpAlarm.supply_pressure_stop, "supply_pressure", False),
    (PumpAlarm.return_pressure_stop, "return_pressure", True),
)


class Pump:
    NUMBER = Profile.PUMP
    PRODUCT = b"mallee-pump"
    TITLE = b"mallee coolant pump skid"
    inputs = (Measurement, Counted)
    holdings = (Remote, Local, Settings)
    coils = ()
    orders = (SettingsOrder,)
    alarms = (PumpAlarm,)
    COUNTER_BYTES = COUNTER_BYTES
    recorder = None  # nothing here is sampled a thousand times a second for its own sake

    def bind(self, controller, board, equipment):
        self.controller = controller
        self.image = controller.inputs
        pins = board.PUMP
        self.fitting = controller.fitting
        self.fram = fram.find(board.CAPABILITIES, pins)
        self.run_time = RunTime(self.image)
        self.save, self.restore = self.run_time.save, self.run_time.restore
        self.converters = Converters(pins, board.CAPABILITIES, equipment, self.fitting)
        self.codes, self.sensors = self.converters.codes, self.converters.sensors
        self.uA_per_count = self.converters.uA_per_count
        self._pins = pins
        self.window = Window()
        self.rules = rules()
        self._low_code = int(FAULT_LOW_uA / self.uA_per_count)
        self._high_code = int(FAULT_HIGH_uA / self.uA_per_count)
        self.setpoints = Setpoints()
        self.pumps = PumpLoop()
        self.valve = ValveLoop()
        self.valve_command = 0.0
        self.capability = board.CAPABILITIES["hard_tick"]
        self.ticking = False
        self.safe_reason = SafeReason.NONE
        self._spare_lost = None
        self.tick_count = 0
        self.tick_overruns = 0
        # Rules of INTERLOCKS that acted, latched. Only the tick changes it: a read-modify-write in the main loop could lose
        # what an interrupt in the middle of it stored.
        self.stopped_bits = 0
        self._release_bits = 0
        self._noted_bits = 0
        self.stopped_bits = controller.retained.word & 0x07
        self._taken = 0
        self._second_half = False  # of a window is still to be taken over
        self.at_local = True
        self._settings = {}  # field -> value in force
        self.targets = Targets(controller.holdings)
        controller.holdings.guard(Local.mode_setpoint & ADDRESS, 999, None, self._configured)

    @property
    def chip_errors(self):
        return self.converters.errors

    @property
    def answering(self):
        """Bits of maps.common.Chip."""
        return self.converters.answering(self.window.samples if self.ticking else None)

    @property
    def tripped(self):
        return self.stopped_bits != 0

    @property
    def latched_bits(self):
        return self.stopped_bits

    def may_be_blind(self):
        """An interlock that comes some tens of milliseconds late harms no pump."""
        return True

    def start(self):
        """Measure first, then take over what pumps and valve do: a controller reset is not a power-up."""
        self._configured(0, 0)
        converters, fitting = self.converters, self.fitting
        converters.probe()
        if not (fitting.fitted(Chip.CONVERTER_1) or fitting.fitted(Chip.CONVERTER_2)):
            print("mallee: no converter for the transmitters: not fitted, nothing is driven or protected (state SAFE)")
            self.safe_reason = SafeReason.NO_CONVERTER
            return
        converters.sample(8)
        self.sensors.vote(0)
        value = self.sensors.value
        speeds = [value["pump_speed_1"], value["pump_speed_2"]]
        known = [speed for speed in speeds if speed is not None]
        speed = max(known) if known else self._setting(Settings.preset_speed)
        position = value["valve_position"]
        self.valve_command = self._setting(Settings.preset_valve) if position is None else position
        # Set-points begin where the plant is: the loops start without an error, whatever the local targets are.
        supply, measured = self.sensors.supply, self._measured()
        self.setpoints.values = [supply, measured[0], measured[1], speed]
        self.setpoints.step(*self._targets(False), 0, 0)
        self.pumps.speed = speed  # the droop depends on it
        self.pumps.take_over(speed, measured, self._pump_setpoint())
        self.valve.take_over(self.valve_command, 0.0, None if supply is None else self._demand(supply))
        self._pwm = [PWM(Pin(pin), freq=PWM_HZ, duty_u16=_duty(speed)) for pin in self._pins["pump_pwm"]]
        self._valve_pwm = PWM(Pin(self._pins["valve_pwm"]), freq=PWM_HZ, duty_u16=_duty(self.valve_command))
        # What the tick needs, in one place: it looks up one attribute instead of eight, and binds no method, which would
        # allocate. A converter that is not fitted costs it nothing.
        self._for_tick = (
            self.window,
            self.codes,
            self.rules,
            self._low_code,
            self._high_code,
            converters.reader(0),
            converters.reader(1),
            self._pwm[0].duty_u16,
            self._pwm[1].duty_u16,
        )
        self._tick = tick.start(self.capability, self.tick)
        self.ticking = self._tick is not None
        if not self.ticking:
            self.safe_reason = SafeReason.NO_HARD_TICK

    @micropython.native
    def tick(self, source):
        """The hard tick. Nothing here may allocate, wait, or touch what the main loop is in the middle of."""
        self.tick_count = self.tick_count + 1 & _WRAP
        window, codes, rules, low, high, read_first, read_second, stop_first, stop_second = self._for_tick
        filling, good = window.filling, window.good
        first, second = read_first(), read_second()
        if first and second and good[0] == good[1]:  # nearly always: one call for both
            if good[0]:
                add(codes, filling, 0, 16)
            else:
                begin(codes, filling, 0, 16)
            good[0] += 1
            good[1] += 1
        else:
            if first:
                self._gather(0)
            if second:
                self._gather(1)
        if self._release_bits:
            self.stopped_bits &= ~self._release_bits
            self._release_bits = 0
        due = judge(codes, rules, low, high)
        if due:
            self.stopped_bits |= due
        if self.stopped_bits:
            # In every tick: the main loop may have been about to drive the pumps when this interrupt came.
            stop_first(0)
            stop_second(0)
        ticks = window.ticks + 1
        window.ticks = ticks
        if ticks == WINDOW:
            window.swap()

    @micropython.native
    def _gather(self, chip):
        window = self.window
        if window.good[chip]:
            add(self.codes, window.filling, 8 * chip, 8 * chip + 8)
        else:
            begin(self.codes, window.filling, 8 * chip, 8 * chip + 8)
        window.good[chip] += 1

    def housekeep(self, dt_ms):
        """Take over a finished window: one converter, and the other one in the next turn."""
        if self._second_half:
            self._take(1)
        elif self.window.number != self._taken:
            self._taken = self.window.number
            self._take(0)

    def _take(self, chip):
        self._second_half = chip == 0
        self.sensors.take(self.window.finished, self.window.samples, chip)
        publish(self.image.put, self.sensors, 8 * chip, 8 * chip + 8)

    @micropython.native
    def regulate(self, dt_ms):
        dt_s = dt_ms / 1000
        if not self.ticking:
            self._watch(dt_ms)
            return
        self.converters.take_ambient()
        self.sensors.vote(dt_ms)
        remote = self.controller.lease.remote
        mode, targets = self._targets(remote)
        # The mode changes at once: every loop that is not in charge tracks the output, so there is no bump.
        self.setpoints.step(mode, targets, self._setting(Settings.setpoint_ramp), dt_s)
        if remote:
            mode, targets = self._targets(False)
        self.at_local = self.setpoints.arrived(mode, targets)
        self._drive_pumps(dt_s)
        self._drive_valve(dt_s)
        self._judge()
        self._publish(dt_ms)

    def _watch(self, dt_ms):
        """No interlocks, so no regulation either: outputs hold what they held. What is fitted is measured."""
        put, sensors = self.image.put, self.sensors
        self.converters.sample(1)
        sensors.vote(dt_ms)
        publish(put, sensors, 0, 18)
        publish_quality(put, sensors)
        put(Measurement.supply_temperature, sensors.supply)

    def supervise(self, dt_ms):
        """Ten times a second, half a period behind regulate."""
        self.converters.supervise()

    def may_switch(self, address, value):
        return Refusal.NONE

    def switched(self, address, value):
        """A pump skid has no coils."""

    def released(self):
        alarms = self.controller.alarms
        release = 0
        for rule in range(len(INTERLOCKS)):
            if self._noted_bits >> rule & 1 and not alarms.active(INTERLOCKS[rule][0]):
                release |= 1 << rule
        self._noted_bits &= ~release
        self._release_bits = release

    @micropython.native
    def _drive_pumps(self, dt_s):
        pumps, value = self.pumps, self.sensors.value
        per_s, minimum = self._setting(Settings.speed_ramp), self._setting(Settings.minimum_speed)
        supply, suction = value["supply_pressure"], value["return_pressure"]
        too_high = supply is not None and supply > self._setting(Settings.supply_pressure_limit)
        too_low = suction is not None and suction < self._setting(Settings.return_pressure_low)
        pumps.limit(too_high or too_low, per_s, dt_s, floor=minimum)
        if self.stopped_bits:
            pumps.take_over(0.0, self._measured(), self._pump_setpoint())
        else:
            preset = self._setting(Settings.preset_speed)
            pumps.step(self.setpoints.mode, self._pump_setpoint(), self._measured(), preset, minimum, per_s, dt_s)
        for pwm in self._pwm:
            pwm.duty_u16(_duty(pumps.speed))

    @micropython.native
    def _drive_valve(self, dt_s):
        supply = self.sensors.supply
        if supply is None:
            step = 100 / 30 * dt_s
            preset = self._setting(Settings.preset_valve)
            self.valve_command += max(-step, min(step, preset - self.valve_command))
            self.valve.take_over(self.valve_command, 0.0)
        else:
            setpoint = self.setpoints.values[0]
            self.valve_command = self.valve.step(supply - setpoint, self._demand(setpoint), dt_s)
        self._valve_pwm.duty_u16(_duty(self.valve_command))

    def _tune(self):
        for loop, gain, time in (
            (self.pumps.pressure, Settings.pump_gain, Settings.pump_integral_time),
            (self.pumps.flow, Settings.flow_gain, Settings.flow_integral_time),
            (self.valve.loop, Settings.valve_gain, Settings.valve_integral_time),
        ):
            loop.gain, loop.integral_time_s = self._setting(gain), self._setting(time)

    @micropython.native
    def _demand(self, supply_degC):
        value, controller = self.sensors.value, self.controller
        active = controller.lease.state == LeaseState.ACTIVE
        coming_kW = controller.holdings.get(Remote.remote_heat) if active else None
        warm, facility = value["return_temperature"], value["facility_supply_temperature"]
        return effectiveness_needed(warm, facility, supply_degC, value["flow"], coming_kW)

    @micropython.native
    def _heat(self):
        value = self.sensors.value
        return heat_kW(value["flow"], value["return_temperature"], self.sensors.supply)

    def _measured(self):
        value = self.sensors.value
        return value["differential_pressure"], value["flow"], None

    @micropython.native
    def _pump_setpoint(self):
        _, pressure, flow, speed = self.setpoints.values
        return drooped(pressure, self._setting(Settings.droop), self.pumps.speed), flow, speed

    @micropython.native
    def _targets(self, remote):
        return self.targets.of(remote, self.sensors.dew_point_degC, self._setting(Settings.dew_point_margin))

    def _setting(self, field):
        return self._settings[field]

    def _configured(self, address, count):
        """Settings as every step needs them, and interlock limits as codes of the converter."""
        for field in declared_in(Settings):
            self._settings[field] = self.controller.holdings.setting(field)
        self._tune()
        self.targets.configured()
        limits = (
            (Settings.dry_run_level, 1.0, 300),
            (Settings.supply_pressure_stop, 1.0, 300),
            (Settings.return_pressure_low, 0.5, 10_000),
        )
        for rule in range(len(INTERLOCKS)):
            _, name, below = INTERLOCKS[rule]
            setting, factor, ticks = limits[rule]
            for known, place, low, high, _ in self.sensors.transmitters:
                if known == name:
                    uA = 4000 + (factor * self._setting(setting) - low) / (high - low) * 16000
                    set_rule(self.rules, rule, 8 * place[0] + place[1], int(uA / self.uA_per_count), below, ticks)

    @micropython.native
    def _judge(self):
        alarms, setting = self.controller.alarms, self._setting
        new = self.stopped_bits & ~self._noted_bits & ~self._release_bits
        self._noted_bits |= new
        for rule in range(len(INTERLOCKS)):
            alarm = INTERLOCKS[rule][0]
            if new >> rule & 1:
                alarms.trip(alarm)
            elif not (alarms.active(alarm) and held(self.rules, rule)):
                alarms.set(alarm, False)

        if self.sensors.changed:
            self._spare_lost = spare_lost(self.sensors)
        report(
            alarms.set,
            self.sensors,
            self._spare_lost,
            setting,
            reached(self._measured(), self._pump_setpoint(), self.setpoints.mode),
            self.pumps.speed,
            self.valve_command,
            bool(self.stopped_bits),
        )

    @micropython.native
    def _publish(self, dt_ms):
        put, sensors = self.image.put, self.sensors
        publish(put, sensors, 16, 18)
        if sensors.changed:
            sensors.changed = False
            publish_quality(put, sensors)
        put(Measurement.supply_temperature, sensors.supply)
        put(Measurement.dew_point, sensors.dew_point_degC)
        heat = self._heat()
        put(Measurement.heat, None if heat is None else max(0.0, heat))
        for pump in range(PUMPS):
            put(Measurement.pump_command, self.pumps.speed, pump)
            state = self._pump_state(pump)
            put(Measurement.pump_state, state, pump)
            if state == PumpState.RUNNING:
                self.run_time.ran(pump, dt_ms)
        put(Measurement.valve_command, self.valve_command)
        put(Measurement.mode, self.setpoints.mode)
        put(Measurement.active_supply_temperature, self.setpoints.values[0])
        put(Measurement.active_differential_pressure, self._pump_setpoint()[0])

    @micropython.native
    def _pump_state(self, pump):
        if self.stopped_bits:
            return PumpState.LOCKED
        if self.controller.alarms.active(PumpAlarm.pump_no_effect, pump):
            return PumpState.FAULT
        return PumpState.RUNNING if self.pumps.speed > 0 else PumpState.STOPPED


def _duty(percent):
    return int(max(0.0, min(100.0, percent)) * 655.35 + 0.5)
