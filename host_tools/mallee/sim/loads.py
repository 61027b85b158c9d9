"""What the racks draw over time: constant, or played from a recorded CSV.

A recording has a time column (seconds; named time, t, time_s, seconds, or the first column if it never falls) and power
columns, which are played round-robin on the racks: column i drives rack i. Between samples power is linear in time; before
the first and after the last sample it holds.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from ..errors import ExitCode, MalleeError

_TIME_NAMES = ("time", "t", "time_s", "time [s]", "seconds", "timestamp_s")
_NOT_POWER = ("temp", "wetbulb", "wet bulb", "dry bulb", "humidity", "flow", "pressure")


class Load(Protocol):
    def fractions(self, time_s: float, racks: int) -> list[float]:
        """Power of each rack as a fraction of its rated power."""
        ...


class Constant:
    def __init__(self, fraction: float = 1.0) -> None:
        self.fraction = fraction

    def fractions(self, time_s: float, racks: int) -> list[float]:
        return [self.fraction] * racks


class Steps:
    """Piecewise constant: (time_s, fraction) pairs, the first from the start."""

    def __init__(self, *steps: tuple[float, float]) -> None:
        self.steps = steps

    def fractions(self, time_s: float, racks: int) -> list[float]:
        fraction = self.steps[0][1]
        for at_s, value in self.steps:
            if time_s >= at_s:
                fraction = value
        return [fraction] * racks


class Recorded:
    """Columns of samples, each already scaled to fractions. `speed` compresses the recording's time."""

    def __init__(self, times_s: list[float], columns: list[list[float]], speed: float = 1.0) -> None:
        self.times_s = times_s
        self.columns = columns
        self.speed = speed
        self._first_s = times_s[0]

    @property
    def duration_s(self) -> float:
        """Virtual seconds until the last sample."""
        return (self.times_s[-1] - self._first_s) / self.speed

    def fractions(self, time_s: float, racks: int) -> list[float]:
        at = self._first_s + time_s * self.speed
        times, columns = self.times_s, self.columns
        i = bisect_right(times, at) - 1
        if i < 0:
            values = [column[0] for column in columns]
        elif i >= len(times) - 1:
            values = [column[-1] for column in columns]
        else:
            share = (at - times[i]) / (times[i + 1] - times[i])
            values = [column[i] + (column[i + 1] - column[i]) * share for column in columns]
        count = len(values)
        return [values[rack % count] for rack in range(racks)]


def _wrong(path: Path, where: str, what: str, next_step: str) -> MalleeError:
    return MalleeError(
        f"{path}, {where}: {what}", "the file is not a recording of powers over time", next_step, ExitCode.USAGE
    )


def read_csv(path: Path, *, speed: float = 1.0, full_scale_W: float | None = None) -> Recorded:
    """A recorded load. Each column is scaled to its own maximum, or all of them to `full_scale_W`.

    Columns that are named as temperatures, flows or pressures are left out. Raises MalleeError.
    """
    if speed <= 0:
        raise MalleeError(
            f"load speed {speed:g}", "it must be above 0", "leave it out, or say how many times faster", ExitCode.USAGE
        )
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [
                (number, row) for number, row in enumerate(csv.reader(file), 1) if any(cell.strip() for cell in row)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MalleeError(
            f"cannot read {path}: {error}",
            "the path is wrong, or it is not a text file",
            "check the path",
            ExitCode.USAGE,
        ) from error
    if len(rows) < 2:
        raise _wrong(path, "line 1", "fewer than two lines", "give a header and a line for each point in time")
    names, data = _header(rows)
    table = [_numbers(path, number, row, names) for number, row in data]
    time_at = _time_column(path, names, table, data)
    times = [row[time_at] for row in table]
    columns = [
        [row[i] for row in table]
        for i, name in enumerate(names)
        if i != time_at and not any(word in name.lower() for word in _NOT_POWER)
    ]
    if not columns:
        raise _wrong(path, "line 1", "no power column", "give a column of watts for each rack, beside the time")
    return Recorded(times, [_scale(path, column, full_scale_W) for column in columns], speed)


def _header(rows: list[tuple[int, list[str]]]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names, and the lines behind them; a file without a header gets numbers for names."""
    first = [cell.strip() for cell in rows[0][1]]
    try:
        for cell in first:
            float(cell)
    except ValueError:
        return first, rows[1:]
    return [f"column {i + 1}" for i in range(len(first))], rows


def _numbers(path: Path, number: int, row: list[str], names: list[str]) -> list[float]:
    if len(row) != len(names):
        raise _wrong(path, f"line {number}", f"{len(row)} values, the header has {len(names)}", "mend the line")
    values: list[float] = []
    for name, cell in zip(names, row, strict=True):
        try:
            value = float(cell)
        except ValueError:
            value = float("nan")
        if not abs(value) < 1e15:
            raise _wrong(path, f"line {number}, column {name!r}", f"{cell!r} is not a number", "mend or drop the line")
        values.append(value)
    return values


def _time_column(path: Path, names: list[str], table: list[list[float]], data: list[tuple[int, list[str]]]) -> int:
    column = next((i for i, name in enumerate(names) if name.lower() in _TIME_NAMES), 0)
    for (before, after), (number, _) in zip(pairwise(table), data[1:], strict=True):
        if after[column] <= before[column]:
            raise _wrong(
                path,
                f"line {number}, column {names[column]!r}",
                f"time goes from {before[column]:g} to {after[column]:g} s",
                "the time column (named time, or the first) must rise from line to line",
            )
    return column


def _scale(path: Path, column: list[float], full_scale_W: float | None) -> list[float]:
    most = full_scale_W if full_scale_W is not None else max(column)
    if most <= 0:
        raise _wrong(path, "a power column", "it is never above 0", "drop the column, or give the full scale in watts")
    return [max(0.0, value / most) for value in column]
