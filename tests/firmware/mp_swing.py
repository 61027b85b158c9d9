"""Signals that are known, through the code of the tick and of the sweep."""

from array import array
from math import pi, sin

from maps.pdu_statistics import Statistics
from pdu.swing import Swing, keep

COUNTS_PER_A = 40.96
VOLTS = 720.0


class Shown:
    def __init__(self):
        self.values = {}

    def __call__(self, field, value, at=0):
        self.values[field] = value


def noise(seed):
    while True:
        seed = (seed * 16807) % 2147483647
        yield seed / 2147483647 - 0.5


def analysed(watts_at, seconds=12, noise_W=0.0):
    """Registers after a power that is `watts_at(t)` was sampled by the tick; None in it: the tick had no sample."""
    shown, state = Shown(), array("i", [0] * 51)
    swing = Swing(shown, state, COUNTS_PER_A)
    random = noise(7)
    for sample in range(50 * seconds):
        watts = watts_at(sample / 50)
        if watts is not None:
            state[48] = int((watts + noise_W * next(random)) / VOLTS * COUNTS_PER_A) * 20
            state[49] = 20
        keep(state, swing.ring)
    for _ in range(120):
        swing.step(VOLTS)
    return shown.values


def sine(frequency_Hz, amplitude_W, phase=0.0):
    return lambda t: 150_000 + amplitude_W * sin(2 * pi * frequency_Hz * t + phase)


def test_a_sine_on_noise_and_offset_is_found():
    for frequency_Hz in (0.2, 0.35, 1.0, 2.77, 7.0, 13.3, 19.5):
        for phase in (0.0, 1.0, 2.5, 4.0):
            found = analysed(sine(frequency_Hz, 15_000, phase), noise_W=6000)
            assert abs(found[Statistics.swing_amplitude] - 30_000) < 1500, (frequency_Hz, phase, found)
            assert abs(found[Statistics.swing_frequency] - frequency_Hz) < 50 / 512, (frequency_Hz, phase, found)


def test_the_strongest_of_two_is_told():
    found = analysed(lambda t: sine(1.3, 10_000)(t) + sine(6.1, 20_000)(t) - 150_000)
    assert abs(found[Statistics.swing_frequency] - 6.1) < 0.05
    assert abs(found[Statistics.swing_amplitude] - 40_000) < 2000


def test_amplitudes_from_small_to_full_scale():
    for amplitude_W in (2000, 10_000, 149_000):
        found = analysed(sine(3.0, amplitude_W))
        assert abs(found[Statistics.swing_amplitude] / 2 - amplitude_W) < 0.05 * amplitude_W, (amplitude_W, found)
    full = analysed(lambda t: 180_000 + 180_000 * sin(2 * pi * 3 * t))  # eight branches at 63 A
    assert abs(full[Statistics.swing_amplitude] - 360_000) < 0.05 * 360_000


def test_beyond_what_branches_can_carry_it_does_not_overflow():
    found = analysed(lambda t: 2_200_000 if int(t) % 2 else 0)
    assert found[Statistics.swing_amplitude] > 200_000 and abs(found[Statistics.swing_frequency] - 0.5) < 0.05


def test_a_steady_load_does_not_swing():
    found = analysed(lambda t: 150_000)
    assert found[Statistics.swing_amplitude] == 0 and found[Statistics.swing_frequency] is None
    assert found[Statistics.ramp_up] == 0 == found[Statistics.ramp_down]


def test_ramps_are_the_steepest_of_the_window():
    def load(t):
        return 100_000 + (30_000 * min(1.0, (t - 6) / 1.0) if t > 6 else 0) - (40_000 if t > 9 else 0)

    found = analysed(load)
    assert abs(found[Statistics.ramp_up] - 30) < 1.5
    assert abs(found[Statistics.ramp_down] - 200) < 4  # a step counts as if it took the 200 ms


def test_nothing_is_told_before_ten_seconds_are_there():
    assert not analysed(sine(1.0, 10_000), seconds=10)


def test_a_sample_that_the_tick_did_not_get_repeats_the_one_before():
    found = analysed(lambda t: None if 8 < t < 8.05 else 150_000)
    assert found[Statistics.swing_amplitude] == 0


def test_an_unknown_voltage_makes_unknown_power():
    state, shown = array("i", [0] * 51), Shown()
    swing = Swing(shown, state, COUNTS_PER_A)
    state[50] = 512
    for _ in range(120):
        swing.step(None)
    assert shown.values == {
        Statistics.swing_amplitude: None,
        Statistics.swing_frequency: None,
        Statistics.ramp_up: None,
        Statistics.ramp_down: None,
    }
