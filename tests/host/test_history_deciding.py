"""What is pure in the history: what is packed and dropped next, which spans answer, gaps, dates, summaries, energy."""

from __future__ import annotations

import random

from mallee.history import choosing, dates, energy, gaps, summaries
from mallee.history.blocks import Block, Column
from mallee.history.compaction import DAY_MS, HOUR_MS, MINUTE_MS, Job, Level, Limits, Span, State, Tail, next_job
from mallee.history.series import Series

LIMITS = Limits(raw_ms=2 * DAY_MS, minute_ms=10 * DAY_MS, hour_ms=100 * DAY_MS, bytes=1000)
NOTHING = Tail(0, 0, 0)
NOW = 1000 * DAY_MS


def hours(count: int, level: Level = Level.RAW, first: int = 1, end_ms: int = NOW) -> list[Span]:
    """The newest ends at `end_ms`."""
    begin = end_ms - count * HOUR_MS
    sources = [None if level is Level.RAW else (n + first - 1000, n + first - 1000) for n in range(count)]
    times = [(begin + n * HOUR_MS, begin + n * HOUR_MS + HOUR_MS - 1) for n in range(count)]
    return [Span(first + n, level, State.DONE, *times[n], 1, sources[n]) for n in range(count)]


def job(spans: list[Span], tail: Tail = NOTHING, used: int = 0, now_ms: int = NOW) -> Job | None:
    return next_job(spans, tail, used, now_ms, LIMITS)


def test_rows_are_packed_when_their_minute_is_over():
    assert job([], Tail(59, NOW, NOW + 59_000)) is None
    assert job([], Tail(61, NOW, NOW + MINUTE_MS)) == Job("pack")
    assert job([], Tail(600, NOW, NOW + 1000)) == Job("pack")


