"""A map file that completes another one: a rack monitor's file has no units, meanings, limits or codes of lost sensors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ...device.dictionary import Abilities, Code, Dictionary, Point
from ...errors import MalleeError
from ...suggest import did_you_mean
from .. import lines as toml_lines
from .. import tomlfile
from .mapchecks import checked
from .rows import Raw, Seconds


class AddedRow(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is said of one point of the base; what is not said stays as it is there."""

    name: str
    meaning: str | None = None
    unit: str | None = None
    write: bool | None = None
    low: float | None = None
    high: float | None = None
    not_available: tuple[Raw, ...] | None = None
    not_fitted: tuple[Raw, ...] | None = None
    fault: tuple[Raw, ...] | None = None
    interval_s: Seconds | None = None


class Completion(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    base: str
    """Path of the other map file, from the folder of this one."""
    expect: str | None = None
    points: tuple[AddedRow, ...] = msgspec.field(name="point", default=())


def complete(
    data: dict[str, Any],
    lines: dict[toml_lines.Path, int],
    where: str,
    load: Callable[[Path], Dictionary],
) -> Dictionary:
    """The base with what this file adds. Raises MalleeError that names FILE:LINE, or the place in the base."""
    found = tomlfile.convert(data, lines, where, Completion)
    if found.base.lower().endswith(".toml"):
        raise MalleeError(
            f"{where}:{toml_lines.line_of(lines, ('base',))}: base = {found.base!r} is a TOML file",
            "only a rack monitor's file lacks what this form adds",
            "write it into that file itself",
        )
    base = load(Path(where).parent / found.base)
    points = {point.name: point for point in base.points}
    places: dict[str, toml_lines.Path] = dict.fromkeys(points, ("base",))
    for index, row in enumerate(found.points):
        if row.name not in points or places[row.name] != ("base",):
            what = "stands twice" if row.name in points else f"is no point of {found.base}"
            raise MalleeError(
                f"{where}:{toml_lines.line_of(lines, ('point', index, 'name'))}: {row.name!r} {what}",
                "a typing error, or a row was copied",
                did_you_mean(row.name, [name for name in points if name != row.name]),
            )
        places[row.name] = ("point", index)
        points[row.name] = _added(points[row.name], row)
    abilities = base.foreign or Abilities()
    if found.expect is not None:
        abilities = msgspec.structs.replace(abilities, expect=found.expect)

    def at(path: toml_lines.Path) -> str:
        return f"{where}:{toml_lines.line_of(lines, path)}"

    return checked(base.profile, base.description, [*points.values()], abilities, [*places.values()], at)


def _added(point: Point, row: AddedRow) -> Point:
    changes: dict[str, Any] = {
        key: value
        for key in ("meaning", "unit", "low", "high", "interval_s")
        if (value := getattr(row, key)) is not None
    }
    if row.write is not None:
        changes["read_only"] = not row.write
    codes = [
        Code(raw, quality)
        for quality in ("not_available", "not_fitted", "fault")
        for raw in getattr(row, quality) or ()
    ]
    return msgspec.structs.replace(point, **changes, codes=(*(point.codes or ()), *codes))
