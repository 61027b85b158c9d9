"""The report, on logs whose figures are computed by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.pod.alarms.eemua import flood_s, most_in_window, report
from mallee.pod.document import Event

from .books import START


def line(minute: float, kind: str = "alarm", alarm: str = "a", device: str = "d", priority: str = "low") -> Event:
    if kind in ("started", "running", "stopped"):
        device = alarm = priority = ""
    return Event(
        time=START + timedelta(minutes=minute), kind=kind, device=device, text="", alarm=alarm, priority=priority
    )


def running(begin: int, end: int) -> list[Event]:
    """A host that runs: a mark every ten minutes."""
    return [line(begin, "started"), *(line(minute, "running") for minute in range(begin + 10, end + 1, 10))]


def merged(*lines: Event) -> list[Event]:
    return sorted(lines, key=lambda each: each.time)


def figure(found, name: str):
    return next(each for each in found.figures if each.figure == name)


def test_a_quiet_day() -> None:
    alarms = [line(60.0 * hour, alarm=f"a{hour}", priority="high" if hour == 3 else "low") for hour in range(1, 13)]
    found = report(merged(*running(0, 1440), *alarms))
    assert found.covered_s == 86_400 and found.told == 12
    assert found.by_priority == {"low": 11, "high": 1}
    mean = figure(found, "alarms in 10 minutes, mean")
    assert mean.value == pytest.approx(12 / 144) and mean.ok and mean.limit == "<= 1"
    assert figure(found, "alarms in 10 minutes, most").value == 1
    assert figure(found, "time in flood").value == 0
    assert figure(found, "share of the ten most frequent").ok is None  # twelve are too few to tell
    assert figure(found, "alarms that stand for a day").value == 0


def test_a_flood_of_twelve_alarms_one_a_minute() -> None:
    """Alarms at minutes 100 … 111. Ten lie within ten minutes from the tenth (109) until the third (102) is ten minutes old: 112.
    Three minutes of 1000 are 0.3 %; and 12 alarms in 100 times ten minutes are 0.12."""
    found = report(merged(*running(0, 1000), *(line(100 + n, alarm=f"a{n}") for n in range(12))))
    assert figure(found, "time in flood").value == pytest.approx(3 / 1000) and figure(found, "time in flood").ok
    assert figure(found, "alarms in 10 minutes, most").value == 10
    assert figure(found, "alarms in 10 minutes, mean").value == pytest.approx(0.12)


def test_too_much() -> None:
    """Every minute an alarm, five hours long: ten in ten minutes, and in flood from the tenth to the end."""
    found = report(merged(*running(0, 300), *(line(n + 0.5, alarm="a" if n % 2 else f"b{n}") for n in range(300))))
    assert figure(found, "alarms in 10 minutes, mean").value == pytest.approx(10)
    flood = figure(found, "time in flood")
    assert flood.value is not None and 0.96 < flood.value <= 1.0 and not flood.ok
    first = found.most_frequent[0]
    assert (first.device, first.alarm, first.count, first.share) == ("d", "a", 150, 0.5)
    share = figure(found, "share of the ten most frequent")
    assert share.value == pytest.approx(159 / 300) and share.ok is False


def test_chattering_and_stale_ones_are_counted() -> None:
    log = [
        *running(0, 3000),
        line(5, alarm="old"),
        line(6, alarm="short"),
        line(7, "alarm_gone", "short"),
        line(8, alarm="put aside"),
        line(9, "alarm_shelved", "put aside"),
        line(1600, alarm="young"),
        line(20, "alarm_chattering", "short"),
    ]
    found = report(merged(*log))
    assert figure(found, "alarms that stand for a day").value == 1
    chattered = figure(found, "alarms that chattered")
    assert (chattered.value, chattered.ok) == (1, False)


def test_time_without_a_host_is_no_time_and_windows_do_not_reach_over_it() -> None:
    before = [line(55 + n / 2, alarm=f"a{n}") for n in range(9)]
    after = [line(1000.1 + n / 2, alarm=f"a{n}") for n in range(9)]
    found = report([*merged(*running(0, 60), *before), line(61, "stopped"), *merged(*running(1000, 1060), *after)])
    assert found.covered_s == (61 + 60) * 60
    assert figure(found, "alarms in 10 minutes, most").value == 9
    assert figure(found, "time in flood").value == 0


def test_a_date_that_was_set_back_is_no_time() -> None:
    back = [line(-500 + 10 * n, "running") for n in range(1, 7)]
    found = report([*running(0, 60), line(-500, "running"), *back])
    assert found.covered_s == 60 * 60 + 60 * 60


def test_a_log_that_is_too_short_tells_no_rate() -> None:
    found = report([line(0, "started"), line(1)])
    assert figure(found, "alarms in 10 minutes, mean").ok is None
    assert report([]).begin is None


@given(st.lists(st.floats(0, 5000), max_size=60))
def test_flood_time_agrees_with_counting_each_second(times) -> None:
    times = sorted(float(int(t)) for t in times)
    counted = sum(sum(t <= s < t + 600 for t in times) >= 10 for s in range(5700))
    assert flood_s(times) == counted
    assert most_in_window(times) == max((sum(t - 600 < each <= t for each in times) for t in times), default=0)