def test_an_hour_that_is_over_is_repacked_and_a_day_rolled():
    over = hours(1)[0]._replace(state=State.OVER)
    assert job([over]) == Job("repack", (1,))
    minutes = hours(30, Level.MINUTE, 1001)
    first_day = tuple(s.number for s in minutes if s.start_ms // DAY_MS == minutes[0].start_ms // DAY_MS)
    assert job(minutes) == Job("roll", first_day)
    day = Span(2000, Level.HOUR, State.DONE, NOW, NOW, 1, (first_day[0], first_day[-1]))
    assert job([*minutes, day]) is None


def test_what_is_too_old_goes_the_oldest_first():
    assert job(hours(48)) is None
    found = job(hours(50))
    assert found == Job("drop", (1,), "age")


def test_a_date_that_jumps_costs_nothing_whatever_way():
    """Ten years forward, back again, and to 1970: age is what was recorded since, and pauses of a day at most."""
    spans = hours(20)
    for jump_ms in (3650 * DAY_MS, -3650 * DAY_MS, -NOW):
        moved = (
            spans[:10]
            + [s._replace(start_ms=s.start_ms + jump_ms, end_ms=s.end_ms + jump_ms) for s in spans[10:12]]
            + spans[12:]
        )
        assert job(moved) is None
        assert job(moved[:12], now_ms=NOW + jump_ms) is None
    assert job(spans, now_ms=NOW + 300 * DAY_MS) is None  # a pod that was off for a year
    assert job(hours(30), now_ms=NOW + 300 * DAY_MS) == Job("drop", (1,), "age")


def test_a_full_file_drops_what_is_nearest_to_its_end():
    spans = [*hours(24), *hours(96, Level.MINUTE, 1001)]
    assert job(spans, used=1001) == Job("drop", (1,), "size")  # half of its time is over, of the minutes 0.4
    assert job([*hours(12), *hours(96, Level.MINUTE, 1001)], used=1001) == Job("drop", (1001,), "size")
    busy = [hours(1)[0]._replace(state=State.OPEN)]
    assert job(busy, used=1001) is None  # what is being written is not dropped


def test_each_stretch_of_time_is_answered_once():
    raws = hours(3, first=10)
    minutes = [s._replace(sources=(n, n)) for s, n in zip(hours(30, Level.MINUTE, 1001), range(-17, 13), strict=True)]
    day = Span(2000, Level.HOUR, State.DONE, minutes[0].start_ms, minutes[5].end_ms, 1, (1001 - 24, 1006))
    spans = [*raws, *minutes, day]

    def numbers(level: Level) -> list[int]:
        return [part.span.number for part in choosing.parts(spans, level, 0, NOW + DAY_MS)]

    assert numbers(Level.RAW) == [*range(10, 13), *range(1001, 1028), 2000]
    assert numbers(Level.MINUTE) == [*range(1001, 1031), 2000]
    assert numbers(Level.HOUR) == [*range(1007, 1031), 2000]
    cut = next(p for p in choosing.parts(spans, Level.RAW, 0, NOW + DAY_MS) if p.span is day)
    assert cut.before_ms == minutes[0].start_ms // HOUR_MS * HOUR_MS
    assert choosing.parts(spans, Level.RAW, NOW + 3 * HOUR_MS, NOW + DAY_MS) == []


def test_a_resolution_is_chosen_by_how_many_rows_are_wanted():
    assert choosing.level_for(0, HOUR_MS, 5000, 1000) is Level.RAW
    assert choosing.level_for(0, DAY_MS, 5000, 1000) is Level.MINUTE
    assert choosing.level_for(0, 30 * DAY_MS, 5000, 1000) is Level.HOUR


def scan(book: gaps.GapBook, at_s: float, heard: dict[str, float], missing: dict[str, str] | None = None, **more):
    heard_ms = {device: round(time * 1000) for device, time in heard.items()}
    return gaps.step(book, round(at_s * 1000), heard_ms, missing or {}, scan_s=1.0, **more)


def test_a_silent_device_is_a_gap_until_it_is_heard():
    book, changes = scan(gaps.GapBook(), 1, {"a": 0.9, "b": 0.8})
    assert not changes
    book, changes = scan(book, 2, {"a": 1.9}, {"b": "no answer"})
    assert [each.gap for each in changes] == [gaps.Gap("b", 800, None, "no_answer", "no answer")]
    book, changes = scan(book, 3, {"a": 2.9}, {"b": "no answer"})
    assert not changes
    book, changes = scan(book, 4, {"a": 3.9, "b": 3.8})
    assert changes == [gaps.Change(gaps.Gap("b", 800, 3800, "no_answer", "no answer"), True)]
    assert not book.open


def test_a_hole_between_scans_is_a_gap_of_the_pod():
    book, _ = scan(gaps.GapBook(), 1, {})
    assert scan(book, 3.4, {})[1] == []  # one was late
    assert scan(book, 3.4, {}, cause="dropped")[1][0].gap == gaps.Gap("", 1000, 3400, "dropped")
    assert scan(book, 9, {})[1][0].gap.cause == "late"
    assert scan(book, 9e6, {}, jumped=True)[1][0].gap.cause == "clock"
    assert scan(book, 0.5, {}, jumped=True)[1] == []  # it went back: nothing is missing


def test_a_date_that_was_set_is_told_from_a_clock_that_is_steered():
    assert dates.jump_ms((0, 0.0), (1300, 1.0)) == 0
    assert dates.jump_ms((0, 0.0), (3_601_000, 1.0)) == 3_600_000
    assert dates.jump_ms((0, 0.0), (-9_000, 1.0)) == -10_000


def number(**more) -> Series:
    return Series("d", "p", "degC", "number", "h", -2, **more)


def test_minutes_have_lowest_mean_and_highest_of_what_was_good():
    source = random.Random(1)
    times = [n * 1000 + 500 for n in range(150)]
    raws = [source.randrange(-900, 900) for _ in times]
    codes = [2 if 10 <= n < 20 or 60 <= n < 120 else 0 for n in range(150)]
    found = summaries.summarise([number()], Block(times, [Column(raws, codes)]), MINUTE_MS)
    good = [raw for raw, code in zip(raws[:60], codes[:60], strict=True) if not code]
    column = found.columns[0]
    assert found.times_ms == [0, MINUTE_MS, 2 * MINUTE_MS]
    assert column.counts == [50, 0, 30]
    assert (column.lows[0], column.highs[0]) == (min(good), max(good))
    assert abs(column.middles[0] / 10 - sum(good) / 50) <= 0.05
    assert abs(summaries.middles(number(), column)[2] - sum(raws[120:]) / 3000) <= 0.0005  # type: ignore[operator]
    assert summaries.decode(summaries.encode(found), 1) == found


def test_hours_of_minutes_are_hours_of_seconds():
    source = random.Random(2)
    series = [
        number(),
        Series("d", "q", "kW", "real", "d"),
        Series("d", "s", "", "choice", "H"),
        Series("d", "f", "", "flags", "H"),
    ]
    times = [n * 1000 for n in range(0, 2 * HOUR_MS // 1000, 7)]
    doubles = [source.getrandbits(62) for _ in times]
    block = Block(times, [Column([source.randrange(0, 500) for _ in times]) for _ in series])
    block.columns[1] = Column([d & ~(0x7FF << 52) | 0x3FF << 52 for d in doubles])  # 1 to 2
    direct = summaries.summarise(series, block, HOUR_MS)
    through = summaries.coarsen(series, summaries.summarise(series, block, MINUTE_MS), HOUR_MS)
    assert through.times_ms == direct.times_ms == [0, HOUR_MS]
    for at, (one, other) in enumerate(zip(direct.columns, through.columns, strict=True)):
        assert (one.counts, one.lows, one.highs) == (other.counts, other.lows, other.highs)
        if at != 1:
            assert all(abs(a - b) <= 1 for a, b in zip(one.middles, other.middles, strict=True))


def test_energy_is_known_over_gaps_and_restarts():
    times = [0, 60_000, 120_000, 3_720_000]
    assert energy.used(times, [100, 110, 120, 720], 0, 3_720_000) == energy.Energy(620)
    assert energy.used(times, [100, 110, 120, 720], 120_000, 1_920_000).amount == 300
    assert energy.used(times, [100, None, 120, 7], 0, 3_720_000) == energy.Energy(27, 1)
    assert energy.used([5], [100], 0, 10) == energy.Energy(None)
    assert energy.step(10**18, 10**18 + 5) == (5, False)
