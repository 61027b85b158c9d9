"""The coolant pump skid: ties sensors, loops, interlocks and supervision to registers and the board."""

import micropython
from core import tick
from core.bank import declared_in
from core.starting import at_start
from drivers import fram
from maps.common import Chip, Profile, Refusal, SafeReason
from maps.fields import ADDRESS
from maps.pump import Counted, Local, Measurement, PumpState, Remote, Settings, SettingsOrder
from maps.pump_alarms import PumpAlarm
from maps.pump_supervision import Arranged, Plant, Supervision, Watched

from pump.arrangement import PUMPS
from pump.control import Setpoints, heat_kW
from pump.converters import Converters
from pump.driving import Driving
from pump.effect import Curve
from pump.interlocks import Interlocks
from pump.plausibility import Plausibility
from pump.publishing import publish, publish_quality
from pump.runtime import COUNTER_BYTES, RunTime
from pump.supervision import Supervisor
from pump.targets import Targets


class Pump(Interlocks):
    NUMBER = Profile.PUMP
    PRODUCT = b"mallee-pump"
    TITLE = b"mallee coolant pump skid"
    inputs = (Measurement, Watched, Counted)
    holdings = (Remote, Local, Settings, Supervision, Plant)
    coils = ()
    orders = (SettingsOrder,)
    alarms = (PumpAlarm,)
    COUNTER_BYTES = COUNTER_BYTES
    recorder = None  # nothing here is sampled a thousand times a second for its own sake

    @at_start
    def bind(self, controller, board, equipment):
        self.controller = controller
        self.image = controller.inputs
        pins = board.PUMP
        self.fitting = controller.fitting
        self.fram = fram.find(board.CAPABILITIES, pins)
        self.run_time = RunTime(self.image)
        self.save, self.restore = self.run_time.save, self.run_time.restore
        self.converters = Converters(pins, board.CAPABILITIES, equipment, self.fitting)
        self.sensors = self.converters.sensors
        self.bind_tick(self.converters, controller.retained.word)
        self._pins = pins
        self.setpoints = Setpoints()
        self._settings = {}  # field -> value in force
        curve = Curve(equipment.PUMP_CURVE)
        self.believed = Plausibility(self.sensors, self.setting, curve)
        self.driving = Driving(controller, self.sensors, self.setpoints, self.setting, equipment, self.believed)
        self.supervisor = Supervisor(self, pins, equipment, curve)
        self.capability = board.CAPABILITIES["hard_tick"]
        self.ticking = False
        self.safe_reason = SafeReason.NONE
        self._taken = 0
        self._second_half = False  # of a window is still to be taken over
        self.at_local = True
        self.heat_kW = None
        self.targets = Targets(controller.holdings)
        controller.holdings.guard(Local.mode_setpoint & ADDRESS, 999, None, self._configured)

    @property
    def chip_errors(self):
        return self.converters.errors

    @property
    def answering(self):
        """Bits of maps.common.Chip."""
        rope = self.supervisor.leak.wet is not None
        return self.converters.answering(self.window.samples if self.ticking else None) | rope << Chip.LEAK_1

    @property
    def tripped(self):
        return self.stopped_bits != 0

    @property
    def latched_bits(self):
        return self.stopped_bits

    def may_be_blind(self):
        """An interlock that comes some tens of milliseconds late harms no pump."""
        return True

    def may_restart(self):
        """Drives run on at what they take without a command, and the valve stays (boards/signals.py)."""
        return True

    @at_start
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
        self.sensors.judge_air(0)
        self.sensors.vote(0)
        self.driving.start(self._pins, lambda: self.setpoints.step(*self._targets(False), 0, 0))
        self.supervisor.start(self.driving.arrangement.commands)
        self.prepare_tick(converters, self.driving.drives)
        self._tick = tick.start(self.capability, self.tick)
        self.ticking = self._tick is not None
        if not self.ticking:
            self.safe_reason = SafeReason.NO_HARD_TICK

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
        self.sensors.judge_air(dt_ms)
        self.sensors.vote(dt_ms)
        remote = self.controller.lease.remote
        mode, targets = self._targets(remote)
        # The mode changes at once: every loop that is not in charge tracks the output, so there is no bump.
        self.setpoints.step(mode, targets, self.setting(Settings.setpoint_ramp), dt_s)
        if remote:
            mode, targets = self._targets(False)
        self.at_local = self.setpoints.arrived(mode, targets)
        supervisor, driving = self.supervisor, self.driving
        driving.drive_pumps(self.stopped_bits, supervisor.operating, supervisor.effect.no_effect, dt_s)
        driving.drive_valve(supervisor.operating.now, dt_s)
        self._publish(dt_ms)

    def _watch(self, dt_ms):
        """No interlocks, so no regulation either: outputs hold what they held. What is fitted is measured."""
        put, sensors = self.image.put, self.sensors
        self.converters.sample(1)
        sensors.judge_air(dt_ms)
        sensors.vote(dt_ms)
        publish(put, sensors, 0, 18)
        publish_quality(put, sensors, 0)
        put(Measurement.supply_temperature, sensors.supply)

    def supervise(self, dt_ms):
        self.converters.supervise()
        if self.ticking:
            self.supervisor.step(dt_ms)

    def may_switch(self, address, value):
        return Refusal.NONE

    def released(self):
        self.release(self.controller.alarms)

    def switched(self, address, value):
        """A pump skid has no coils."""

    def _targets(self, remote):
        setting = self.setting
        margin_K, rise_K = setting(Settings.dew_point_margin), setting(Supervision.design_rise)
        return self.targets.of(remote, self.sensors.dew_point_degC, margin_K, rise_K)

    def setting(self, field):
        return self._settings[field]

    def _configured(self, address, count):
        """Settings as every step needs them, and interlock limits as codes of the converter."""
        for declared in (Settings, Supervision):
            for field in declared_in(declared):
                self._settings[field] = self.controller.holdings.get(field)
        self.driving.tune(self.controller.holdings.setting)
        self.driving.standby = self.setting(Supervision.pump_arrangement) == Arranged.DUTY_STANDBY
        self.targets.configured()
        self.set_limits(self.sensors.transmitters, self.setting)

    @micropython.native
    def _publish(self, dt_ms):
        put, sensors, driving = self.image.put, self.sensors, self.driving
        publish(put, sensors, 16, 18)
        if sensors.changed:
            sensors.changed = False
            publish_quality(put, sensors, self.believed.doubt)
        put(Measurement.supply_temperature, sensors.supply)
        put(Measurement.dew_point, sensors.dew_point_degC)
        value = sensors.value
        heat = self.heat_kW = heat_kW(value["flow"], value["return_temperature"], sensors.supply)
        put(Measurement.heat, None if heat is None else max(0.0, heat))
        commands = driving.arrangement.commands
        for pump in range(PUMPS):
            put(Measurement.pump_command, commands[pump], pump)
            state = self._pump_state(pump)
            put(Measurement.pump_state, state, pump)
            if state == PumpState.RUNNING:
                self.run_time.ran(pump, dt_ms)
        put(Measurement.valve_command, driving.valve_command)
        put(Measurement.mode, self.setpoints.mode)
        put(Measurement.active_supply_temperature, self.setpoints.values[0])
        put(Measurement.active_differential_pressure, driving.setpoint()[0])

    def _pump_state(self, pump):
        if self.stopped_bits:
            return PumpState.LOCKED
        if self.supervisor.effect.no_effect >> pump & 1:
            return PumpState.FAULT
        return PumpState.RUNNING if self.driving.arrangement.commands[pump] > 0 else PumpState.STOPPED
