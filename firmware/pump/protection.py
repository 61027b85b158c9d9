"""Interlocks that must not wait for the main loop, and the averaging of the transmitters: the skid's part of the hard tick.

Integers only; nothing is allocated. A rule compares one channel with a limit for a number of ticks in a row; a channel
outside the NE43 range never satisfies a rule: a broken sensor is an alarm of its own, not a dry tank.
"""

from array import array

import micropython
from micropython import const

CHANNELS = const(16)
WINDOW = const(100)  # ticks averaged into one value
RULES = const(3)
_STRIDE = const(5)
# Fields of a rule.
_CHANNEL = const(0)
_LIMIT = const(1)
_BELOW = const(2)  # 1: satisfied below the limit, 0: above
_TICKS = const(3)  # in a row
_HELD = const(4)


@micropython.viper
def add(codes: ptr32, sums: ptr32, first: int):
    for channel in range(8):
        sums[first + channel] += codes[channel]


@micropython.viper
def judge(codes: ptr32, rules: ptr32, low: int, high: int) -> int:
    """One tick of the rules over 16 codes; returns a bit for each rule whose time is up."""
    due = 0
    for rule in range(3):
        at = rule * 5
        code = codes[rules[at]]  # a negative one (on a 64-bit viper a huge one) is outside low..high
        met = 0
        if code >= low and code <= high:
            if rules[at + 2]:
                if code < rules[at + 1]:
                    met = 1
            elif code > rules[at + 1]:
                met = 1
        if met:
            held = rules[at + 4] + 1
            if held >= rules[at + 3]:
                due |= 1 << rule
            else:
                rules[at + 4] = held
        else:
            rules[at + 4] = 0
    return due


class Window:
    """Sums of the codes of both converters, double buffered: the tick fills one while the main loop reads the other."""

    def __init__(self):
        self._buffers = (array("i", [0] * CHANNELS), array("i", [0] * CHANNELS))
        self._filling = 0
        self._ticks = 0
        self._good = [0, 0]  # samples of each converter in the window being filled
        self.samples = [0, 0]  # and in the finished one
        self.number = 0  # finished windows

    @property
    def filling(self):
        return self._buffers[self._filling]

    @property
    def finished(self):
        return self._buffers[1 - self._filling]

    def took(self, chip):
        self._good[chip] += 1

    def advance(self):
        """Count a tick; at the end of the window swap the buffers."""
        self._ticks += 1
        if self._ticks < WINDOW:
            return
        self._ticks = 0
        self._filling = 1 - self._filling
        for chip in range(2):
            self.samples[chip] = self._good[chip]
            self._good[chip] = 0
        target = self._buffers[self._filling]
        for channel in range(CHANNELS):
            target[channel] = 0
        self.number = (self.number + 1) & 0x3FFFFFFF


def rules():
    return array("i", [0] * (RULES * _STRIDE))


def set_rule(table, rule, channel, limit_code, below, ticks):
    at = rule * _STRIDE
    table[at + _CHANNEL] = channel
    table[at + _LIMIT] = limit_code
    table[at + _BELOW] = 1 if below else 0
    table[at + _TICKS] = ticks


def held(table, rule):
    """True while the condition of a rule is met."""
    return table[rule * _STRIDE + _HELD] != 0
