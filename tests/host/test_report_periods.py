"""Hours and days of the wall's clock, on the days that have 23 and 25 hours."""

from __future__ import annotations

import time
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from mallee.errors import MalleeError
from mallee.history.report.periods import periods, shown, zone_of

HOUR = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")


def ms(text, zone: tzinfo = UTC):
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def hours_of(begin, end, zone):
    found = periods(begin, end, "day", zone)
    assert found[0].begin_ms == begin and found[-1].end_ms == end
    assert all(one.end_ms == other.begin_ms for one, other in pairwise(found))
    return [(period.end_ms - period.begin_ms) / HOUR for period in found]


@pytest.mark.parametrize(
    ("zone", "first", "last", "hours"),
    [
        ("UTC", "2026-03-28", "2026-03-31", [24, 24, 24]),
        ("Europe/Berlin", "2026-03-28", "2026-03-31", [24, 23, 24]),
        ("Europe/Berlin", "2026-10-24", "2026-10-27", [24, 25, 24]),
        ("Asia/Kathmandu", "2026-03-28", "2026-03-30", [24, 24]),  # 5:45 from UTC
        ("Australia/Lord_Howe", "2026-04-04", "2026-04-07", [24, 24.5, 24]),  # half an hour
        ("Africa/Cairo", "2026-04-23", "2026-04-26", [24, 23, 24]),  # there is no midnight on the 24th
        ("America/Havana", "2026-10-31", "2026-11-03", [24, 25, 24]),  # midnight comes twice on the 1st
    ],
)
def test_days(zone, first, last, hours):
    place = ZoneInfo(zone)
    assert hours_of(ms(first, place), ms(last, place), place) == hours
    days = periods(ms(first, place), ms(last, place), "day", place)
    each = periods(ms(first, place), ms(last, place), "hour", place)
    assert {day.begin_ms for day in days} <= {hour.begin_ms for hour in each}  # days are whole hours, so their sums


@pytest.mark.parametrize(("day", "count"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_hours_of_a_day(day, count):
    (whole,) = periods(ms(day, BERLIN), ms(day, BERLIN) + count * HOUR, "day", BERLIN)
    found = periods(whole.begin_ms, whole.end_ms, "hour", BERLIN)
    assert len(found) == count and {hour.end_ms - hour.begin_ms for hour in found} == {HOUR}
    assert len({shown(hour.begin_ms, BERLIN) for hour in found}) == count  # the hour that comes twice has two offsets


def test_parts_at_the_ends_and_a_zone_of_three_quarters():
    begin, end = ms("2026-01-01T10:20"), ms("2026-01-01T12:05")
    assert [(p.begin_ms - begin) // 60_000 for p in periods(begin, end, "hour", UTC)] == [0, 40, 100]
    found = periods(begin, end, "hour", ZoneInfo("Asia/Kathmandu"))
    assert [shown(p.begin_ms, ZoneInfo("Asia/Kathmandu"))[11:16] for p in found] == ["16:05", "17:00"]
    assert periods(begin, begin, "hour", UTC) == []
    assert len(periods(begin, end, "total", UTC)) == 1


def test_the_zone_of_this_computer_has_its_rules(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        begin, end = ms("2026-10-24", BERLIN), ms("2026-10-27", BERLIN)
        assert hours_of(begin, end, None) == [24, 25, 24]
        assert shown(begin, None) == "2026-10-24T00:00:00+02:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_names_of_zones():
    assert zone_of("UTC") is UTC and zone_of("local") is None and zone_of("Europe/Berlin") == BERLIN
    assert shown(ms("2026-03-29T01:00"), UTC) == "2026-03-29T01:00:00Z"
    for wrong in ("Europe/Atlantis", "../etc/passwd", ""):
        with pytest.raises(MalleeError, match="no time zone"):
            zone_of(wrong)
