"""Demand against a mean taken here; the neutral current against complex numbers."""

from cmath import rect
from math import acos, pi

from maps.common import Quality
from maps.pdu import BRANCHES
from maps.pdu_statistics import BranchStatistics, Statistics
from pdu.neutral import neutral_A
from pdu.statistics import Demand


class Meters:
    def __init__(self):
        self.energy_mWh = [123_456_789] * BRANCHES
        self.power_dW = [0] * BRANCHES
        self.quality = bytearray([Quality.GOOD] * BRANCHES)
        self.good_bits = 0xFF
        self.total_dW = 0
        self._rest = [0.0] * BRANCHES

    def run(self, watts, ms):
        for branch in range(BRANCHES):
            self.power_dW[branch] = int(10 * watts[branch])
            self._rest[branch] += watts[branch] * ms / 3600
            self.energy_mWh[branch] += int(self._rest[branch])
            self._rest[branch] -= int(self._rest[branch])
        self.total_dW = int(10 * sum(watts))


class Shown:
    def __init__(self):
        self.values = {}

    def __call__(self, field, value, at=0):
        self.values[field, at] = value

    def branch(self, field, branch):
        return self.values.get((field, BranchStatistics.START + branch * BranchStatistics.STRIDE))


def bench():
    meters, shown = Meters(), Shown()
    return meters, shown, Demand(shown, meters)


def run(meters, demand, watts_at, minutes, first=0):
    """A step a second: five, as there are in a controller, would take an emulated Pico half an hour."""
    for second in range(first, first + 60 * minutes):
        meters.run([watts_at(second)] * BRANCHES, 1000)
        demand.step(1000)


def test_demand_is_the_mean_of_the_last_ten_whole_minutes():
    meters, shown, demand = bench()
    watts_at = lambda second: 10_000 + 100 * (second // 60) + (5000 if second % 7 == 0 else 0)  # noqa: E731
    run(meters, demand, watts_at, 10)
    assert shown.branch(BranchStatistics.demand, 3) is None, "the first minute began before the start"
    run(meters, demand, watts_at, 8, 600)
    expected = sum(watts_at(second) for second in range(480, 1080)) / 600
    for _ in range(9):
        demand.step(0)
    for branch in range(BRANCHES):
        assert abs(shown.branch(BranchStatistics.demand, branch) - expected) < 10
    assert abs(shown.values[Statistics.demand, 0] - 8 * expected) < 80
    assert shown.branch(BranchStatistics.peak_power, 0) == watts_at(1078)


def test_a_minute_without_its_meter_makes_ten_minutes_unknown_and_the_peak_stays():
    meters, shown, demand = bench()
    run(meters, demand, lambda second: 20_000, 12)
    meters.good_bits = 0xFE
    demand.step(200)
    meters.good_bits = 0xFF
    run(meters, demand, lambda second: 10_000, 9)
    assert shown.branch(BranchStatistics.demand, 0) is None and shown.values[Statistics.demand, 0] is None
    assert shown.branch(BranchStatistics.demand, 1) < 13_000
    assert abs(shown.branch(BranchStatistics.peak_demand, 0) - 20_000) < 10
    run(meters, demand, lambda second: 10_000, 3)
    assert abs(shown.branch(BranchStatistics.demand, 0) - 10_000) < 10


def test_peaks_begin_anew():
    meters, shown, demand = bench()
    run(meters, demand, lambda second: 20_000, 12)
    run(meters, demand, lambda second: 5_000, 12)
    assert shown.values[Statistics.peak_power, 0] == 160_000 and shown.values[Statistics.peak_demand, 0] > 159_000
    demand.reset_peaks()
    run(meters, demand, lambda second: 5_000, 1)
    assert shown.values[Statistics.peak_power, 0] == 40_000
    assert abs(shown.values[Statistics.peak_demand, 0] - 40_000) < 80


def phasors(currents_A, factors, lagging):
    total = 0
    for phase in range(3):
        lag = acos(factors[phase]) if lagging else -acos(factors[phase])
        total += rect(currents_A[phase], -lag - phase * 2 * pi / 3)
    return abs(total)


def test_the_neutral_knows_the_power_factors():
    for currents in ((30, 30, 30), (30, 20, 10), (63, 0, 0), (30, 30, 0)):
        for factors in ((1, 1, 1), (0.9, 0.9, 0.9), (1, 0.7, 0.9), (0.5, 1, 1)):
            for lagging in (True, False):
                watts = [240 * currents[i] * factors[i] for i in range(3)]
                expected = phasors(currents, factors, lagging)
                assert abs(neutral_A(currents, watts, (240, 240, 240), lagging) - expected) < 0.01


def test_a_phase_without_voltage_adds_its_current_in_phase():
    assert abs(neutral_A((10, 10, 10), (0, 2400, 2400), (0, 240, 240), True)) < 0.01
