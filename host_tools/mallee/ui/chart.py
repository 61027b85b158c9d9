"""A chart of one quantity over time as lines of text: what it is, its axis, its curve, and when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.text import Text

from . import cells
from .braille import Sample, curve

AXIS = 8
"""Columns of the numbers beside a curve."""
_TICK_CELLS = 20
_LEAST_SPAN = 0.02  # of the value: what moves by less is flat, and noise does not fill the chart


def chart(
    title: str,
    unit: str,
    samples: Sequence[Sample],
    begin: float,
    end: float,
    width: int,
    height: int,
    *,
    target: float | None = None,
    note: str = "",
) -> list[Text]:
    """`height` lines: a heading, and the curve between its lowest and its highest value. `target` is within the scale, and told;
    `note` stands in place of the newest value where that is none any more."""
    known = [value for when, value in samples if value is not None and begin <= when <= end]
    last = next((value for _, value in reversed(samples)), None) if samples else None
    digits = digits_of(known)
    head = Text(title, style="bold", no_wrap=True, overflow="ellipsis")
    head.append(f"  {shown(last, digits)} {unit}".rstrip(), style="not bold")
    if target is not None:
        head.append(f"  wanted {shown(target, digits)}", style="not bold dim")
    if known:
        head.append(f"  {shown(min(known), digits)} to {shown(max(known), digits)}", style="not bold dim")
    if note:
        head.append(f"  {note}", style="not bold yellow")
    if not known:
        return [head, Text(f"{'':{AXIS}} nothing known yet", style="dim"), *[Text("")] * (height - 2)][:height]
    low, high = scale([*known, *([] if target is None else [target])])
    body = curve(samples, begin, end, low, high, width - AXIS - 1, height - 1)
    lines = [head]
    for row, line in enumerate(body):
        value = high if row == 0 else low if row == len(body) - 1 else None
        label = "" if value is None else shown(value, digits)
        lines.append(Text.assemble((f"{label:>{AXIS}}", "dim"), ("│", "dim"), line, no_wrap=True))
    return lines


def scale(values: Sequence[float]) -> tuple[float, float]:
    """From the lowest to the highest; wider where they hardly differ."""
    low, high = min(values), max(values)
    least = max(abs(low), abs(high)) * _LEAST_SPAN or 1.0
    if high - low >= least:
        return low, high
    middle = (low + high) / 2
    return middle - least / 2, middle + least / 2


def digits_of(values: Sequence[float]) -> int:
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if largest >= 1000 else 1 if largest >= 100 else 2


def shown(value: float | None, digits: int) -> str:
    return cells.UNKNOWN if value is None else f"{value:.{digits}f}"


def time_axis(
    begin: float, end: float, width: int, label: Callable[[float], str], marks: Sequence[tuple[float, str]] = ()
) -> list[Text]:
    """Times below the curves, and above them the marks: each a character at its time; of two that fall together the last."""
    columns = width - AXIS - 1
    lines: list[Text] = []
    if marks:
        row = [" "] * columns
        for when, character in marks:
            if begin <= when <= end and end > begin:
                row[min(columns - 1, int((when - begin) / (end - begin) * columns))] = character[:1]
        lines.append(Text(f"{'alarms':>{AXIS}} {''.join(row)}", no_wrap=True))
    count = max(1, columns // _TICK_CELLS)
    ticks, times = "", ""
    for n in range(count + 1):
        at = round((columns - 1) * n / count)
        text = label(begin + (end - begin) * n / count)
        start = min(at, columns - len(text))
        if start < len(times) + (n > 0):
            continue
        ticks = ticks.ljust(at, "─") + "┴"
        times = times.ljust(start) + text
    lines.append(Text(f"{'':{AXIS}}└{ticks.ljust(columns, '─')[:columns]}", style="dim", no_wrap=True))
    lines.append(Text(f"{'':{AXIS}} {times}"[:width], style="dim", no_wrap=True))
    return lines


def clock_label(when: datetime, *, days: bool) -> str:
    return f"{when:%m-%d %H:%M}" if days else f"{when:%H:%M:%S}"
