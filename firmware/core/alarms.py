"""Alarms of one controller: delay, deadband, latch, first-out. Conditions are computed by the profile, texts live in the maps.

A condition of None means that it cannot be judged (its sensor is lost): the alarm keeps its state and its validity twin
reads 0.
"""

from array import array

import micropython
from maps.fields import ALARM_COUNT, CODE, DEADBAND, DELAY, LATCH, VALIDITY

from core.bank import Bits, declared_in
from core.starting import at_start

RESET_ALL = 0xACE


def _ignore(code, came):
    """Where nobody keeps a journal."""


class Alarms:
    """`noted(code, came)` is called in the main loop for each alarm that comes (True) or goes."""

    @at_start
    def __init__(self, classes):
        declared = [
            (alarm & CODE, alarm >> ALARM_COUNT & 15, alarm) for group in classes for alarm in declared_in(group)
        ]
        declared.sort()  # by code, which no two share
        spans = []
        end = self._end = max([1] + [first + count for first, count, _ in declared])
        self._delay = array("i", [-1] * end)  # ms; -1: no such alarm
        self._latching = bytearray(end)
        for first, count, alarm in declared:
            for code in range(first, first + count):
                self._delay[code] = 100 * (alarm >> DELAY)
                self._latching[code] = alarm >> LATCH & 1
                if spans and spans[-1][1] == code:
                    spans[-1] = (spans[-1][0], code + 1)
                else:
                    spans.append((code, code + 1))
        self.bits = Bits(spans + [(first + VALIDITY, end + VALIDITY) for first, end in spans])
        self._quiet = bytearray(end)  # 1: valid, not active, and its condition was false; most are, most of the time
        self._true_ms = array("i", [0] * end)
        self._order = array("i", [0] * end)
        self._came = 0
        self.noted = _ignore
        self.first_out = None
        self.first_out_ms = 0  # age of the first-out alarm
        self.count = 0
        self.dt_ms = 100

    @micropython.native
    def set(self, alarm, condition, index=0):
        """Report the condition of `alarm` (the index-th of an array) for this cycle; True when the alarm is active."""
        code = (alarm & CODE) + index
        if condition is not None and not condition and self._quiet[code]:
            return 0
        self._quiet[code] = 0
        bits = self.bits
        if condition is None:
            bits.put(code + VALIDITY, 0)
            return bits.get(code)
        bits.put(code + VALIDITY, 1)
        if condition:
            held = self._true_ms[code]
            if held >= self._delay[code]:
                self._come(code)
            self._true_ms[code] = min(held + self.dt_ms, 0x3FFFFFFF)
        else:
            self._true_ms[code] = 0
            if not self._latching[code]:
                self._go(code)
            self._quiet[code] = 1 - bits.get(code)
        return bits.get(code)

    @micropython.native
    def above(self, alarm, value, limit, index=0):
        """Report that `value` is above `limit`, None: not known. An alarm that is active goes when the value is below the limit
        by its deadband: a value that lies near its limit must not chatter."""
        code = (alarm & CODE) + index
        if value is None:
            return self.set(alarm, None, index)
        if self._quiet[code]:
            if value <= limit:
                return 0
        elif self.bits.get(code):
            limit -= abs(limit) * (alarm >> DEADBAND & 15) / 100
        return self.set(alarm, value > limit, index)

    def below(self, alarm, value, limit, index=0):
        """The same of a value below its limit."""
        return self.above(alarm, None if value is None else -value, -limit, index)

    def trip(self, alarm, index=0):
        """Protection acted: active at once, whatever the delay (the tick has already waited for it).

        It can be reset after `set` with a false condition has said that the cause is gone.
        """
        code = (alarm & CODE) + index
        self._true_ms[code] = max(1, self._delay[code])
        self._quiet[code] = 0
        self.bits.put(code + VALIDITY, 1)
        self._come(code)

    def start_anew(self):
        """Every alarm that does not latch goes, and comes back when its condition still holds."""
        for code in range(1, self._end):
            if self._delay[code] >= 0 and not self._latching[code]:
                self._true_ms[code] = self._quiet[code] = 0
                self._go(code)
                self.bits.put(code + VALIDITY, 0)

    def active(self, alarm, index=0):
        return self.bits.get((alarm & CODE) + index)

    def reset(self, code):
        """Reset a latched alarm whose condition has gone, or all of them with RESET_ALL. False where nothing could be."""
        done = False
        for each in range(1, self._end) if code == RESET_ALL else (code,):
            if 0 < each < self._end and self._latching[each] and self.bits.get(each) and not self._true_ms[each]:
                self._go(each)
                done = True
        return done

    def age(self, ms):
        self.first_out_ms = min(self.first_out_ms + ms, 0x3FFFFFFF)

    def _come(self, code):
        if not self.bits.get(code):
            self.bits.put(code, 1)
            self._came += 1
            self._order[code] = self._came
            self.count += 1
            self.noted(code, True)
            if self.first_out is None:
                self.first_out = code
                self.first_out_ms = 0

    def _go(self, code):
        if self.bits.get(code):
            self.bits.put(code, 0)
            self.count -= 1
            self.noted(code, False)
            if self.first_out == code:
                self._next_first_out()

    def _next_first_out(self):
        earliest = None
        for code in range(1, self._end):
            if self._delay[code] >= 0 and self.bits.get(code):
                if earliest is None or self._order[code] < self._order[earliest]:
                    earliest = code
        self.first_out = earliest
        self.first_out_ms = 0
