"""Pulses timed by the PIO program, run step by step, and by a counter; and what flow meter and tacho make of them."""

# ruff: noqa: E402  (the modules must be in place before the firmware imports them)
import sys

import rp2_model

sys.modules["rp2"] = rp2_model


class Module:
    pass


class Clock:
    ms = 0


class Count:
    def __init__(self, number, pin):
        Count.made = self
        self.pulses = 0

    def value(self):
        return self.pulses & 0xFFFF


machine = Module()
machine.Counter = Count


class Pin:
    IN = 0
    wires = {}

    def __new__(cls, number, mode):
        return cls.wires.get(number)


machine.Pin = Pin
sys.modules["machine"] = machine

from drivers import pulses_counter, pulses_pio
from drivers.flow_meter import FlowMeter
from drivers.tacho import Tacho

NOT_ON = {"pico": "a model stands in for rp2; tests/hil measures what the real one does"}
for module in (pulses_counter, pulses_pio):
    module.ticks_ms = lambda: Clock.ms & 0x3FFFFFFF
    module.ticks_add = lambda a, b: a + b & 0x3FFFFFFF
    module.ticks_diff = lambda a, b: ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000


class Train:
    """A square wave in nanoseconds; None: low for ever."""

    def __init__(self, hertz):
        self.hertz = hertz

    def __call__(self, now_ns):
        return 0 if not self.hertz else int(now_ns * self.hertz * 2 // 1_000_000_000 & 1)


class Pio:
    def __init__(self, hertz, start_ms=0):
        Clock.ms = start_ms
        self.train = Pin.wires[7] = Train(hertz)
        pulses_pio._used.clear()
        self.pulses = pulses_pio.Pulses(7)
        self.machine = rp2_model.StateMachine.made[4]
        self._begin_ms = start_ms

    def after(self, ms):
        Clock.ms += ms
        if self.train.hertz:
            self.machine.run((Clock.ms - self._begin_ms) * 1_000_000)
        else:  # nothing moves: only the time goes on
            self._begin_ms += ms
        return self.pulses.hertz()


def near(value, right, part=0.001):
    return value is not None and abs(value - right) <= part * right


def test_a_fast_train_is_timed_over_four_edges():
    for hertz, ms in ((40, 220), (150, 60), (1000, 15)):
        pio = Pio(hertz)
        pio.after(ms)
        assert near(pio.after(ms), hertz), hertz


def test_a_slow_train_is_timed_from_edge_to_edge():
    pio = Pio(12)
    values = [pio.after(30) for _ in range(8)]
    assert values[0] is None and near(values[-1], 12), values


def test_a_train_that_ends_fades_and_is_nothing_after_two_seconds():
    pio = Pio(100)
    pio.after(100)
    assert near(pio.after(100), 100)
    pio.train.hertz = None
    assert [pio.after(ms) for ms in (100, 400, 1000, 500)] == [10.0, 2.0, 1000 / 1500, 0.0]
    for _ in range(4):
        assert pio.after(200_000_000) == 0.0, "ticks come round, and silence stays silence"
    pio.train.hertz = 100
    pio.after(100)
    assert near(pio.after(100), 100), "and begins again, with no time from before"


def test_ticks_may_wrap_in_between():
    pio = Pio(50, 0x3FFFFFFF - 60)
    values = [pio.after(30) for _ in range(5)]
    assert near(values[-1], 50)


class Counted:
    def __init__(self):
        Clock.ms = 1000
        self.pulses = pulses_counter.Pulses(7)

    def after(self, ms, pulses):
        Clock.ms += ms
        Count.made.pulses += pulses
        return self.pulses.hertz()


def test_a_counter_counts_over_half_a_second():
    counted = Counted()
    values = [counted.after(100, 12) for _ in range(10)]
    assert values[0] is None and near(values[-1], 120)
    assert counted.after(500, 0xFFFF) is not None, "its 16 bits overrun"
    for _ in range(10):
        last = counted.after(100, 12)
    assert near(last, 120)
    assert counted.after(1000, 0) == 1.0 and counted.after(1000, 0) == 0.0


class Given:
    value = None

    def hertz(self):
        return self.value


def test_flow_by_the_table_of_the_maker():
    given = Given()
    meter = FlowMeter(given, ((10, 4.0), (100, 5.0), (200, 5.2)))
    for hertz, pulses_per_litre in ((5, 4.0), (10, 4.0), (55, 4.5), (150, 5.1), (210, 5.2)):
        given.value = hertz
        assert near(meter.read(True), 60 * hertz / pulses_per_litre)
    given.value = 300
    assert meter.read(True) is None and meter.errors == 1


def test_silence_is_nothing_only_of_a_meter_that_is_there():
    given = Given()
    for sensor in (FlowMeter(given, ((10, 4.0),)), Tacho(given, 2, 3000)):
        given.value = None
        assert sensor.read(True) is None and sensor.read(False) is None
        given.value = 0.0
        assert sensor.read(True) == 0.0 and sensor.read(False) is None


def test_a_tacho_in_percent_of_full_speed():
    given = Given()
    tacho = Tacho(given, 2, 3000)
    given.value = 50
    assert near(tacho.read(True), 50)
    given.value = 140
    assert tacho.read(True) is None and tacho.errors == 1
