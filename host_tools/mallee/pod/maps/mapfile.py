"""A map file that a person wrote, as a dictionary: TOML, one row a point."""

from __future__ import annotations

from collections.abc import Iterator

from ...device.dictionary import WIDTH, Abilities, Choice, Code, Dictionary, Point
from ...errors import MalleeError
from .. import lines as toml_lines
from .. import tomlfile
from ..lines import Path
from .mapchecks import checked
from .rowchecks import row_problems
from .rows import MapFile, PointRow
from .scaling import scaling


def parse_map(text: str, where: str = "map.toml") -> Dictionary:
    """The dictionary that a map file describes. Raises MalleeError that names FILE:LINE, the key and what is allowed."""
    data, lines = tomlfile.parse(text, where)
    found = tomlfile.convert(data, lines, where, MapFile)

    def at(path: Path) -> str:
        return f"{where}:{toml_lines.line_of(lines, path)}"

    for index, row in enumerate(found.points):
        for problem in row_problems(row, index):
            raise MalleeError(f"{at(problem.path)}: {problem.what}", problem.likely, problem.next)
    points: list[Point] = []
    places: list[Path] = []
    for index, row in enumerate(found.points):
        for point in _points(found, row):
            points.append(point)
            places.append(("point", index))
    device = found.device
    abilities = Abilities(
        functions=device.functions,
        registers_per_request=device.registers_per_request,
        probe=device.probe or points[0].name,
        expect=device.expect,
        bauds=device.baud,
        framings=device.framing,
        units=device.units,
    )
    return checked(device.profile, device.meaning, points, abilities, places, at)


def _points(found: MapFile, row: PointRow) -> Iterator[Point]:
    width = WIDTH[row.kind] if row.registers is None else row.registers
    scale, factor = scaling(row.scale)
    codes = [Code(raw, "not_available") for raw in row.not_available]
    codes += [Code(raw, "not_fitted") for raw in row.not_fitted] + [Code(raw, "fault") for raw in row.fault]
    for element in range(row.count):
        yield Point(
            name=f"{row.name}.{element + 1}" if row.count > 1 else row.name,
            table=row.table,
            address=row.address + element * (row.stride or width),
            kind=row.kind,
            meaning=row.meaning,
            registers=width,
            scale=scale,
            unit=row.unit,
            low=row.low,
            high=row.high,
            choices=tuple(Choice(value, name, "") for name, value in row.choices.items()),
            factor=factor,
            offset=row.offset,
            order=row.order or found.device.order,
            codes=tuple(codes),
            read_only=not row.write,
            interval_s=row.interval_s or found.device.interval_s,
        )
