"""What to write to set points to values: checked against the dictionary, then as few requests as can be.
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pymodbus.pdu import ModbusPDU

from ..errors import ExitCode, MalleeError
from ..link import pdus
from ..reading import Scalar
from ..suggest import did_you_mean
from .codec import encode
from .dictionary import Dictionary, Point


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One request: the table, its first address, and the words or bits from there on."""

    table: str
    address: int
    words: tuple[int, ...]
    points: tuple[str, ...]

    @property
    def function_code(self) -> int:
        if self.table == "coil":
            return 5 if len(self.words) == 1 else 15
        return 16

    def pdu(self) -> ModbusPDU:
        if self.table == "coil":
            if len(self.words) == 1:
                return pdus.write_coil(self.address, bool(self.words[0]))
            return pdus.write_coils(self.address, [bool(word) for word in self.words])
        return pdus.write_registers(self.address, self.words)


class Contradicted(MalleeError):
    """The device refused a setting because of another one: a pair that must keep its order."""


def contradicted(device: str, dictionary: Dictionary, addresses: tuple[Scalar, Scalar]) -> Contradicted:
    """`addresses`: of the holding registers that must not be above, and not below the other."""
    names = [
        next((p.name for p in dictionary.points if (p.table, p.address) == ("holding", at)), at) for at in addresses
    ]
    return Contradicted(
        f"{device} refused: {names[0]} must not be above {names[1]}",
        "the two settings would contradict each other; nothing was changed",
        f"write both in one go: `mallee set {device} {names[0]} VALUE {names[1]} VALUE`",
        ExitCode.REFUSED,
    )


def find_point(dictionary: Dictionary, name: str) -> Point:
    """The point of that name. Raises MalleeError with the nearest name."""
    point = dictionary.by_name.get(name)
    if point is None:
        raise MalleeError(
            f"a {dictionary.profile} controller has no point {name!r}",
            "a typing error, or a point of another profile or map version",
            f"{did_you_mean(name, dictionary.by_name)} (`mallee describe DEVICE` lists all points)",
        )
    return point


def plan_writes(dictionary: Dictionary, values: Mapping[str, Scalar]) -> list[PlannedWrite]:
    """Requests that set all these points, contiguous ones together. Raises MalleeError before anything is
    sent.

    A value outside the limits has exit code REFUSED, an unknown or read-only point USAGE.
    """
    cells: list[tuple[Point, list[int]]] = []
    for name, value in values.items():
        point = find_point(dictionary, name)
        if not point.writable:
            raise MalleeError(
                f"{name} is a measurement and cannot be written",
                "input registers and discrete inputs are read only",
                "`mallee describe` shows which points are writable",
            )
        cells.append((point, _words(point, value)))
    cells.sort(key=lambda cell: (cell[0].table, cell[0].address))
    planned: list[PlannedWrite] = []
    for point, words in cells:
        last = planned[-1] if planned else None
        if (
            last is not None
            and last.table == point.table
            and last.address + len(last.words) == point.address
            and len(last.words) + len(words) <= pdus.WRITE_REGISTERS_MAX
        ):
            planned[-1] = PlannedWrite(last.table, last.address, last.words + tuple(words), (*last.points, point.name))
        else:
            planned.append(PlannedWrite(point.table, point.address, tuple(words), (point.name,)))
    return planned


def _words(point: Point, value: Scalar) -> list[int]:
    if point.kind == "bit":
        if not isinstance(value, bool):
            raise _refused(point, value, "it is on or off (True or False)")
        return [int(value)]
    if value is None and point.default is not None:
        raise _refused(point, value, "this point must have a value")
    try:
        number = _number(point, value)
        if number is not None and point.low is not None and number < point.low:
            raise ValueError(f"the lower limit is {point.low:g} {point.unit}".rstrip())
        if number is not None and point.high is not None and number > point.high:
            raise ValueError(f"the upper limit is {point.high:g} {point.unit}".rstrip())
        return encode(point, value)
    except ValueError as error:
        raise _refused(point, value, str(error)) from error


def _number(point: Point, value: Scalar) -> float | None:
    if point.kind in ("enum", "flags"):
        return None if value is None else float(encode(point, value)[0])
    return float(value) if isinstance(value, int | float) else None


def _refused(point: Point, value: Scalar, why: str) -> MalleeError:
    return MalleeError(
        f"{point.name} cannot be set to {value!r}: {why}",
        "the value is outside what the register takes; nothing was sent",
        f"`mallee describe DEVICE {point.name}` shows limits and meaning",
        ExitCode.REFUSED,
    )
