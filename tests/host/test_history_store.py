"""The file of the history: what is written is read, within its bounds; and what is wrong with a file is said."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.history import problems, schema
from mallee.history.compaction import HOUR_MS, MINUTE_MS, Level, Limits
from mallee.history.frames import FrameCoder
from mallee.history.opening import open_store
from mallee.history.query import History, Piece
from mallee.history.rows import Entry, StoredFrame
from mallee.pod.config import HistorySection

from .history_files import BEGIN_MS, MB, Filler, check_all, layout, make, values


def read(
    path: Path, device: str = "skid-1", level: Level = Level.RAW, begin: int = 0, end: int = 1 << 60
) -> list[Piece]:
    with History(path) as history:
        return history.read(layout(device).series, begin, end, level)


def test_it_reads_while_it_is_written_and_after_a_restart(tmp_path):
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store).add(*range(150))
    check_all(path, 149)
    store.close(BEGIN_MS)
    store = make(path)
    Filler(store).add(*range(150, 200))
    check_all(path, 199)
    store.close(BEGIN_MS)
    assert store.spans[0].level is Level.RAW and len(store.spans) == 1


def test_a_range_is_from_on_and_before(tmp_path):
    path = tmp_path / "history.db"
    Filler(make(path)).add(*range(130))
    (piece, *_) = read(path, begin=BEGIN_MS + 9_997, end=BEGIN_MS + 70_997)
    assert piece.times_ms == [BEGIN_MS - 3 + n * 1000 for n in range(10, 71)]


def test_hours_are_packed_and_summarised_and_days_rolled(tmp_path):
    path, step_ms = tmp_path / "history.db", 20_000
    store = make(path)
    Filler(store, step_ms).add(*range(27 * 180))
    levels = {level: [s for s in store.spans if s.level is level] for level in Level}
    assert (len(levels[Level.MINUTE]), len(levels[Level.HOUR])) == (26, 1)
    counts = store.database.execute(
        "SELECT count(*), sum(whole) FROM block WHERE span = ?", (levels[Level.RAW][0].number,)
    )
    assert counts.fetchone() == (2, 2)
    check_all(path, 27 * 180 - 1, step_ms)
    found = [values("skid-1", n)[0][0] for n in range(27 * 180)]
    temperature = next(p for p in read(path, level=Level.HOUR) if p.series.point == "temperature")
    assert temperature.times_ms[:3] == [BEGIN_MS // HOUR_MS * HOUR_MS + n * HOUR_MS for n in range(3)]
    assert temperature.counts is not None and temperature.lows is not None and temperature.highs is not None
    hour = [v for v in found[540:720] if isinstance(v, float)]
    assert (temperature.lows[3], temperature.highs[3], temperature.counts[3]) == (min(hour), max(hour), len(hour))
    mean = temperature.values[3]
    assert isinstance(mean, float) and abs(mean - sum(hour) / len(hour)) < 0.01
    minute = next(p for p in read(path, level=Level.MINUTE) if p.series.point == "temperature")
    assert len(minute.times_ms) == 27 * 60 and minute.level is Level.MINUTE


def test_old_values_become_coarser_and_then_go(tmp_path):
    path = tmp_path / "history.db"
    limits = Limits(raw_ms=3 * HOUR_MS, minute_ms=30 * HOUR_MS, hour_ms=60 * HOUR_MS, bytes=1000 * MB)
    store = make(path, limits=limits)
    Filler(store, MINUTE_MS).add(*range(100 * 60))
    pieces = [p for p in read(path) if p.series.point == "temperature"]
    assert [p.level for p in pieces] == [Level.HOUR, Level.MINUTE, Level.RAW]
    now_ms = BEGIN_MS + 100 * HOUR_MS
    ages_h = [(now_ms - p.times_ms[0]) / HOUR_MS for p in pieces]
    assert 3 <= ages_h[2] <= 5.1 and 30 <= ages_h[1] <= 32.1 and 60 <= ages_h[0] <= 110
    for one, other in pairwise(pieces):
        assert other.times_ms[0] - one.times_ms[-1] <= HOUR_MS  # no hole between them
    with History(path) as history:
        assert history.counters()["spans_dropped_for_age"] > 100


def test_the_file_stays_within_its_bound(tmp_path, monkeypatch):
    path = tmp_path / "history.db"
    monkeypatch.setattr(schema, "WAL_BYTES", 200_000)
    monkeypatch.setattr("mallee.history.store._TAIL_BYTES", 100_000)
    most = 400_000
    store = make(path, max_bytes=most)
    filler = Filler(store, 10_000)
    largest = 0
    for n in range(0, 7_000, 100):
        filler.add(*range(n, n + 100))
        largest = max(largest, sum(each.stat().st_size for each in tmp_path.iterdir() if "wal" not in each.name))
    assert largest <= most
    with History(path) as history:
        assert history.counters()["spans_dropped_for_size"] > 3
    newest = [p for p in read(path) if p.series.point == "energy"][-1]
    assert newest.values[-1] == values("skid-1", 6_999)[0][1]


def test_a_file_that_is_full_of_what_is_new_says_so(tmp_path):
    store = make(tmp_path / "history.db")
    filler = Filler(store)
    filler.add(0)
    store.database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(problems.NoRoom, match="nothing more can be written") as caught:
        filler.add(*range(1, 3000))
    assert caught.value.code is ExitCode.USAGE
    store.database.execute("PRAGMA max_page_count = 100000")
    stored = store.database.execute("SELECT count(*) FROM scan").fetchone()[0]
    assert stored == store.tail.scans
    filler.add(5000)  # and it goes on when there is room again


def test_a_full_file_gives_up_the_oldest_for_the_newest(tmp_path):
    """As on a full disk: no page can be had, so one that is free inside is used."""
    path = tmp_path / "history.db"
    store = make(path)
    filler = Filler(store, 10_000)
    filler.add(*range(2000))
    pages = store.database.execute("PRAGMA page_count").fetchone()[0]
    store.database.execute(f"PRAGMA max_page_count = {pages}")
    filler.add(*range(2000, 4000))
    assert store.database.execute("PRAGMA page_count").fetchone()[0] <= pages
    with History(path) as history:
        assert history.counters()["spans_dropped_for_size"] > 0
    energy = [p for p in read(path) if p.series.point == "energy"][-1]
    assert energy.values[-1] == values("skid-1", 3999)[0][1]


def test_a_point_whose_unit_changes_is_another_series(tmp_path):
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store).add(*range(100))
    fahrenheit = layout("skid-1", "degF")
    number, coder = store.number(fahrenheit), FrameCoder(fahrenheit)
    for n in range(100, 200):
        time_ms = BEGIN_MS + n * 1000
        data = coder.encode(number, 0, values("skid-1", n)[0], None)
        store.append(Entry(time_ms, [StoredFrame(number, time_ms, data)]))
    with History(path) as history:
        both = [series for series in history.series() if series.name == "skid-1.temperature"]
        assert [series.unit for series in both] == ["degC", "degF"]
        first, second = history.read(both, 0, 1 << 60)
        assert len(first.times_ms) == len(second.times_ms) == 100
        energy = [series for series in history.series() if series.name == "skid-1.energy"]
        assert len(energy) == 1 and len(history.read(energy, 0, 1 << 60)[0].times_ms) == 200  # that did not change


@pytest.mark.parametrize("jump_h", [-5000, -2, 2, 5000])
def test_a_date_that_jumps_loses_nothing(tmp_path, jump_h):
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store).add(*range(200))
    Filler(store, begin_ms=BEGIN_MS + jump_h * HOUR_MS).add(*range(200, 400))
    Filler(store).add(*range(400, 8000, 20))
    energy = next(p for p in read(path) if p.series.point == "energy")
    assert energy.times_ms == sorted(energy.times_ms)
    written = [*range(400), *range(400, 8000, 20)]
    assert sorted(v for v in energy.values if isinstance(v, int)) == [values("skid-1", n)[0][1] for n in written]
    minutes = next(p for p in read(path, level=Level.MINUTE) if p.series.point == "energy")
    assert minutes.counts is not None and sum(minutes.counts) == len(written)


def test_a_damaged_block_is_a_gap_and_the_rest_is_read(tmp_path):
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store, MINUTE_MS // 2).add(*range(100))
    number = store.database.execute("SELECT min(id) FROM block WHERE layout = 2").fetchone()[0]
    store.database.execute("UPDATE block SET data = substr(data, 1, length(data) - 9) WHERE id = ?", (number,))
    with History(path) as history:
        pieces = history.read(layout("skid-1").series, 0, 1 << 60)
        assert 0 < len(pieces[0].times_ms) < 100 and history.damaged_blocks == 1
        assert len(list(history.block_errors())) == 1
    Filler(store, MINUTE_MS // 2).add(*range(100, 250))
    with History(path) as history:
        assert [gap.cause for gap in history.gaps("skid-1", 0, 1 << 60)] == ["damaged"]
        assert history.counters()["damaged_blocks"] == 1


def raised(path: Path) -> MalleeError:
    with pytest.raises(MalleeError) as caught:
        make(path)
    assert caught.value.likely and caught.value.next
    return caught.value


def test_files_of_others_are_not_touched(tmp_path):
    text, other, newer = tmp_path / "notes.txt", tmp_path / "other.db", tmp_path / "newer.db"
    text.write_text("these are my notes, and no database at all\n")
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    make(newer).close(0)
    with sqlite3.connect(newer) as database:
        database.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    for path, word in ((text, "no database"), (other, "another program's"), (newer, "format 2")):
        before = path.read_bytes()
        error = raised(path)
        assert word in error.what and "not touched" in error.next and error.code is ExitCode.USAGE
        assert path.read_bytes() == before
        with pytest.raises(MalleeError, match=word):
            History(path)


def test_a_path_that_leads_nowhere_is_said(tmp_path):
    assert "no folder" in raised(tmp_path / "nowhere" / "history.db").what
    with pytest.raises(MalleeError, match="no history yet"):
        History(tmp_path / "history.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(MalleeError, match="no history yet"):
        History(tmp_path / "empty.db")
    make(tmp_path / "empty.db").close(0)  # one whose maker was killed before it wrote anything


def test_a_folder_that_cannot_be_written_is_said():
    folder = Path("/proc/self")
    if not folder.is_dir():
        pytest.skip("no folder here that not even root can write")
    assert "cannot be written" in raised(folder / "history.db").likely


def test_a_folder_that_can_only_be_read_can_be_read(tmp_path, monkeypatch):
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store).add(*range(70))
    store.close(0)
    connect = sqlite3.connect

    def read_only(name, **more):
        """As SQLite does where it can make no shared memory beside the file."""
        if "immutable" not in name:
            raise sqlite3.OperationalError("unable to open database file")
        return connect(name, **more)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    assert len(read(path)[0].times_ms) == 70


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path):
    path = tmp_path / "history.db"
    first = make(path)
    error = raised(path)
    assert error.code is ExitCode.REFUSED and "another mallee (process " in error.what
    Filler(first).add(1)
    assert len(read(path)[0].times_ms) == 1
    first.close(0)
    make(path).close(0)


def test_a_damaged_file_is_moved_aside_once(tmp_path):
    path = tmp_path / "history.db"
    store = make(path)
    Filler(store, MINUTE_MS).add(*range(300))
    store.close(0)
    section = HistorySection(path=str(path))
    for _ in range(2):
        data = bytearray(path.read_bytes())
        data[100:] = b"\xa5" * (len(data) - 100)
        path.write_bytes(data)
        assert raised(path).code is ExitCode.FINDINGS
        if not (tmp_path / "history.db.damaged").exists():
            store = open_store(section, BEGIN_MS)
            Filler(store).add(1)
            store.close(0)
    with pytest.raises(problems.DamagedFile):  # a second time: the disk is to be looked at
        open_store(section, BEGIN_MS)
