"""What people and programs see of a value that is not there."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mallee.cli import status
from mallee.cli.app import main
from mallee.cli.common import Context
from mallee.cli.get import COLUMNS
from mallee.cli.output import emit, reading_row
from mallee.reading import Quality, Reading
from rich.console import Console

ROW = reading_row("pdu-1", Reading("power", None, "W", datetime(2026, 1, 1, tzinfo=UTC), 0.0, Quality.NOT_FITTED))


def test_a_table_says_it_in_words():
    shown = io.StringIO()
    emit(Console(file=shown, width=100), "table", [ROW], COLUMNS)
    assert "not fitted" in next(line for line in shown.getvalue().splitlines() if "power" in line)


def test_programs_get_null_and_the_quality_as_it_is_called(capsys):
    emit(Console(), "json", [ROW], COLUMNS)
    (row,) = json.loads(capsys.readouterr().out)
    assert row["value"] is None and row["quality"] == "not_fitted"


def test_piped_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    hashes = {f"sha256_{n}": f"{n}" * 64 for n in range(3)}
    emit(Context(None).out, "table", [{**hashes, "meaning": "words " * 80}], [*hashes, "meaning"])
    said = capsys.readouterr().out
    assert all(each in said for each in hashes.values()) and said.count("words") == 80
    context = Context(None)
    emit(context.out, "table", [{"device": "skid-1", "meaning": "words " * 80}], ("device", "meaning"))
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 120 == context.out.width


def test_the_bundled_pod_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plot", "skid-1.flow"]) == 2
    assert capsys.readouterr().err.count("no pod file here") == 1


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_table_rather_leaves_columns_out_than_it_breaks_names(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))  # somebody says how wide: what pytest prints to may be a pipe
    alarms = ["over_temperature", "supply_sensor_fault.1", "interlock_sensor_lost.1"]
    row = {"device": "skid-1", "profile": "pump", "state": "leased", "lease": "host 1, 4 s", "firmware": "0.1.0",
           "alarms": alarms, "address": "tcp://192.0.2.117:10502", "unit": 1}  # fmt: skip
    console = Console(width=width, file=io.StringIO())
    emit(console, "table", [row, {**row, "alarms": []}], status.COLUMNS, status.SPARE)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert all(any(name in line for line in lines) for name in alarms), lines
    assert all(len(line) <= width for line in lines) and "…" not in console.file.getvalue()
    assert ("0.1.0" in console.file.getvalue()) is (width == 100)
