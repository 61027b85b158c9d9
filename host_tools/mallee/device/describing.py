"""What a point or an alarm means, as rows of plain data from a dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from ..errors import MalleeError
from ..suggest import did_you_mean
from .dictionary import AlarmEntry, Dictionary, Point

_FIRST_REFERENCE = {"coil": 1, "discrete": 10001, "input": 30001, "holding": 40001}


class PointDescription(msgspec.Struct, frozen=True):
    """A point in words. `address` counts from 0 as on the wire, `reference` from 1 as register tables print it."""

    profile: str
    name: str
    meaning: str
    table: str
    address: int
    reference: int
    registers: int
    kind: str
    scale: float
    unit: str
    writable: bool
    low: float | None
    high: float | None
    default: float | None
    choices: tuple[str, ...]


class AlarmDescription(msgspec.Struct, frozen=True):
    profile: str
    name: str
    code: int
    priority: str
    group: str
    condition: str
    cause: str
    consequence: str
    remedy: str
    delay_s: float
    latched: bool


def describe_point(dictionary: Dictionary, point: Point) -> PointDescription:
    return PointDescription(
        profile=dictionary.profile,
        name=point.name,
        meaning=point.meaning,
        table=point.table,
        address=point.address,
        reference=_FIRST_REFERENCE[point.table] + point.address,
        registers=point.registers,
        kind=point.kind,
        scale=10.0**point.scale,
        unit=point.unit,
        writable=point.writable,
        low=point.low,
        high=point.high,
        default=point.default,
        choices=tuple(f"{choice.value} {choice.name}: {choice.meaning}" for choice in point.choices),
    )


def describe_alarm(dictionary: Dictionary, alarm: AlarmEntry) -> AlarmDescription:
    return AlarmDescription(
        profile=dictionary.profile,
        name=alarm.name,
        code=alarm.code,
        priority=alarm.priority,
        group=alarm.group,
        condition=alarm.condition,
        cause=alarm.cause,
        consequence=alarm.consequence,
        remedy=alarm.remedy,
        delay_s=alarm.delay_ms / 1000,
        latched=alarm.latch,
    )


def find_points(dictionaries: Iterable[Dictionary], pattern: str) -> list[PointDescription]:
    """Points of that name or pattern in any of the dictionaries. Raises MalleeError with the nearest name."""
    dictionaries = list(dictionaries)
    found = [
        describe_point(d, p)
        for d in dictionaries
        for p in d.points
        if fnmatchcase(p.name, pattern) or p.name.rpartition(".")[0] == pattern
    ]
    if not found:
        raise _unknown("point", pattern, [p.name for d in dictionaries for p in d.points])
    return found


def find_alarms(dictionaries: Iterable[Dictionary], pattern: str) -> list[AlarmDescription]:
    """Alarms of that name, code or pattern. Raises MalleeError with the nearest name."""
    dictionaries = list(dictionaries)
    found = [
        describe_alarm(d, a)
        for d in dictionaries
        for a in d.alarms
        if fnmatchcase(a.name, pattern) or a.name.rpartition(".")[0] == pattern or str(a.code) == pattern
    ]
    if not found:
        raise _unknown("alarm", pattern, [a.name for d in dictionaries for a in d.alarms])
    return found


def _unknown(kind: str, name: str, known: Iterable[str]) -> MalleeError:
    return MalleeError(
        f"no controller has {'an alarm' if kind == 'alarm' else 'a point'} {name!r}",
        "a typing error, or a name of another map version",
        did_you_mean(name, known),
    )
