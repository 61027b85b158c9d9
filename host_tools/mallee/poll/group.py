"""Points of one device that are read together, at one interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..device.dictionary import LATCHED, Dictionary
from ..device.selecting import select
from ..device.spans import Span, fast_span, plan

FAST = "fast"
REST = "rest"
ALARMS = "alarms"


@dataclass(frozen=True, slots=True)
class Group:
    """`points` are names of the device's dictionary. A group of the name `fast` goes before all others."""

    name: str
    points: tuple[str, ...]
    interval_s: float

    def __post_init__(self) -> None:
        if not self.interval_s > 0:
            raise ValueError(f"an interval of {self.interval_s} s cannot be kept")


def fast_group(dictionary: Dictionary, interval_s: float) -> Group:
    """The whole fast block, each `interval_s`. Raises ValueError where there is none."""
    return Group(FAST, tuple(point.name for point in fast_span(dictionary).points), interval_s)


def rest_group(dictionary: Dictionary, interval_s: float) -> Group:
    """Everything but the fast block and its latched copy."""
    fast = {point.name for point in fast_span(dictionary).points} if dictionary.fast is not None else set()
    names = (p.name for p in dictionary.points if p.name not in fast and not p.name.startswith(LATCHED))
    return Group(REST, tuple(names), interval_s)


def alarm_group(dictionary: Dictionary, interval_s: float) -> Group:
    """Every alarm and whether it can be judged. `device.alarms.alarms_in` makes readings of it. Raises ValueError where there is
    none."""
    if not dictionary.alarms:
        raise ValueError(f"a {dictionary.profile} has no alarms")
    return Group(ALARMS, tuple(dictionary.alarm_points), interval_s)


def chosen_group(dictionary: Dictionary, patterns: Iterable[str], interval_s: float, name: str = "chosen") -> Group:
    """Points by name or pattern. Raises MalleeError with the nearest name where one matches nothing."""
    return Group(name, tuple(point.name for point in select(dictionary, list(patterns))), interval_s)


def declared_groups(dictionary: Dictionary, interval_s: float) -> list[Group]:
    """Every point at the interval that its map declares, those without one each `interval_s`; a group an interval, the shortest
    first."""
    by_interval: dict[float, list[str]] = {}
    for point in dictionary.points:
        by_interval.setdefault(point.interval_s or interval_s, []).append(point.name)
    return [Group(f"every {every:g} s", tuple(names), every) for every, names in sorted(by_interval.items())]


def spans_of(dictionary: Dictionary, group: Group) -> list[Span]:
    """The requests that read the group: as few as blocks and the standard's 125 registers allow."""
    known = dictionary.by_name | dictionary.alarm_points
    return plan(dictionary, [known[name] for name in group.points], dictionary.registers_per_request)
