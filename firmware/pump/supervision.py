"""What is watched beside regulation: pumps' effect, leaks, operation, wear, alarms. Ten times a second, half a period behind.

Limits and leaks are told in turns, five times a second each; what is wanted once a second has a turn of its own among the ten.
"""

from core.starting import at_start
from drivers.analog import reader
from drivers.leak_rope import LeakRope
from machine import Pin
from maps.pump import Local, Mode, Operation, Remote, Settings
from maps.pump_alarms import PumpAlarm
from maps.pump_supervision import Contact, Supervision, Watched

from pump import wear
from pump.conditions import SPEEDS, above, reached, report, report_leak, report_sensors, report_temperatures
from pump.contacts import Contact as Input
from pump.effect import Effect, excess
from pump.interlocks import DRY_RUN, LEAK_STOP
from pump.leak import Leak
from pump.operation import Operating
from pump.plausibility import DIFFERENTIAL, PRESSURES

CARRYING = 0.05  # of rated flow: this skid carries flow
DOUBT_s = 2.0  # that supply and return pressure are contradicted before they stop nothing any more
_ADC_V = 3.3


class Supervisor:
    """Owns what it watches with; `profile` has the rest."""

    @at_start
    def __init__(self, profile, pins, equipment, curve):
        self._profile = profile
        self._told = 0  # doubts, as they were told last
        self._doubt_s = 0.0  # that supply and return pressure are in doubt
        self._rated_l_min = 2 * curve.flows[-1]
        self.effect = Effect(curve, equipment.DRIVE_STROKE_s)
        self._wear = wear.Wear(curve)
        self.operating = Operating()
        self.leak = Leak(_rope(pins, equipment), profile.fitting)
        self._peer = Input(pins.get("peer_running"))
        self._switch = Input(pins.get("level_switch"), seen=True)
        self._pins = pins
        self._running = None
        self._on_s = 0.0  # since the pumps were started
        self._turn = 0

    def start(self, commands):
        """Pumps that turn already were not started by this controller."""
        self.effect.start(commands)
        if max(commands) > 0:
            self._on_s = 1000.0
        pin = self._pins.get("running")
        if pin is not None:
            self._running = Pin(pin, Pin.OUT, value=0)

    def step(self, dt_ms):
        profile, dt_s = self._profile, dt_ms / 1000
        alarm, setting, value = profile.controller.alarms.set, profile.setting, profile.sensors.value
        driving, flow = profile.driving, profile.sensors.value["flow"]
        commands = driving.arrangement.commands
        self._operate(dt_s)
        self._peer.step()
        self._switch.step()
        self.leak.read_rope()
        self._on_s = min(self._on_s + dt_s, 1000.0) if max(commands) > 0 else 0.0
        starting = self._on_s < setting(Supervision.startup_inhibit)
        speeds = [value[name] for name in SPEEDS]
        clean_kPa = None if flow is None else setting(Supervision.filter_clean) * (flow / self._rated_l_min) ** 2
        believed = driving.believed
        believed.excess_kPa = excess(value["filter_differential_pressure"], clean_kPa)
        head_kPa = None if believed.pressure_kPa is None else believed.pressure_kPa + believed.excess_kPa
        if starting or profile.stopped_bits:
            self.effect.start([command if speed is None else speed for command, speed in zip(commands, speeds)])
        else:
            self.effect.step(dt_ms, commands, speeds, head_kPa, flow)
        self._stop(dt_s)
        self._doubt(believed.doubt, dt_s)
        if self._running is not None:
            self._running(flow is not None and flow > CARRYING * self._rated_l_min and not profile.stopped_bits)
        effect = self.effect
        for pump in range(2):
            judged = effect.judges(pump)
            alarm(PumpAlarm.pump_no_effect, effect.no_effect >> pump & 1 if judged else None, pump)
        self._turn = turn = (self._turn + 1) % 10
        alarms = profile.controller.alarms
        alarms.dt_ms = 2 * dt_ms  # what follows has its turn five times a second, or once
        if turn & 1:
            report_leak(alarms, self.leak, setting(Supervision.leak_volume), self._switch.closed)
        else:
            self._report(alarms, setting, starting)
        alarms.dt_ms = 10 * dt_ms
        if turn == 0:
            self._balance()
        elif turn == 1:
            believed.watch_heat()
        elif turn == 2:
            self._rotate()
        elif turn == 3:
            self._measure_wear(commands, speeds, head_kPa, flow)
        elif turn == 4:
            self._publish()
        elif turn == 5:
            report_temperatures(alarm, profile.sensors)
        elif turn == 7:
            report_sensors(alarm, profile.sensors, effect.feedback_wrong, believed.doubt)
        elif turn == 9:
            driving.valve.follow(
                believed.watch_flow(commands, effect.no_effect, profile.setpoints.mode == Mode.FLOW), 1.0
            )

    def _operate(self, dt_s):
        profile, operating = self._profile, self.operating
        holdings = profile.controller.holdings
        asked = holdings.get(Local.operation_setpoint)
        if asked == Operation.RUN and profile.controller.lease.remote:
            asked = holdings.get(Remote.remote_operation)
        driving = profile.driving
        part = None
        if operating.now == Operation.STANDBY:
            part = reached(driving.measured(), driving.setpoint(), Mode.DIFFERENTIAL_PRESSURE)
        operating.step(asked, part, profile.setting, dt_s)
        if operating.ended:
            operating.ended = False
            holdings.put(Local.operation_setpoint, Operation.RUN)
        profile.image.put(Watched.operation, operating.now)

    def _stop(self, dt_s):
        """Reasons to stop that need more than a limit. Each is latched by the tick; `causes` still hold."""
        profile, leak = self._profile, self.leak
        value, setting = profile.sensors.value, profile.setting
        causes = 0
        may = leak.may_stop(self._peer.closed, profile.heat_kW, dt_s)
        if leak.wet and above(leak.lost_l, setting(Supervision.leak_volume)):
            causes |= LEAK_STOP
            if may:
                profile.stop(LEAK_STOP)
        suction = value["return_pressure"]
        unsure = value["level"] is None or suction is not None and suction < setting(Settings.return_pressure_low)
        if self._switch.closed is False and unsure:
            causes |= DRY_RUN
            if profile.controller.alarms.active(PumpAlarm.level_low):
                profile.stop(DRY_RUN)
        profile.note_stops(profile.controller.alarms, causes)

    def _report(self, alarms, setting, starting):
        profile = self._profile
        sensors, driving = profile.sensors, profile.driving
        part, valve = 1.0, driving.valve_command  # nothing is asked for but in RUN
        if self.operating.now == Operation.RUN:
            part = None if starting else reached(driving.measured(), driving.setpoint(), profile.setpoints.mode)
        if starting or self.operating.now == Operation.FILL:
            valve = None
        report(alarms, sensors, setting, part, valve, bool(profile.stopped_bits))

    def _doubt(self, doubt, dt_s):
        """Two of three speak against supply or return pressure: after a while they stop the skid no longer, as one that is lost
        does not. What they say is judged again when they agree."""
        wrong = doubt & PRESSURES and not doubt & DIFFERENTIAL
        self._doubt_s = min(self._doubt_s + dt_s, DOUBT_s) if wrong else max(self._doubt_s - dt_s, 0.0)
        if self._doubt_s >= DOUBT_s or not self._doubt_s:
            self._profile.believe_pressures(not self._doubt_s)
        if doubt != self._told:
            self._told = doubt
            self._profile.sensors.changed = True

    # Once a second.

    def _balance(self):
        profile = self._profile
        level, setting = profile.sensors.value["level"], profile.setting
        if self.operating.now == Operation.FILL:
            level = None
        level_l = None if level is None else level / 100 * setting(Supervision.vessel_volume)
        self.leak.balance(level_l, setting(Supervision.leak_tolerance) / 60, 1.0)

    def _rotate(self):
        profile = self._profile
        if profile.driving.standby and self.operating.now == Operation.RUN and not profile.stopped_bits:
            interval_s = 3600 * profile.setting(Supervision.rotation_interval)
            profile.driving.arrangement.rotate(profile.run_time.s, interval_s, self.effect.no_effect, 1000)

    def _measure_wear(self, commands, speeds, head_kPa, flow):
        profile, put = self._profile, self._profile.image.put
        value, setting, alarms = profile.sensors.value, profile.setting, profile.controller.alarms
        rated_kPa = wear.at_rated(value["filter_differential_pressure"], flow, self._rated_l_min)
        loaded = wear.loading(rated_kPa, setting(Supervision.filter_clean), setting(Settings.filter_limit))
        put(Watched.filter_loading, loaded)
        point = wear.working_point(commands, speeds, self.effect.no_effect, flow)
        self._wear.step(point, head_kPa, (value.get("pump_power_1"), value.get("pump_power_2")))
        alarms.above(PumpAlarm.filter_loaded, loaded, setting(Supervision.filter_warning))
        for pump in range(2):
            ratio = self._wear.head.value[pump]
            put(Watched.pump_head_ratio, ratio, pump)
            put(Watched.pump_efficiency, self._wear.efficiency.value[pump], pump)
            alarms.below(PumpAlarm.pump_worn, ratio, setting(Supervision.pump_worn), pump)

    def _publish(self):
        put, leak = self._profile.image.put, self.leak
        put(Watched.leak_rope, leak.state)
        put(Watched.lost_volume, leak.lost_l)
        for field, contact in ((Watched.peer_running, self._peer), (Watched.level_switch, self._switch)):
            put(field, None if contact.closed is None else Contact.CLOSED if contact.closed else Contact.OPEN)


def _rope(pins, equipment):
    pin = pins.get("leak_adc")
    if pin is None:
        return None
    volts = reader(pin)
    return LeakRope(lambda: volts() / _ADC_V, equipment.LEAK_PULL_UP_ohm, equipment.LEAK_END_ohm)
