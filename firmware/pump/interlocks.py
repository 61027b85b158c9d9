"""The skid's interlocks: the hard tick that stops the pumps, what it latched, and how the main loop asks it for more.

Only the tick changes `stopped_bits`: a read-modify-write in the main loop could lose what an interrupt in the middle of it
stored. The main loop leaves its wishes in `_asked`, which the tick takes.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from array import array

import micropython
from core.starting import at_start
from drivers.current_loop import FAULT_HIGH_uA, FAULT_LOW_uA
from maps.pump import Settings
from maps.pump_alarms import PumpAlarm
from micropython import const

from pump.protection import STRIDE, TICKS, WINDOW, Window, add, begin, held, judge, rules, set_rule

_WRAP = const(0x1FFFFFFF)  # core.tick.WRAP
_NEVER = const(0x1FFFFFFF)  # ticks: six days in a row
_STOP = const(8)  # shift of the bits to stop in what the main loop asks for
DRY_RUN = const(1)
LEAK_STOP = const(8)
LATCHED = const(0x0F)
# Rules of the tick: (alarm, transmitter, satisfied below the limit, setting, its part that is the limit, ticks in a row). Bits
# of stopped_bits in this order; behind them what only the main loop asks for.
RULES = (
    (PumpAlarm.dry_run, "level", True, Settings.dry_run_level, 1.0, 300),
    (PumpAlarm.supply_pressure_stop, "supply_pressure", False, Settings.supply_pressure_stop, 1.0, 300),
    (PumpAlarm.return_pressure_stop, "return_pressure", True, Settings.return_pressure_low, 0.5, 10_000),
)
STOPS = tuple([rule[0] for rule in RULES]) + (PumpAlarm.leak_stop,)


class Interlocks:
    """The part of the profile that is the tick."""

    @at_start
    def bind_tick(self, converters, latched):
        self.codes = converters.codes
        self.window = Window()
        self.rules = rules()
        self.tick_count = 0
        self.tick_overruns = 0
        self.stopped_bits = latched & LATCHED
        self._uA_per_count = converters.uA_per_count
        self._low_code = int(FAULT_LOW_uA / self._uA_per_count)
        self._high_code = int(FAULT_HIGH_uA / self._uA_per_count)
        self._asked = array("i", [0])  # bits to release, and << _STOP to stop; an element is cheaper than an attribute
        self._noted_bits = 0

    @at_start
    def prepare_tick(self, converters, drives):
        """What the tick needs, in one place: it looks up one attribute instead of eight, and binds no method, which would
        allocate. A converter that is not fitted costs it nothing."""
        self._for_tick = (
            self.window,
            self.codes,
            self.rules,
            self._low_code,
            self._high_code,
            converters.reader(0),
            converters.reader(1),
            drives[0].stop,
            drives[1].stop,
            self._asked,
        )

    @micropython.native
    def tick(self, source):
        """The hard tick. Nothing here may allocate, wait, or touch what the main loop is in the middle of."""
        self.tick_count = self.tick_count + 1 & _WRAP
        window, codes, rules, low, high, read_first, read_second, stop_first, stop_second, asking = self._for_tick
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
        stopped, asked = self.stopped_bits, asking[0]
        if asked:
            asking[0] = 0
            stopped = self.stopped_bits = stopped & ~asked | asked >> _STOP
        due = judge(codes, rules, low, high)
        if due and due & ~stopped:
            stopped = self.stopped_bits = stopped | due
        ticks = good[2] + 1
        good[2] = ticks
        if ticks == WINDOW:
            window.swap()
        elif stopped:
            # In every other tick, for good: the main loop may have been about to drive a pump when this interrupt came. One a
            # tick, and none beside the swap, because a PWM costs 20 us.
            if ticks & 1:
                stop_first(0)
            else:
                stop_second(0)

    @micropython.native
    def _gather(self, chip):
        window = self.window
        if window.good[chip]:
            add(self.codes, window.filling, 8 * chip, 8 * chip + 8)
        else:
            begin(self.codes, window.filling, 8 * chip, 8 * chip + 8)
        window.good[chip] += 1

    def set_limits(self, transmitters, setting):
        """Limits of the rules as codes of the converter."""
        for rule in range(len(RULES)):
            _, name, below, limit, part, ticks = RULES[rule]
            for known, place, low, high, _ in transmitters:
                if known == name:
                    uA = 4000 + (part * setting(limit) - low) / (high - low) * 16000
                    set_rule(self.rules, rule, 8 * place[0] + place[1], int(uA / self._uA_per_count), below, ticks)

    def believe_pressures(self, yes):
        """Whether the rules of supply and return pressure count. One word each is stored: the tick sees the old or the new."""
        for rule in (1, 2):
            self.rules[rule * STRIDE + TICKS] = RULES[rule][5] if yes else _NEVER

    def stop(self, bit):
        """The main loop found a reason to stop: in force with the next tick, latched as the tick's own."""
        if not self.stopped_bits & bit:
            self._asked[0] |= bit << _STOP

    def note_stops(self, alarms, causes):
        """Alarms of what acted. `causes` are bits that still hold, beside those of the rules: they cannot be reset."""
        new = self.stopped_bits & ~self._noted_bits & ~self._asked[0]
        self._noted_bits |= new
        for bit in range(len(STOPS)):
            alarm = STOPS[bit]
            holds = causes >> bit & 1 or bit < len(RULES) and held(self.rules, bit)
            if new >> bit & 1:
                alarms.trip(alarm)
            elif not (alarms.active(alarm) and holds):
                alarms.set(alarm, False)

    def release(self, alarms):
        """Latched alarms were reset: let go of those whose alarm went."""
        release = 0
        for bit in range(len(STOPS)):
            if self._noted_bits >> bit & 1 and not alarms.active(STOPS[bit]):
                release |= 1 << bit
        self._noted_bits &= ~release
        self._asked[0] |= release
