"""What is known of a register that no rule of a running host sets: who writes it, and the controller's own reason. Pure.

Meanings come from the dictionary. What this file adds is which registers decide about another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec

from ...device.dictionary import LATCHED, Dictionary, Point
from ...device.remote import LEASE_POINTS, remote_points
from ...reading import Quality, Reading
from .answer import Answer, Fact, SetBy
from .lease_words import active_set_point, remote_set_point

STATUS = ("state", "safe_reason", "first_out", "since_trip", "lease_state", "lease_holder", "lease_remaining")
"""Read with every question."""


class Decided(msgspec.Struct, frozen=True):
    """What decides about the registers of these names; `*` stands for the same number everywhere. The first of `by` whose value
    is none of its ordinary ones gives the reason, in the words of the dictionary; else `otherwise`. `also` is shown beside it."""

    names: str
    by: tuple[tuple[str, tuple[str | bool, ...]], ...] = ()
    also: tuple[str, ...] = ()
    otherwise: str = ""


DECIDED = (
    Decided(
        "pump_command.*",
        by=(("pump_state.*", ("running", "stopped")), ("operation", ("run",)), ("mode", ())),
        also=(
            "active_differential_pressure",
            "differential_pressure",
            "sensors_dropped",
            "supply_pressure",
            "supply_pressure_limit",
            "return_pressure",
            "return_pressure_low",
            "minimum_speed",
        ),
    ),
    Decided("pump_state.*", by=(("pump_state.*", ()),), also=("pump_command.*", "operation", "pump_arrangement")),
    Decided(
        "valve_command",
        by=(("operation", ("run",)),),
        also=("active_supply_temperature", "supply_temperature", "remote_heat", "sensors_dropped", "valve_position"),
        otherwise="the controller's loop holds the supply temperature at active_supply_temperature",
    ),
    Decided(
        "branch.*.state",
        by=(
            ("branch.*.trip_cause", ("none",)),
            ("branch.*.state", ("open", "closed")),
            ("branch_switch.*", (True,)),
            ("branch.*.state", ()),
        ),
        also=("permit", "closed", "tripped"),
    ),
    Decided("isolated", also=("leak_rope.1", "leak_rope.2", "closed"), otherwise="a leak is latched at these racks"),
    Decided("state", by=(("safe_reason", ("none",)), ("state", ()))),
)
_SWITCHED = (
    "a person or another master switched it (`mallee log` has when); after a restart it is as the contactors report"
)
INSTEAD = (
    ("*supply_temperature*", ("active_supply_temperature", "valve_command")),
    ("*return_temperature", ("active_supply_temperature", "valve_command")),
    ("valve_position", ("valve_command",)),
    ("pump_speed.*", ("pump_command.*",)),
    ("*pressure", ("active_differential_pressure", "pump_command.1")),
    ("*flow", ("active_differential_pressure", "pump_command.1")),
    ("branch.*.*", ("branch.*.state",)),
    ("closed", ("branch.1.state",)),
    ("tripped", ("branch.1.state",)),
)
"""What to ask about where a measurement was asked about."""


def related(dictionary: Dictionary, name: str) -> list[str]:
    """The registers that are read for the answer, the one that was asked about first."""
    found = [name]
    rule = _rule(name)
    if rule is not None:
        found += [_numbered(each, name) for each in (*(by for by, _ in rule.by), *rule.also)]
    base = name.removeprefix("active_")
    if _follows(dictionary, name):
        found += [f"remote_{base}", f"{base}_setpoint"]
    if name == "active_supply_temperature":
        found += ["dew_point", "dew_point_margin"]
    return [each for each in dict.fromkeys((*found, *STATUS)) if each in dictionary.by_name]


def answer(dictionary: Dictionary, device: str, name: str, readings: Mapping[str, Reading]) -> Answer:
    """From what was read of `related`."""
    point, reading = dictionary.by_name[name], readings[name]
    set_by, why, ask = _explained(dictionary, point, readings)
    if dictionary.foreign is None and reading.quality is not Quality.GOOD and reading.value is None:
        why = f"{why}. It is not known now: {reading.quality.value.replace('_', ' ')}"
    shown = [each for each in related(dictionary, name) if each != name and each not in STATUS]
    return Answer(
        point=f"{device}.{name}",
        value=fact(reading).value,
        unit=reading.unit,
        quality=reading.quality.value,
        age_s=reading.age_s,
        set_by=set_by,
        why=why,
        inputs=tuple(fact(readings[each], f"{device}.{each}") for each in shown),
        notes=notes(dictionary, device, readings),
        ask=tuple(f"{device}.{each}" for each in ask if each in dictionary.by_name and each != name),
    )


def notes(dictionary: Dictionary, device: str, readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """What the controller says of itself that a reader has to know: its state, its first alarm, its lease."""
    found: list[str] = []
    state = _value(readings, "state")
    if state not in (None, "local", "leased"):
        found.append(f"{device} is {state}: {meaning(dictionary, 'state', state)}")
    code = _value(readings, "first_out")
    alarm = dictionary.alarm_by_code.get(code) if isinstance(code, int) else None
    if alarm is not None:
        ago = readings["since_trip"].number if "since_trip" in readings else None
        when = "" if ago is None else f" {ago / 1000:.0f} s ago"
        found.append(f"first of its alarms that stand: {alarm.name} ({alarm.priority}){when}. {alarm.remedy}")
    lease, holder = _value(readings, "lease_state"), _value(readings, "lease_holder")
    if lease == "active":
        found.append(f"host {holder} holds the lease, {readings['lease_remaining'].number or 0:.0f} s are left of it")
    elif lease is not None:
        found.append(f"lease {lease}: {meaning(dictionary, 'lease_state', lease)}")
    return tuple(found)


def meaning(dictionary: Dictionary, name: str, value: object) -> str:
    """Of one value of an enumeration, without the point at its end."""
    choices = dictionary.by_name[name].choices
    return next((choice.meaning.rstrip(".") for choice in choices if choice.name == value), "")


def fact(reading: Reading, name: str | None = None) -> Fact:
    value = sorted(reading.value) if isinstance(reading.value, frozenset) else reading.value
    return Fact(name or reading.name, value, reading.unit, reading.age_s, reading.quality.value)


def _explained(
    dictionary: Dictionary, point: Point, readings: Mapping[str, Reading]
) -> tuple[SetBy, str, tuple[str, ...]]:
    """Who sets it, why, and what else to ask."""
    name = point.name
    if dictionary.foreign is not None:
        return "nobody", f"a register of a device of another make, which the host only reads. {point.meaning}", ()
    if name.startswith(LATCHED):
        return "controller", "a copy that the last latch command made", (name.removeprefix(LATCHED),)
    if point.table == "coil":
        number = name.rpartition(".")[2]
        return "switch", f"a switch: {_SWITCHED}", (f"branch.{number}.state",)
    if point.table == "holding":
        return _written(dictionary, point, readings)
    if _follows(dictionary, name):
        words = meaning(dictionary, name, readings[name].value)
        why = active_set_point(name, readings)
        return "controller", f"{words}; {why}" if words else why, _sources(name, readings)
    rule = _rule(name)
    if rule is not None:
        return "controller", _reason(dictionary, rule, name, readings) or point.meaning, ()
    if point.kind == "enum":
        return "controller", meaning(dictionary, name, readings[name].value) or point.meaning, ()
    instead = next((ask for pattern, ask in INSTEAD if fnmatchcase(name, pattern)), ("state",))
    why = f"nobody sets it: the controller measures or computes it. {point.meaning}".rstrip(".")
    return "nobody", why, tuple(_numbered(each, name) for each in instead)


def _written(
    dictionary: Dictionary, point: Point, readings: Mapping[str, Reading]
) -> tuple[SetBy, str, tuple[str, ...]]:
    name = point.name
    remote = remote_points(dictionary)
    if point in remote:
        if name in LEASE_POINTS:
            return "lease", "the lease itself: the host that controls renews it with every scan", ("lease_state",)
        return "lease", remote_set_point(readings), (f"active_{name.removeprefix('remote_')}",)
    if remote and point.address < remote[0].address:
        return "command", f"a command: it acts when it is written. {point.meaning}".rstrip("."), ()
    default = ""
    if isinstance(readings[name].value, float | int) and point.default is not None:
        same = readings[name].number == point.default
        default = "; it is at its default" if same else f"; its default is {point.default:g} {point.unit}".rstrip()
    why = f"a setting of the controller: no rule of the host writes it, a person or another master does{default}"
    base = name.removesuffix("_setpoint")
    if name.endswith("_setpoint") and _value(readings, "lease_state") not in (None, "none"):
        why = f"{why}. It is not in force while a host's set-points are"
    return "setting", why, (f"active_{base}", *((base,) if point.kind == "enum" else ())) if base != name else ()


def _reason(dictionary: Dictionary, rule: Decided, name: str, readings: Mapping[str, Reading]) -> str:
    for each, ordinary in rule.by:
        register = _numbered(each, name)
        value = _value(readings, register)
        if value is not None and value not in ordinary:
            if isinstance(value, bool):
                return f"{register} is {'on' if value else 'off'}: {_SWITCHED}"
            words = meaning(dictionary, register, value)
            return words if register == name else f"{register} is {value}: {words}"
    return rule.otherwise


def _sources(name: str, readings: Mapping[str, Reading]) -> tuple[str, ...]:
    base = name.removeprefix("active_")
    leased = _value(readings, "lease_state") not in (None, "none")
    return (f"remote_{base}",) if leased else (f"{base}_setpoint",)


def _follows(dictionary: Dictionary, name: str) -> bool:
    """It shows which set-point is in force: `active_…`, and the words that hosts may write too."""
    point = dictionary.by_name[name]
    return name.startswith("active_") or (point.kind == "enum" and f"remote_{name}" in dictionary.by_name)


def _rule(name: str) -> Decided | None:
    return next((rule for rule in DECIDED if fnmatchcase(name, rule.names)), None)


def _numbered(pattern: str, name: str) -> str:
    """`*` becomes the number in `name`."""
    number = next((part for part in name.split(".") if part.isdigit()), "1")
    return pattern.replace("*", number)


def _value(readings: Mapping[str, Reading], name: str) -> object:
    return readings[name].value if name in readings else None
