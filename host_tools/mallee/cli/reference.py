"""What a reference meter shows at each point of a calibration: from a file, or asked of the person who stands before it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from ..device.calibrating import PHASES
from ..device.calibration import Load, Shown, check_reference
from ..errors import ExitCode, MalleeError
from ..pod import tomlfile
from .common import Context

EXAMPLE = (
    "[nominal]\nvoltage_V = [239.8, 240.1, 240.0]\ncurrent_A = [40.02, 39.97, 40.00]\npower_W = [9595, 9597, 9599]"
)

Three = Annotated[list[float], msgspec.Meta(min_length=3, max_length=3)]


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Three phases each."""

    voltage_V: Three
    current_A: Three
    power_W: Three


class ReferenceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    nominal: Point | None = None
    half: Point | None = None


def from_file(path: Path, loads: list[Load]) -> dict[Load, list[Shown]]:
    """Of each point with load. Raises MalleeError with file and line, or for a point that the file lacks."""
    text = tomlfile.read_text(path, "file of reference values", "docs/calibration.md has one")
    found = tomlfile.convert(*tomlfile.parse(text, str(path)), str(path), ReferenceFile)
    points: dict[Load, list[Shown]] = {}
    for load in loads:
        point = getattr(found, load.name.lower(), None)
        if load is Load.NO_LOAD:
            continue
        if point is None:
            raise MalleeError(
                f"{path}: there is no [{load}]",
                "the reference meter was not written down for this point",
                f"add voltage_V, current_A and power_W of three phases, or leave the point out with --point; as in {EXAMPLE!r}",
            )
        points[load] = checked(
            load, [Shown(*row) for row in zip(point.voltage_V, point.current_A, point.power_W, strict=True)]
        )
    return points


def asked(context: Context, load: Load) -> list[Shown]:
    """Nine numbers from the keyboard."""
    rows: list[Shown] = []
    for phase in PHASES:
        values = [_number(context, f"reference, phase {phase}, {what}: ") for what in ("V", "A", "W")]
        rows.append(Shown(*values))
    return checked(load, rows)


def checked(load: Load, rows: list[Shown]) -> list[Shown]:
    for phase, row in zip(PHASES, rows, strict=True):
        check_reference(row, load, f"[{load}] phase {phase}")
    return rows


def _number(context: Context, question: str) -> float:
    text = context.ask(question)
    try:
        return float(text)
    except ValueError:
        raise MalleeError(
            f"{text!r} is not a number",
            "a typing error; nothing was changed",
            "run the command again; --reference FILE saves the typing",
            ExitCode.USAGE,
        ) from None
