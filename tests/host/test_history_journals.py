"""Journals that are read again and again, through restarts, lost records and another board: each record once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mallee.device.journal import JournalEntry
from mallee.history.journals import Known, News, news, print_of, times_ms

_DAY = datetime(2026, 11, 27, tzinfo=UTC)


def entry(sequence: int, kind: str = "alarm_came", uptime_s: int | None = None, code: int = 1) -> JournalEntry:
    time = None if uptime_s is not None else _DAY + timedelta(seconds=sequence)
    return JournalEntry(sequence=sequence, time=time, uptime_s=uptime_s, kind=kind, what="", code=code, value=0)


def known(*entries: JournalEntry, era: int = 0, boot: int | None = 5) -> Known:
    return Known(era, boot, entries[-1].sequence, {each.sequence: print_of(each) for each in entries})


def numbers(found: News) -> list[int]:
    return [each.sequence for each in found.entries]


def test_the_same_ring_twice_is_nothing_new():
    ring = [entry(n) for n in range(3, 9)]
    assert news(None, ring, 5, lasting=True) == News(0, ring, 0)
    assert numbers(news(known(*ring), ring, 5, lasting=True)) == []
    assert numbers(news(known(*ring), [*ring, entry(9)], 6, lasting=True)) == [9]


def test_what_was_overwritten_or_torn_is_counted():
    found = news(known(entry(3)), [entry(n) for n in (10, 11, 13)], 5, lasting=True)
    assert numbers(found) == [10, 11, 13]
    assert found.missed == 7


def test_another_record_under_a_known_number_begins_an_era():
    found = news(known(*(entry(n) for n in range(1, 9))), [entry(n, code=7) for n in range(1, 12)], 5, lasting=True)
    assert (found.era, numbers(found)) == (1, list(range(1, 12)))


def test_a_journal_in_ram_begins_anew_with_each_start():
    before = known(entry(1), entry(2))
    again = [entry(n, uptime_s=n) for n in range(70, 134)]  # it has overtaken what was known, and nothing is common
    assert news(before, again, 6, lasting=False).era == 1
    assert news(before, again, 5, lasting=False).era == 0
    assert news(known(*(entry(n) for n in range(50, 60))), [entry(1), entry(2)], None, lasting=True).era == 1


def test_a_torn_newest_record_is_no_new_era():
    ring = [entry(n) for n in range(1, 9)]
    found = news(known(*ring), ring[:-1], 5, lasting=True)
    assert (found.era, numbers(found), found.missed) == (0, [], 0)
    assert numbers(news(known(*ring), [], 5, lasting=True)) == []


def test_records_without_a_date_are_dated_by_how_long_the_controller_has_run():
    ring = [entry(1, "start", 0), entry(2, uptime_s=500), entry(3, "start", 0), entry(4, uptime_s=20)]
    now_ms = 1_000_000
    assert times_ms(ring, now_ms, 100) == [(None, False), (None, False), (900_000, True), (920_000, True)]
    assert times_ms(ring, now_ms, None) == [(None, False)] * 4
    assert times_ms([entry(7)], now_ms, 100)[0][1] is False
