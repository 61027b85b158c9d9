"""`mallee history` and `mallee export`: what they print, and how they end."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from mallee.cli.app import main
from mallee.errors import MalleeError
from mallee.history import asking
from mallee.history.gaps import Change, Gap
from mallee.history.rows import Entry, Event, Fill

from .history_files import BEGIN_MS, Filler, layout, make, values

POD = """
[pod]
name = "p"
[[skid]]
name = "skid-1"
address = "tcp://127.0.0.1:9"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A pod file and a history of 200 scans: a gap after scan 99 that a counter ran through, and a record of a journal."""
    (tmp_path / "pod.toml").write_text(POD + '[history]\npath = "h.db"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    store = make(tmp_path / "h.db")
    filler = Filler(store)
    filler.add(*range(100), *range(160, 260))
    gap = Gap("skid-1", BEGIN_MS + 99_000, BEGIN_MS + 160_000, "no_answer", "it was silent")
    event = Event("skid-1", "journal", BEGIN_MS + 120_000, BEGIN_MS, "start", "power_on", 0, 7, 120, True)
    fill = Fill(
        store.layouts.series_number(layout("skid-1").series[1]), BEGIN_MS + 98_997, BEGIN_MS + 159_997, 61 * 37.0
    )
    store.append(
        Entry(
            BEGIN_MS + 261_000, changes=[Change(gap, False)], events=[event], fills=[fill], counts={"dropped_scans": 3}
        )
    )
    store.close(BEGIN_MS)
    return tmp_path


def test_history_shows_devices_sizes_and_counters(folder, capsys):
    assert main(["history", "-o", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert [(row["device"], row["points"], row["frames"]) for row in found["devices"]] == [
        ("pdu-1", 5, 200),
        ("skid-1", 5, 200),
    ]
    assert found["devices"][1]["gaps"] == 1 and found["counters"] == {"dropped_scans": 3}
    assert found["file_bytes"] > 0 and found["resolutions"][0]["first"] == "2026-01-01T00:00:00Z"
    assert main(["history"]) == 0
    assert "dropped_scans: 3" in capsys.readouterr().err


def test_gaps_events_and_energy(folder, capsys):
    assert main(["history", "gaps", "skid-1", "-o", "json"]) == 0
    (gap,) = json.loads(capsys.readouterr().out)
    assert (gap["cause"], gap["begin"]) == ("no_answer", "2026-01-01T00:01:39.500Z")
    assert main(["history", "events", "-o", "json"]) == 0
    (event,) = json.loads(capsys.readouterr().out)
    assert event["when"].startswith("about 2026-01-01T00:02:00") and event["sequence"] == 7
    assert main(["history", "energy", "skid-1.energy", "-o", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["energy"] == 37 * 259 and row["bridged"] == 37 * 61 and row["unit"] == "Wh"
    assert (
        main(["history", "energy", "--from", "2026-01-01T00:01:50", "--to", "2026-01-01T00:02:20", "-o", "json"]) == 0
    )
    rows = {row["device"]: row["energy"] for row in json.loads(capsys.readouterr().out)}
    assert rows["skid-1"] == pytest.approx(37 * 30)  # all of it in the gap


def test_export_has_every_value_and_the_gap(folder, capsys):
    assert main(["export", "skid-1.temperature", "*.closed"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    own = [row for row in rows if row["point"] == "temperature"]
    assert len(own) == 201 and len(rows) == 201 + 200 + 201
    gap = own.pop(100)
    assert (gap["resolution"], gap["quality"], gap["value"]) == ("gap", "no_answer", "")
    assert gap["until"] == "2026-01-01T00:02:40.500Z"
    for n, row in zip([*range(100), *range(160, 260)], own, strict=True):
        value = values("skid-1", n)[0][0]
        assert row["value"] == ("" if value is None else repr(value))
        assert row["quality"] == ("fault" if value is None else "good") and row["unit"] == "degC"
    assert (
        main(
            ["export", "skid-1.temperature", "--resolution", "minute", "--from", "2026-01-01T00:01", "--file", "t.csv"]
        )
        == 0
    )
    rows = list(csv.DictReader((folder / "t.csv").open()))
    assert [row["resolution"] for row in rows if row["resolution"] != "gap"] == ["minute"] * 4
    assert float(rows[0]["low"]) <= float(rows[0]["value"]) <= float(rows[0]["high"])
    assert not (folder / "t.csv.part").exists()


def test_export_to_parquet(folder, capsys):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    assert main(["export", "skid-1.*", "--format", "parquet", "--file", "all.parquet"]) == 0
    rows = parquet.read_table(folder / "all.parquet").to_pylist()
    assert len(rows) == 5 * 201
    values_ = [row["value"] for row in rows if row["point"] == "energy" and row["resolution"] == "raw"]
    assert values_ == [float(10**12 + 37 * n) for n in (*range(100), *range(160, 260))]
    assert {row["text"] for row in rows if row["point"] == "state"} == {"stopped", "running", "fault", None}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["export"], 2, "no point was named"),
        (["export", "skid-1.temprature"], 2, "did you mean"),
        (["export", "*", "--from", "yesterday"], 2, "is no time"),
        (["export", "*", "--from", "2026-01-02", "--to", "2026-01-01"], 2, "--to is not after --from"),
        (["export", "*", "--format", "parquet"], 2, "not written to stdout"),
        (["history", "--history", "nothing.db"], 2, "there is no history yet"),
        (["history", "--history", "pod.toml"], 2, "no history of mallee"),
        (["history", "--config", "other.toml"], 2, "has no [history]"),
        (["history", "--config", "other.toml"], 2, '\n[history]\npath = "history.db"'),
    ],
)
def test_what_is_wrong_is_said(folder, capsys, arguments, code, says):
    (folder / "other.toml").write_text(POD)
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert says in error and "likely:" in error and "next:" in error


def test_a_disk_that_is_full_leaves_no_half_a_file(folder, capsys, monkeypatch):
    (folder / "t.csv").write_text("as it was")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device", "t.csv.part")

    monkeypatch.setattr("mallee.history.export.write_csv", full)
    assert main(["export", "*", "--file", "t.csv"]) == 2
    assert "is full" in capsys.readouterr().err
    assert (folder / "t.csv").read_text() == "as it was" and not (folder / "t.csv.part").exists()


def test_check_finds_what_is_damaged(folder, capsys):
    assert main(["history", "check", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    store = make(folder / "h.db")
    store.database.execute("UPDATE block SET data = zeroblob(40) WHERE id = 1")
    store.close(0)
    assert main(["history", "check", "-o", "json"]) == 5
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["level"] == "damaged" and "2026-01-01T00:00:00Z" in finding["where"]
    assert main(["export", "*.energy"]) == 5


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("raw_days = 20\nminute_days = 10", "minute_days = 10 is less than raw_days = 20"),
        ("max_size_MB = 1", "max_size_MB"),
        ("max_size_mb = 100", "did you mean"),
    ],
)
def test_a_pod_file_that_cannot_be_meant_is_refused(folder, capsys, table, says):
    (folder / "bad.toml").write_text(f"{POD}[history]\n{table}\n")
    assert main(["config", "check", "bad.toml"]) == 2
    assert says in capsys.readouterr().err


def test_times_as_people_write_them():
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    hour_ms = 3_600_000
    now_ms = round(now.timestamp() * 1000)
    for text, ago_h in (
        ("90m", 1.5),
        ("2d", 48),
        ("2026-11-27T10:00", 2),
        ("2026-11-27 11:00+01:00", 2),
        ("2026-11-27", 12),
    ):
        assert asking.moment_ms(text, "--from", now) == now_ms - round(ago_h * hour_ms)
    with pytest.raises(MalleeError):
        asking.moment_ms("27.11.2026", "--from", now)
