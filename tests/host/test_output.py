"""What people and programs see of a value that is not there."""

import io
import json
from datetime import UTC, datetime

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
