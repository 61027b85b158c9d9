"""Interlocks that must not wait for the main loop, and the averaging of the transmitters: the skid's part of the hard tick.

Integers only; nothing is allocated. A rule compares one channel with a limit for a number of ticks in a row; a channel
outside the NE43 range never satisfies a rule: a broken sensor is an alarm of its own, not a dry tank.
"""

from array import array

import micropython
from core.starting import at_start
from micropython import const

CHANNELS = const(16)
WINDOW = const(100)  # ticks averaged into one value
RULES = const(3)
STRIDE = const(5)
# Fields of a rule.
_CHANNEL = const(0)
_LIMIT = const(1)
_BELOW = const(2)  # 1: satisfied below the limit, 0: above
TICKS = const(3)  # in a row
_HELD = const(4)


@micropython.viper
def add(codes: ptr32, sums: ptr32, first: int, behind: int):
    """Add codes to their sums: eight of one converter, or all sixteen in one go."""
    for channel in range(first, behind):
        sums[channel] += codes[channel]


@micropython.viper
def begin(codes: ptr32, sums: ptr32, first: int, behind: int):
    """The same for the first sample of a window: what the last one left is overwritten, so nothing has to be cleared."""
    for channel in range(first, behind):
        sums[channel] = codes[channel]


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

    @at_start
    def __init__(self):
        self.filling = array("i", [0] * CHANNELS)
        self.finished = array("i", [0] * CHANNELS)
        self.good = bytearray(3)  # samples of each converter in the window being filled, and its ticks
        self.samples = bytearray(2)  # and in the finished one
        self.number = 0  # finished windows

    @micropython.native
    def swap(self):
        """At the end of a window: the finished buffer is for the main loop, which has 100 ms to read it."""
        self.filling, self.finished = self.finished, self.filling
        good, samples = self.good, self.samples
        samples[0], samples[1] = good[0], good[1]
        good[0] = good[1] = good[2] = 0
        self.number = self.number + 1 & 0x1FFFFFFF


@at_start
def rules():
    return array("i", [0] * (RULES * STRIDE))


def set_rule(table, rule, channel, limit_code, below, ticks):
    at = rule * STRIDE
    table[at + _CHANNEL] = channel
    table[at + _LIMIT] = limit_code
    table[at + _BELOW] = 1 if below else 0
    table[at + TICKS] = ticks


def held(table, rule):
    """True while the condition of a rule is met."""
    return table[rule * STRIDE + _HELD] != 0
