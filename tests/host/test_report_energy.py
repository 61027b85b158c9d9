"""Energy by period from counters and powers of which the truth is known."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from mallee.history.report.amounts import Amount, total
from mallee.history.report.counting import Bucket, Counter, add_buckets
from mallee.history.report.integrating import Integral, Mean, Recorded, mean_of, merged
from mallee.history.report.periods import Period, periods

HOUR = 3_600_000
MINUTE = 60_000
DAY = periods(0, 24 * HOUR, "hour", UTC)
NEVER = 1e9


def hours(count):
    return periods(0, count * HOUR, "hour", UTC)


def kWh(amounts):
    return [amount.kWh for amount in amounts]


def coverage(amounts):
    return [amount.coverage for amount in amounts]


def test_a_counter_is_split_at_the_hour_in_proportion_to_time():
    counter = Counter(hours(2), NEVER)
    for n in range(121):
        counter.add(n * MINUTE + 20_000, 100.0 + n)  # 1 kWh a minute, read 20 s behind each
    first, second = counter.amounts()
    assert first.kWh == pytest.approx(60 - 1 / 3) and second.kWh == pytest.approx(60.0)
    assert first.coverage == pytest.approx(1 - 20 / 3600) and second.coverage == pytest.approx(1.0)
    assert first.bridged_kWh == 0.0 and first.restarts == 0 and first.sources == {"counter"}


def test_a_gap_is_bridged_exactly_in_sum_and_said():
    counter = Counter(hours(4), NEVER)
    for time in (0, MINUTE, 2 * MINUTE):
        counter.add(time, time / MINUTE)
    for time in (4 * HOUR - 2 * MINUTE, 4 * HOUR - MINUTE, 4 * HOUR):
        counter.add(time, 500.0 + (time - 4 * HOUR) / MINUTE)
    amounts = counter.amounts()
    assert total(amounts).kWh == pytest.approx(500.0)
    assert coverage(amounts) == pytest.approx([2 / 60, 0.0, 0.0, 2 / 60])
    assert amounts[1].kWh == amounts[1].bridged_kWh == pytest.approx(496 * 60 / 236)
    assert total(amounts).bridged_kWh == pytest.approx(496.0)


def test_what_was_never_counted_is_not_known():
    counter = Counter(hours(3), NEVER)
    counter.add(HOUR + 1, None)
    counter.add(HOUR + 10 * MINUTE, 5.0)
    counter.add(HOUR + 12 * MINUTE, 7.0)
    amounts = counter.amounts()
    assert kWh(amounts) == [None, pytest.approx(2.0), None]
    assert coverage(amounts) == pytest.approx([0.0, 2 / 60, 0.0])
    assert total(amounts).kWh == pytest.approx(2.0) and total([amounts[0], amounts[2]]).kWh is None


def test_a_counter_that_fell_is_told_and_never_negative():
    counter = Counter(hours(1), 1000.0)
    for time, count in ((0, 800.0), (MINUTE, 801.0), (2 * MINUTE, 0.4), (3 * MINUTE, 1.4)):
        counter.add(time, count)
    (amount,) = counter.amounts()
    assert amount.kWh == pytest.approx(1.0 + 0.4 + 1.0) and amount.restarts == 1


def test_another_controller_under_the_name_is_no_energy():
    for count in (500.0, 5000.0):  # a smaller counter, and a larger one: neither is what this branch used in a minute
        counter = Counter(hours(1), 100.0)
        for time, value in ((0, 800.0), (MINUTE, 801.0), (2 * MINUTE, count), (3 * MINUTE, count + 1)):
            counter.add(time, value)
        (amount,) = counter.amounts()
        assert amount.kWh == pytest.approx(2.0) and amount.restarts == 1
        assert amount.coverage == pytest.approx(2 / 60)


def test_the_fall_is_told_once_in_the_hour_that_it_may_have_begun_in():
    counter = Counter(hours(3), NEVER)
    counter.add(30 * MINUTE, 100.0)
    counter.add(150 * MINUTE, 12.0)
    assert [amount.restarts for amount in counter.amounts()] == [1, 0, 0]
    assert kWh(counter.amounts()) == pytest.approx([3.0, 6.0, 3.0])


def buckets_of(count_at, step_ms, every_ms, phase_ms, until_ms):
    """What is kept of a counter that is read so often."""
    found = {}
    for time in range(phase_ms, until_ms, every_ms):
        found.setdefault(time // step_ms * step_ms, []).append(count_at(time))
    return [Bucket(begin, step_ms, min(v), max(v), len(v)) for begin, v in found.items()]


def wavy(time_ms):
    """kWh so far of a load of 60 kW that swings by 50 kW in two hours."""
    t = time_ms / HOUR
    return 1e6 + 60 * t + 50 / math.pi * (1 - math.cos(math.pi * t))


@pytest.mark.parametrize(
    ("step_ms", "every_ms", "phase_ms", "worst_kWh"),
    [(MINUTE, 1000, 0, 0.003), (MINUTE, 61_000, 7_000, 1.0), (HOUR, 1000, 0, 0.003), (HOUR, 60_000, 31_000, 0.6)],
)
def test_a_counter_from_its_minutes_and_hours(step_ms, every_ms, phase_ms, worst_kWh):
    counter = Counter(DAY, NEVER)
    add_buckets(counter, buckets_of(wavy, step_ms, every_ms, phase_ms, 24 * HOUR))
    amounts = counter.amounts()
    for n, amount in list(enumerate(amounts))[1:-1]:
        assert amount.kWh == pytest.approx(wavy((n + 1) * HOUR) - wavy(n * HOUR), abs=worst_kWh)
    whole = total(amounts)
    assert (
        whole.kWh == pytest.approx(wavy(24 * HOUR) - wavy(0), abs=worst_kWh + 60 * every_ms / HOUR)
        and whole.restarts == 0
    )


@pytest.mark.parametrize("at", [0, 1, 7, 58])
def test_a_counter_that_began_anew_within_a_minute_makes_no_energy(at):
    def count(time_ms):
        fell = at * MINUTE + 30_000
        return 1000.0 + time_ms / MINUTE if time_ms < fell else (time_ms - fell) / MINUTE

    counter = Counter(hours(1), 1000.0)
    add_buckets(counter, buckets_of(count, MINUTE, 1000, 0, HOUR))
    (amount,) = counter.amounts()
    assert amount.restarts == (1 if at else 0)  # of the very first minute only what came behind is taken
    assert 58.0 <= (amount.kWh or 0.0) <= 60.0


def power_kW(time_ms):
    """Between 20 and 180 kW, with a job that begins every 97 s."""
    t = time_ms / 1000
    return 100 + 40 * math.sin(t / 700) + (40 if t % 97 < 41 else -40)


def integrated(step_ms, scan_ms, until_ms, of_hours):
    integral = Integral(of_hours)
    recorded = Recorded(0, until_ms, ())
    for begin in range(0, until_ms, step_ms):
        values = [power_kW(time) for time in range(begin, min(begin + step_ms, until_ms), scan_ms)]
        integral.add(mean_of(begin, step_ms, sum(values) / len(values), len(values), len(values), recorded))
    return integral.amounts()


@pytest.mark.parametrize(
    ("step_ms", "scan_ms", "worst"),
    [(MINUTE, 1000, 0.0006), (MINUTE, 10_000, 0.005), (HOUR, 1000, 0.0002)],
)
def test_the_error_of_an_integrated_power_against_a_known_profile(step_ms, scan_ms, worst):
    amounts = integrated(step_ms, scan_ms, 24 * HOUR, DAY)
    assert coverage(amounts) == pytest.approx([1.0] * 24)
    errors = []
    for n, amount in enumerate(amounts):
        true = sum(power_kW(n * HOUR + 50 + 100 * i) for i in range(36_000)) / 36_000
        errors.append(abs((amount.kWh or 0.0) / true - 1))
    assert 0 < max(errors) < worst


def test_an_integrated_power_is_of_the_time_in_which_it_was_known():
    recorded = Recorded(10 * MINUTE + 15_000, 50 * MINUTE, ((20 * MINUTE, 25 * MINUTE + 30_000),))
    integral = Integral(hours(2))
    for n in range(60):
        good = 0 if n >= 45 else 30 if n == 40 else 60  # a sensor failed, first for half a minute
        integral.add(mean_of(n * MINUTE, MINUTE, 60.0, good, 60, recorded))
    first, second = integral.amounts()
    known_min = 34.75 - 5.5 - 0.5
    assert first.kWh == pytest.approx(known_min) and first.coverage == pytest.approx(known_min / 60)
    assert second.kWh is None and second.coverage == 0.0 and second.sources == frozenset()


def test_a_scan_that_is_late_makes_no_hole():
    integral = Integral(hours(1))
    for n in range(60):
        integral.add(mean_of(n * MINUTE, MINUTE, 60.0, 57, 57, Recorded(0, HOUR, ())))
    assert integral.amounts()[0].kWh == pytest.approx(60.0) and integral.amounts()[0].coverage == pytest.approx(1.0)


def test_an_hour_that_is_half_asked_for_has_half():
    integral = Integral([Period("hour", 30 * MINUTE, HOUR)])
    integral.add(Mean(0, HOUR, 10.0, 1.0))
    (amount,) = integral.amounts()
    assert amount.kWh == pytest.approx(5.0) and amount.coverage == pytest.approx(1.0)


def test_gaps_of_a_device_and_of_everybody_are_one():
    assert merged([(5, 9), (1, 3), (2, 6), (20, 30)]) == [(1, 9), (20, 30)]


def test_sums_of_nothing_are_not_known():
    assert total([]).kWh is None and total([]).coverage is None
    both = total([Amount(of_ms=10), Amount(kWh=2.0, covered_ms=10, of_ms=10, sources=frozenset({"power"}))])
    assert both.kWh == 2.0 and both.coverage == 0.5 and both.sources == {"power"}


def test_moments_are_whole_numbers_of_utc():
    assert DAY[0].begin_ms == 0 and datetime.fromtimestamp(DAY[-1].end_ms / 1000, UTC).day == 2
