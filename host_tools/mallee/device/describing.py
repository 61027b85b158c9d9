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
    offset: float = 0.0
    order: str = "ABCD"
    interval_s: float | None = None


class AlarmDescription(msgspec.Struct, frozen=True):
    profile: str
    name: str
    code: int
    last_code: int
    """Of a group of alarms that differ only in their number, else the same as `code`."""
    priority: str
    group: str
    condition: str
    cause: str
    consequence: str
    remedy: str
    delay_s: float
    deadband_percent: int
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
        scale=10.0**point.scale * point.factor,
        unit=point.unit,
        writable=point.writable,
        low=point.low,
        high=point.high,
        default=point.default,
        choices=tuple(
            f"{c.value} {c.name}: {c.meaning}" if c.meaning else f"{c.value} {c.name}" for c in point.choices
        ),
        offset=point.offset,
        order=point.order,
        interval_s=point.interval_s,
    )


def describe_alarm(dictionary: Dictionary, alarm: AlarmEntry) -> AlarmDescription:
    return AlarmDescription(
        profile=dictionary.profile,
        name=alarm.name,
        code=alarm.code,
        last_code=alarm.code,
        priority=alarm.priority,
        group=alarm.group,
        condition=alarm.condition,
        cause=alarm.cause,
        consequence=alarm.consequence,
        remedy=alarm.remedy,
        delay_s=alarm.delay_ms / 1000,
        deadband_percent=alarm.deadband_percent,
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


def grouped(alarms: Iterable[AlarmDescription]) -> list[AlarmDescription]:
    """Alarms that differ only in their number as one: `overload_trip.1` to `.8` as `overload_trip.1-8`."""
    groups: list[AlarmDescription] = []
    for alarm in alarms:
        base, _, number = alarm.name.rpartition(".")
        last = groups[-1] if groups else None
        if last is not None and base and last.name.rpartition(".")[0] == base and last.last_code + 1 == alarm.code:
            first = last.name.rpartition(".")[2].partition("-")[0]
            groups[-1] = msgspec.structs.replace(last, name=f"{base}.{first}-{number}", last_code=alarm.code)
        else:
            groups.append(alarm)
    return groups


def _unknown(kind: str, name: str, known: Iterable[str]) -> MalleeError:
    return MalleeError(
        f"no controller has {'an alarm' if kind == 'alarm' else 'a point'} {name!r}",
        "a typing error, or a name of another map version",
        did_you_mean(name, known, most=3),
    )
