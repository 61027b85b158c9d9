"""What the points of a map must be to each other and to the device, so that no request does what nobody meant. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from ...device.codec import encode, raw_limits
from ...device.dictionary import LATCHED, Abilities, Dictionary, Point
from ...device.raw import FLOATS
from ...device.remote import LEASE_POINTS
from ...device.writing import write_function
from ...errors import MalleeError
from ...suggest import did_you_mean
from ..lines import Path
from ..problem import Problem

ADDRESSES = 65536
WITHOUT_LIMITS = ("enum", "flags", "text", "bit")
_OURS = ("sequence", "latch_number", "refusal", *LEASE_POINTS)
"""Names by which the host knows what only mallee controllers do: a counter of samples, a lease, the reason of a refusal."""
_READS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


def checked(
    profile: str,
    description: str,
    points: Sequence[Point],
    abilities: Abilities,
    places: Sequence[Path],
    at: Callable[[Path], str],
) -> Dictionary:
    """The dictionary, if the points fit together and the device takes the requests that they need. `places` are where each
    point stands, and `at` says that in words. Raises MalleeError."""
    dictionary = Dictionary(
        profile=profile,
        version=(0, 0),
        description=description,
        points=tuple(points),
        abilities=abilities,
    )
    for point, place in zip(points, places, strict=True):
        for problem in _alone(dictionary, point, place):
            raise MalleeError(f"{at(problem.path)}: {problem.what}", problem.likely, problem.next)
    for problem in _together(dictionary, places):
        raise MalleeError(f"{at(problem.path)}: {problem.what}", problem.likely, problem.next)
    return dictionary


def _alone(dictionary: Dictionary, point: Point, place: Path) -> Iterator[Problem]:
    abilities = dictionary.foreign
    assert abilities is not None
    if point.name in _OURS or point.name.startswith(LATCHED):
        yield Problem(
            (*place, "name"),
            f"the name {point.name!r} means something that only mallee controllers do",
            "the device has something of the same name",
            f"give it another one, such as device_{point.name.removeprefix(LATCHED)}",
        )
    if point.end > ADDRESSES:
        yield Problem(
            (*place, "address"),
            f"{point.name} ends at {point.end - 1}, behind the last address, 65535",
            "the address is of another notation, such as 400001",
            "write the address as it is on the wire: the first register of a table is 0",
        )
    if point.registers > abilities.registers_per_request:
        yield Problem(
            (*place, "registers"),
            f"{point.name} has {point.registers} registers, a request of this device reads {abilities.registers_per_request}",
            "a value of several registers must come in one answer",
            "raise `registers_per_request`, or make the point shorter",
        )
    if _READS[point.table] not in abilities.functions:
        yield Problem(
            (*place, "table"),
            f"{point.name}: reading the table {point.table!r} needs function code {_READS[point.table]}",
            "`functions` of [device] does not name it",
            f"add {_READS[point.table]} to it, or correct the table",
        )
    if point.writable and write_function(dictionary, point.table, point.registers) is None:
        single, many = (5, 15) if point.table == "coil" else (6, 16)
        yield Problem(
            (*place, "write"),
            f"{point.name}: writing it needs function code {f'{single} or {many}' if point.registers == 1 else many}",
            "`functions` of [device] does not name it",
            "add it to `functions`, or leave `write` out",
        )
    if point.writable and point.kind not in WITHOUT_LIMITS and (point.low is None or point.high is None):
        yield Problem(
            (*place, "write"),
            f"{point.name}: a point that may be written needs both limits",
            "`low` or `high` was forgotten",
            f"add `low = …` and `high = …`{f' in {point.unit}' if point.unit else ''}, as the device's manual has them",
        )
    if point.low is not None and point.high is not None and not point.low <= point.high:
        yield Problem(
            (*place, "low"),
            f"{point.name}: low = {point.low:g} is above high = {point.high:g}",
            "they were exchanged",
            "exchange them",
        )
    elif None not in (point.low, point.high) and point.kind not in FLOATS and not _holds_some(point):
        yield Problem(
            (*place, "low"),
            f"{point.name}: no step of its register is from low = {point.low:g} to high = {point.high:g}",
            "the limits are in the point's unit, and closer together than `scale` is",
            "widen the limits, or correct scale",
        )
    for code in point.codes or ():
        if not 0 <= code.raw < 1 << 16 * point.registers or point.kind in (*FLOATS, "text", "hex", "bit"):
            yield Problem(
                (*place, code.quality),
                f"{point.name}: {code.quality} = {code.raw:#x} can never be in a {point.kind}",
                "it is of another width, or the kind is wrong",
                "write the number as the registers hold it, such as 0x8000",
            )
    yield from _two_meanings(point, place)
    for limit in (point.low, point.high):
        try:
            if limit is not None:
                encode(point, limit)
        except ValueError as error:
            yield Problem(
                (*place, "low" if limit == point.low else "high"),
                f"{point.name}: the limit {limit:g} cannot be written: {error}",
                "the limits are in the point's unit, and scale turns that into a raw number",
                "narrow the limits, or correct scale and kind",
            )


def _two_meanings(point: Point, place: Path) -> Iterator[Problem]:
    """A raw number that says two things: only one of them would ever be told."""
    choices = {1 << c.value if point.kind == "flags" else c.value: f"the choice {c.name}" for c in point.choices}
    meanings: dict[int, str] = dict(choices)
    for code in point.codes or ():
        if meanings.setdefault(code.raw, code.quality) != code.quality:
            yield Problem(
                (*place, code.quality),
                f"{point.name}: {code.raw:#x} is {meanings[code.raw]} and {code.quality}",
                "a number was copied, or the manual's mask of a bit was taken for a code",
                "give each raw number one meaning, as the device's manual has it",
            )


def _holds_some(point: Point) -> bool:
    """Some raw number is a value within the limits, which are finite."""
    if not (math.isfinite(point.low or 0.0) and math.isfinite(point.high or 0.0)):
        return True  # told elsewhere
    low, high = raw_limits(point)
    return low is None or high is None or low <= high


def _together(dictionary: Dictionary, places: Sequence[Path]) -> Iterator[Problem]:
    abilities = dictionary.foreign
    assert abilities is not None
    names: set[str] = set()
    at: dict[tuple[str, int], str] = {}
    for point, place in zip(dictionary.points, places, strict=True):
        if point.name in names:
            yield Problem(
                (*place, "name"),
                f"there are two points named {point.name!r}",
                "a row was copied and its name not changed",
                "give each point its own name",
            )
        names.add(point.name)
        for register in range(point.address, point.end):
            other = at.setdefault((point.table, register), point.name)
            if other != point.name:
                yield Problem(
                    (*place, "address"),
                    f"{point.name} has {point.table} {register}, which {other} has",
                    "an address or a width is wrong, or a row was copied",
                    "give each point its own registers; names of a register's bits are `choices` of one point",
                )
    if abilities.probe not in names:
        yield Problem(
            ("device", "probe"),
            f"there is no point {abilities.probe!r} to probe",
            "a typing error",
            did_you_mean(abilities.probe, names),
        )
    for first, last in abilities.units:
        if first > last:
            yield Problem(("device", "units"), f"units {first} to {last}", "they were exchanged", f"[{last}, {first}]")
