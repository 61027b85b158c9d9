"""Rows to stdout: a table for people, JSON, JSON lines or CSV for programs."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..device.parsing import show_value
from ..reading import Reading, Scalar
from ..settings import Output

_PROSE = (
    "meaning", "title", "note", "condition", "remedy", "alarms", "value", "origin", "moves", "why", "rule", "inputs",
)  # fmt: skip
PIPED_WIDTH = 120
"""Of prose where there is no terminal to fit; a table is wider where its other columns need it."""
_PROSE_LEAST = 30
_WIDE = 80  # characters of headings; beyond it the words of each lie above each other, or the last ones are cut
_STATE_STYLE = {
    "silent": "bold red",
    "tripped": "bold red",
    "good": "",
    "stale": "yellow",
    "no_answer": "red",
    "fault": "red",
}


def rows_of(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Plain rows of structures or mappings."""
    return [dict(item) if isinstance(item, Mapping) else msgspec.to_builtins(item) for item in items]


def reading_row(device: str, reading: Reading) -> dict[str, Any]:
    """A reading as a row: value plain, time as UTC text, quality as a word."""
    return {
        "device": device,
        "point": reading.name,
        "value": json_value(reading.value),
        "unit": reading.unit,
        "time": reading.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "age_s": round(reading.age_s, 3),
        "quality": reading.quality.value,
    }


def json_value(value: Scalar) -> float | int | str | bool | list[str] | None:
    """A value as JSON has it: sets become sorted lists."""
    return sorted(value) if isinstance(value, frozenset) else value


def emit(
    console: Console,
    form: Output,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    spare: Sequence[str] = (),
) -> None:
    """Print the rows; a table and CSV show `columns`, JSON everything. No rows are `[]`, or nothing. A table that is too narrow
    leaves out `spare` columns, one after the other, before it breaks words."""
    if form == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(list(rows)), indent=2).decode() + "\n")
    elif form == "jsonl":
        for row in rows:
            emit_line(row)
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([plain(row.get(column)) for column in columns] for row in rows)
    else:
        grid, width = table(rows, columns), console.width
        if is_piped():
            console.width = max(width, _needed(grid))
        for column in spare:
            if _needed(grid, prose_least=0) > width:
                columns = [each for each in columns if each != column]
                grid = table(rows, columns)
        console.print(grid)
        console.width = width


def is_piped() -> bool:
    """Nobody says how wide what is printed may be."""
    return not sys.stdout.isatty() and not os.environ.get("COLUMNS")


def _needed(grid: Table, *, prose_least: int = _PROSE_LEAST) -> int:
    """Width in which nothing is cut off; prose may wrap between its words."""
    total = 0
    for column in grid.columns:
        texts = [str(cell) for cell in (column.header, *column.cells)]
        longest = max(cell_len(line) for text in texts for line in text.split("\n"))
        word = max((cell_len(word) for text in texts for word in text.split()), default=0)
        total += 2 + (longest if column.no_wrap else max(word, min(longest, prose_least)))
    return total


def emit_line(row: Any) -> None:
    """One line of JSON, flushed: whoever reads the pipe has it at once."""
    sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
    sys.stdout.flush()


def emit_document(form: Output, document: Any) -> None:
    """One structure as JSON: indented, or a line."""
    if form == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        emit_line(document)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """Only prose may wrap; columns in which nothing is known are left out."""
    shown = [column for column in columns if any(row.get(column) not in (None, "", []) for row in rows)] or columns
    wide = sum(len(column) + 2 for column in shown) > _WIDE
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=(0, 1), collapse_padding=True)
    for column in shown:
        values = [row.get(column) for row in rows]
        known = [value for value in values if value not in (None, "", [])]
        numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
        prose = column in _PROSE
        grid.add_column(
            column.replace("_", "\n" if wide else " "),
            justify="right" if numeric else "left",
            no_wrap=not prose,
            overflow="fold" if prose else "ellipsis",
        )
    for row in rows:
        grid.add_row(*(_cell(column, row.get(column)) for column in shown))
    return grid


def _cell(column: str, value: Any) -> Text:
    if value is None or value == "" or value == []:
        return Text("–", style="dim")
    text = ", ".join(map(plain, value)) if isinstance(value, list | tuple) and column in _PROSE else plain(value)
    if column in ("time", "since"):
        text = text[11:19]  # the date is in the other forms
    elif column in ("address", "link") and isinstance(value, str):
        text = text.removeprefix("tcp://")
    # Words of a quality or state are for people here; programs get them as they are.
    return Text(text.replace("_", " ") if column in ("quality", "state") else text, style=_STATE_STYLE.get(text, ""))


def plain(value: Any) -> str:
    """A cell as text, lists with commas; empty where nothing is known."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(plain(item) for item in value)
    return show_value(value)
