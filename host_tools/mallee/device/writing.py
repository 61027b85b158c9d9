"""What to write to set points to values: checked against the dictionary, then as few requests as can be.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pymodbus.pdu import ModbusPDU

from ..errors import ExitCode, MalleeError
from ..link import pdus
from ..reading import Scalar
from ..suggest import did_you_mean
from .codec import encode, raw_limits
from .dictionary import Dictionary, Point
from .raw import FLOATS, number_in


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One request: the table, its first address, and the words or bits from there on."""

    table: str
    address: int
    words: tuple[int, ...]
    points: tuple[str, ...]
    function_code: int
    """5, 6, 15 or 16."""

    def pdu(self) -> ModbusPDU:
        if self.function_code == 5:
            return pdus.write_coil(self.address, bool(self.words[0]))
        if self.function_code == 6:
            return pdus.write_register(self.address, self.words[0])
        if self.function_code == 15:
            return pdus.write_coils(self.address, [bool(word) for word in self.words])
        return pdus.write_registers(self.address, self.words)


def write_function(dictionary: Dictionary, table: str, registers: int) -> int | None:
    """The function code that writes so many registers or coils in one request; None: this device has none for that."""
    single, many = (5, 15) if table == "coil" else (6, 16)
    if dictionary.foreign is None:  # ours: one coil by FC05, and whatever belongs together by FC16
        return single if table == "coil" and registers == 1 else many
    has = dictionary.foreign.functions
    if registers == 1 and single in has:
        return single
    return many if many in has else None


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
            f"{did_you_mean(name, dictionary.by_name, most=3)} (`mallee describe DEVICE` lists all points)",
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
                "input registers and discrete inputs are read only"
                if point.table in ("input", "discrete")
                else "its map file does not declare it writable",
                "`mallee describe` shows which points are writable",
            )
        cells.append((point, _words(point, value)))
    cells.sort(key=lambda cell: (cell[0].table, cell[0].address))
    runs: list[list[tuple[Point, list[int]]]] = []
    for point, words in cells:
        last = runs[-1] if runs else []
        count = sum(len(words) for _, words in last) + len(words)
        if (
            last
            and last[-1][0].table == point.table
            and last[-1][0].end == point.address
            and count <= _written_at_once(dictionary)
            and write_function(dictionary, point.table, count) is not None
        ):
            last.append((point, words))
        else:
            runs.append([(point, words)])
    return [_planned(dictionary, run) for run in runs]


def _written_at_once(dictionary: Dictionary) -> int:
    """A device that is not ours is written a point at a time: whether it takes several is not for us to find out."""
    return pdus.WRITE_REGISTERS_MAX if dictionary.foreign is None else 1


def _planned(dictionary: Dictionary, run: Sequence[tuple[Point, list[int]]]) -> PlannedWrite:
    words = tuple(word for _, words in run for word in words)
    first = run[0][0]
    function = write_function(dictionary, first.table, len(words))
    if function is None:
        raise MalleeError(
            f"{first.name} cannot be written: it has {len(words)} registers, and the device writes one at a time",
            "its map names function code 6, and not 16",
            "add 16 to `functions` of its map file, if the device has it",
        )
    return PlannedWrite(first.table, first.address, words, tuple(point.name for point, _ in run), function)


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
        _declared(point, value)
        words = encode(point, value)
        if number is not None and point.kind not in FLOATS:
            _rounded(point, words)
        return words
    except ValueError as error:
        raise _refused(point, value, str(error)) from error


def _rounded(point: Point, words: Sequence[int]) -> None:
    """What the register would hold is within the limits too: the nearest step to a value may be beyond them."""
    raw = number_in(point, b"".join(word.to_bytes(2, "big") for word in words))
    low, high = raw_limits(point)
    if (low is not None and raw < low) or (high is not None and raw > high):
        raise ValueError(f"the nearest step of its register, raw {raw}, is beyond the limits")


def _declared(point: Point, value: Scalar) -> None:
    """Ours look at what they are sent. What another does with a number that its map does not name, nobody knows."""
    if point.codes is None or not isinstance(value, int | float):
        return
    if point.kind == "enum" and value not in {choice.value for choice in point.choices}:
        raise ValueError(f"it is none of {', '.join(choice.name for choice in point.choices)}")
    if point.kind == "flags" and int(value) & ~sum(1 << choice.value for choice in point.choices):
        raise ValueError("it has bits that the map does not name")


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
