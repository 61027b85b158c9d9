"""The PIO programs of the RP2040, run step by step: the hard tick's period, when the driver of the line lets go, and when silence
is told. What cannot run here is the processor's read of the PIO's flags.
"""

# ruff: noqa: E402  (the module must be in place before the firmware imports it)
import sys

import rp2_model

sys.modules["rp2"] = rp2_model

from core import tick
from core.line_pio import Direction, Silence

NOT_ON = {"pico": "a model stands in for rp2; tests/hil measures what the real one does"}

STEP_US = 0.4
LINES = ((1200, 11), (9600, 11), (9600, 10), (19200, 11), (38400, 10), (115200, 11), (115200, 10))


class Pin:
    """A line on which characters of all-low data begin at these times: nothing but the stop bits is high."""

    def __init__(self, baud, bits):
        self.bit_ns = 1_000_000_000 / baud
        self.bits = bits
        self.begins = []
        self.ends = 0.0

    def send(self, begin_ns, count, gap_bits=0.0, low_bits=None):
        for number in range(count):
            at = begin_ns + number * (self.bits + gap_bits) * self.bit_ns
            self.begins.append((at, at + (low_bits or self.bits - 1) * self.bit_ns))
        self.ends = self.begins[-1][0] + self.bits * self.bit_ns

    def __call__(self, now_ns):
        for begin, end in self.begins:
            if begin <= now_ns < end:
                return 0
        return 1


def test_the_hard_tick_comes_each_millisecond():
    times = []
    machine = tick.start("pio", lambda source: times.append(source.now_ns))
    machine.run(1_000_000_000)
    assert len(times) == 1000
    assert [b - a for a, b in zip(times, times[1:])] == [1_000_000] * 999


def driven(baud, bits, count, low_bits=None):
    """(when the driver went on, when it let go, when the last stop bit ended), in nanoseconds."""
    pin = Pin(baud, bits)
    direction = Direction(pin, None, baud, bits)
    machine = rp2_model.StateMachine.made[1]
    machine.run(1_000_000)
    assert machine.moved == []
    direction(count)
    pin.send(1_050_000, count, low_bits=low_bits)
    machine.run(int(pin.ends) + 5_000_000)
    (on, one), (off, zero) = machine.moved
    assert (one, zero) == (1, 0)
    return on, off, pin.ends


def test_the_driver_lets_go_at_the_end_of_the_last_stop_bit():
    for baud, bits in LINES:
        for count in (1, 2, 8, 60):
            on, off, ended = driven(baud, bits, count)
            assert 0 <= on - 1_000_000 <= 4_000, (baud, bits, count)
            assert 0 <= off - ended <= 5_000, (baud, bits, count, off - ended)


def test_it_counts_characters_whatever_is_in_them():
    assert driven(19200, 11, 5, low_bits=1)[1] == driven(19200, 11, 5)[1]


def test_a_driver_that_missed_a_start_bit_is_let_go_by_the_loop():
    pin = Pin(19200, 11)
    direction = Direction(pin, None, 19200, 11)
    machine = rp2_model.StateMachine.made[1]
    direction(3)
    pin.send(100_000, 2)  # one less than was told
    machine.run(50_000_000)
    assert machine.output == 1
    direction(0)
    assert machine.output == 0
    direction(1)  # and it is ready for the next frame
    pin.send(60_000_000, 1)
    machine.run(70_000_000)
    assert machine.output == 0 and 0 <= machine.moved[-1][0] - pin.ends <= 5_000


def listening(baud, bits, silence_us):
    pin = Pin(baud, bits)
    Silence(pin, baud, bits, silence_us)
    return pin, rp2_model.StateMachine.made[2]


def silent(machine):
    return machine.flags >> 4 & 1


def told_at(machine, from_ns, until_ns):
    """When silence is told, to 2 us."""
    at = from_ns
    while at < until_ns:
        machine.run(at)
        if silent(machine):
            return machine.now_ns
        at += 2_000
    return None


def test_silence_is_told_when_it_has_lasted_and_not_before():
    for baud, bits in LINES[1:]:
        silence_us = 1750 if baud > 19200 else 38_500_000 // baud
        pin, machine = listening(baud, bits, silence_us)
        pin.send(1_000_000, 8)
        ended = int(pin.ends)
        at = told_at(machine, ended - 500_000, ended + 20_000_000)
        assert at is not None and 0 <= at - ended - 1000 * silence_us <= 10_000, (baud, bits, at - ended)


def test_a_start_bit_ends_the_silence_and_a_short_gap_begins_none():
    pin, machine = listening(19200, 11, 2005)
    pin.send(1_000_000, 4)
    first = int(pin.ends)
    pin.send(first + 1_900_000, 4)  # 1.9 ms of silence
    machine.run(first + 1_990_000)
    assert not silent(machine)
    second = int(pin.ends)
    machine.run(second + 2_100_000)
    assert silent(machine)
    pin.send(second + 3_000_000, 1)
    machine.run(second + 3_010_000)
    assert not silent(machine)


def test_a_master_whose_clock_differs_by_two_percent_is_followed():
    for baud in (18_816, 19_584):
        pin, machine = listening(19200, 11, 2005)
        pin.bit_ns = 1_000_000_000 / baud
        pin.send(1_000_000, 60)
        ended = int(pin.ends)
        machine.run(ended)
        assert not silent(machine)
        at = told_at(machine, ended, ended + 5_000_000)
        assert at is not None and abs(at - ended - 2_005_000) <= 30_000, (baud, at - ended)
