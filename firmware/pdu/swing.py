"""Swings of the PDU's power between 0.1 and 20 Hz, as training in step makes them: strongest one, its frequency, steepest ramps.

The hard tick keeps a mean of all fast currents every 20 ms, ten seconds of them. A sweep takes a copy, weighs it with Welch's
window 1 - x^2 (Welch 1967), and goes through the 205 bins of its Fourier transform, a few a turn. Three bins together hold the
energy of a sine between two of them, so that amplitude and frequency do not depend on where it lies (Parseval). Below 0.15 Hz
the window is too short: at 0.1 Hz the amplitude may be 20 % off.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from array import array
from math import pi, sin, sqrt

import micropython
from core.starting import at_start
from maps.pdu_statistics import Statistics
from micropython import const

_SAMPLES = const(512)
_PER_s = const(50)
_BINS = const(205)  # 20 Hz
_BINS_A_TURN = const(2)  # 0.6 ms each on a Pico
_LEAST = const(3)  # counts from peak to peak; less is no swing
_CODES = const(4)  # a count
_WINDOW_ENERGY = 269.112  # sum of the squares of the window as copy() has it
_SINE = const(127)
_STEPS_PER_s = const(5)  # ramps are taken over ten samples
# Places in the results.
_RISE = const(0)
_FALL = const(1)
# In the state of pdu.protection.
_ALL = const(48)
_COUNT = const(49)
_AT = const(50)  # samples so far; from 512 on it goes round between that and 1023


@micropython.viper
def keep(state: ptr32, ring: ptr16):
    """In the hard tick: the mean of the samples since the last call, in quarters of the sum of all codes."""
    at = state[_AT]
    value = ring[at + 511 & 511]
    if state[_COUNT]:
        value = state[_ALL] // (_CODES * state[_COUNT])
    ring[at & 511] = value
    state[_ALL] = state[_COUNT] = 0
    state[_AT] = at + 1 if at < 1023 else 512


@micropython.viper
def copy(ring: ptr16, oldest: int, into: ptr16, results: ptr32):
    """The ten seconds without their mean, weighed by the window; ptr16 has no sign, so 4096 is zero. And the steepest ramps."""
    total = rise = fall = 0
    for n in range(512):
        value = int(ring[oldest + n & 511])
        total += (value * (n * (511 - n) >> 8) + 128) >> 8
        if n >= 10:
            value -= int(ring[oldest + n - 10 & 511])
            if value > rise:
                rise = value
            if value < fall:
                fall = value
    mean = (total * 64 + 10827) // 21654  # 64 times the sum of the weights
    for n in range(512):
        value = (int(ring[oldest + n & 511]) - mean) * (n * (511 - n) >> 8) >> 8
        if value > 4095:
            value = 4095
        if value < -4095:
            value = -4095
        into[n] = value + 4096
    results[_RISE] = rise
    results[_FALL] = 0 - fall


@micropython.viper
def energy(values: ptr16, sines: ptr8, k: int) -> int:
    """Of bin `k`. `sines` is a turn and a quarter; 128 is zero."""
    re = im = turn = 0
    for n in range(512):
        value = int(values[n]) - 4096
        im += value * (int(sines[turn]) - 128)
        re += value * (int(sines[turn + 128]) - 128)
        turn = turn + k & 511
    re = re >> 12
    im = im >> 12
    return re * re + im * im


class Swing:
    """step() in the turns of housekeeping that metering leaves over, some fifteen a second. `state` is that of pdu.protection,
    `ring` goes to keep() with it."""

    @at_start
    def __init__(self, put, state, counts_per_A):
        self.ring = array("H", [0] * _SAMPLES)
        self._put = put
        self._state = state
        self._per_V = _CODES / counts_per_A
        self._values = array("H", self.ring)
        self._sines = bytearray(640)
        for i in range(640):
            self._sines[i] = int(128.5 + _SINE * sin(pi * i / 256))
        self._results = array("i", [0] * 2)
        self._told = True  # the ramps of this sweep
        self._bin = 0  # of the sweep; 0: none is under way
        self._near = (0, 0, 0)  # energies of the last three bins
        self._best = self._near
        self._best_bin = 0

    def step(self, volts):
        """`volts`: sum of the phases, None where they are not known, or where nothing is sampled."""
        first = self._bin
        if volts is None:
            self._state[_AT] = self._bin = 0  # what is in the ring will not do
            self._show(None, None)
            self._show_ramps(None)
        elif not first:
            if self._state[_AT] >= _SAMPLES:
                copy(self.ring, self._state[_AT], self._values, self._results)
                self._near = self._best = (0, 0, 0)
                self._bin = 1
                self._told = False
        elif not self._told:  # a turn of its own: with the copy it took 3.1 ms on a Pico
            self._told = True
            self._show_ramps(self._per_V * volts * _STEPS_PER_s / 1000)
        elif first > _BINS:
            self._bin = 0
            self._tell(volts)
        else:
            for k in range(first, first + _BINS_A_TURN):
                near = self._near = self._near[1], self._near[2], energy(self._values, self._sines, k)
                if sum(near) > sum(self._best):
                    self._best, self._best_bin = near, k - 1
            self._bin = first + _BINS_A_TURN

    def _tell(self, volts):
        before, _, behind = self._best
        total = sum(self._best)
        # 4 times: a sine has two lines, and from peak to peak it is twice its amplitude.
        counts = 4 * sqrt(total / (_SAMPLES * _WINDOW_ENERGY)) * 4096 / _SINE
        if counts < _LEAST:
            self._show(0, None)
        else:
            bin = self._best_bin + (behind - before) / total
            self._show(counts * self._per_V * volts, bin * _PER_s / _SAMPLES)

    def _show(self, amplitude_W, frequency_Hz):
        self._put(Statistics.swing_amplitude, amplitude_W)
        self._put(Statistics.swing_frequency, frequency_Hz)

    def _show_ramps(self, per_s):
        results = self._results
        self._put(Statistics.ramp_up, None if per_s is None else results[_RISE] * per_s)
        self._put(Statistics.ramp_down, None if per_s is None else results[_FALL] * per_s)
