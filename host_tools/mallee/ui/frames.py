"""A frame of a trace as one line of text. Pure."""

from __future__ import annotations

from rich.text import Text

from ..device.frames import FrameRow

_SIGN = {"request": "→", "answer": "←", "noise": "×"}
_POINTS_SHOWN = 4


def frame_line(row: FrameRow) -> Text:
    """Time, direction, unit, meaning; then the first values of points in it, and how many more there are."""
    unit = "   –" if row.unit is None else f"{row.unit:4d}"
    text = Text.assemble(
        (row.time[11:-1], "dim"), f" {_SIGN[row.direction]}{unit}  ", (row.meaning, "red" if _bad(row) else "")
    )
    if row.points:
        shown = [f"{name} {value}" for name, value in list(row.points.items())[:_POINTS_SHOWN]]
        more = len(row.points) - len(shown)
        text.append("  " + ", ".join(shown) + (f" and {more} more" if more else ""), "dim")
    return text


def _bad(row: FrameRow) -> bool:
    return row.direction == "noise" or ": refused" in row.meaning
