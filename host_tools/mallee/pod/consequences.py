"""What follows from writing a point, in words: said before it is written, on the command line and on the page.

What a point, a choice or an alarm means is the dictionary's; here stands only which points are dangerous, and how. `worst` is
what takes power or cooling away, or moves a limit that protects people and machines: there the device's name is to be typed.
A device that is not ours has its switches alone: what its other registers do is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from ..device.dictionary import Dictionary, Point
from ..reading import Scalar
from .config import Pdu, PodConfig

RESET_ALL = 0xACE
COMMIT = 0xC0DE


class Consequence(msgspec.Struct, frozen=True):
    text: str
    worst: bool = False


class _Asked(msgspec.Struct, frozen=True):
    """One point that is written. `old` is None where it is not known."""

    pod: PodConfig
    device: str
    dictionary: Dictionary
    point: Point
    number: int | None
    """Of the branch, or whatever the point is one of."""
    new: Scalar
    old: Scalar

    @property
    def meaning(self) -> str:
        return " ".join(self.point.meaning.split())


def consequences(
    pod: PodConfig,
    device: str,
    dictionary: Dictionary,
    values: Mapping[str, Scalar],
    old: Mapping[str, Scalar] | None = None,
) -> tuple[Consequence, ...]:
    """Of each value that changes something; `old` None: what stands there is not known, so everything may."""
    found: list[Consequence] = []
    for name, new in values.items():
        before = None if old is None else old.get(name)
        for pattern, rule in _RULES:
            matched = re.fullmatch(pattern, name)
            if matched is None:
                continue
            if before is not None and before == new and name not in _ACTS:
                break
            number = next((int(each) for each in matched.groups() if each), None)
            said = rule(_Asked(pod, device, dictionary, dictionary.by_name[name], number, new, before))
            found += [] if said is None else [said]
            break
        else:
            point = dictionary.by_name[name]
            if point.table == "coil" and before != new:
                found.append(
                    Consequence(f"{name} is switched {'on' if new else 'off'}, with what hangs on it", not new)
                )
    return tuple(dict.fromkeys(found))


def is_worst(found: tuple[Consequence, ...]) -> bool:
    return any(each.worst for each in found)


def _switch(asked: _Asked) -> Consequence:
    branch = asked.number or 0
    if asked.new:
        return Consequence(f"branch {branch} is closed: {_load(asked, branch)} is live; nobody may be working there")
    return Consequence(f"branch {branch} is opened: {_load(asked, branch)} loses this supply at once", worst=True)


def _permit(asked: _Asked) -> Consequence | None:
    """Only branches that the host does not permit any more."""
    kept = _bits(asked.point, asked.new)
    before = {choice.value for choice in asked.point.choices} if asked.old is None else _bits(asked.point, asked.old)
    lost = sorted(bit + 1 for bit in before - kept)
    if not lost:
        return Consequence("branches that are permitted again may close: nobody may be working there")
    told = ", ".join(f"{branch} ({_load(asked, branch)})" for branch in lost)
    return Consequence(f"no permission for branches {told}: those that are closed are opened", worst=True)


def _operation(asked: _Asked) -> Consequence:
    choice = next((c for c in asked.point.choices if asked.new in (c.name, c.value)), None)
    name, meaning = (str(asked.new), "") if choice is None else (choice.name, " ".join(choice.meaning.split()))
    if name == "run":
        return Consequence("the skid runs: pumps may start at once; nobody may be working on its loop")
    return Consequence(f"the skid is to {name}, whatever the host wants, and may cool no more: {meaning}", worst=True)


def _latch(asked: _Asked) -> Consequence | None:
    if not asked.new:
        return None
    if asked.new == RESET_ALL:
        return Consequence(
            "every latch whose condition has gone is taken away: pumps may start, branches may be closed"
        )
    entry = asked.dictionary.alarm_by_code.get(asked.new) if isinstance(asked.new, int) else None
    if entry is None:
        return Consequence(f"there is no alarm {asked.new}: nothing is reset")
    remedy = " ".join(entry.remedy.split())
    return Consequence(
        f"the latch of {entry.name} is taken away: what it stopped may start. What comes first: {remedy}"
    )


def _protects(asked: _Asked) -> Consequence:
    what = f"of branch {asked.number} " if asked.point.name.startswith("branch.") else ""
    return Consequence(f"a limit {what}that protects is another one: {asked.point.name}. {asked.meaning}", worst=True)


def _told(asked: _Asked) -> Consequence:
    """Where the dictionary's words are the consequence."""
    return Consequence(f"{asked.point.name}: {asked.meaning}")


def _commit(asked: _Asked) -> Consequence | None:
    if asked.new != COMMIT:
        return None
    return Consequence("all settings as they stand now, tried ones too, are kept over a restart")


def _lease(asked: _Asked) -> Consequence:
    return Consequence(
        "who controls this device changes: a host that holds the lease loses it, or sets no more", worst=True
    )


def _measures(asked: _Asked) -> Consequence:
    return Consequence(f"branch {asked.number} is measured otherwise: its energy counters and its trips follow")


_RULES: tuple[tuple[str, Callable[[_Asked], Consequence | None]], ...] = (
    (r"branch_switch\.(\d+)", _switch),
    (r"permit", _permit),
    (r"branch\.(\d+)\.(?:rating|instantaneous)", _protects),
    (r"thermal_limit|thermal_time_constant|leak_branches_\d", _protects),
    (r"supply_pressure_stop|return_pressure_low|dry_run_level|minimum_off_time", _protects),
    (r"branch\.(\d+)\.\w+_(?:gain|offset|delay)\.\d", _measures),
    (r"operation_setpoint|remote_operation", _operation),
    (r"reset_latch", _latch),
    (r"commit", _commit),
    (r"remote_(?:holder|epoch|seconds)", _lease),
    (r"restore|reset_peaks|set_clock|over_temperature|filter_limit|undervoltage|overvoltage|expected_\w+", _told),
    (r"service_(?:speed\.\d|valve)", _told),
)
"""The first that fits. A point that none fits has no more consequence than that its value is another one."""
_ACTS = frozenset({"reset_latch", "commit", "reset_peaks", "set_clock"})
"""Commands: written again they act again."""


def _load(asked: _Asked, branch: int) -> str:
    """What hangs on a branch, by the pod file."""
    pdu = next((pdu for pdu in asked.pod.pdus if pdu.name == asked.device), None)
    if not isinstance(pdu, Pdu) or not 1 <= branch <= len(pdu.racks) or not pdu.racks[branch - 1]:
        return "what hangs on it"
    return f"{pdu.racks[branch - 1]} on feed {pdu.feed}"


def _bits(point: Point, value: Scalar) -> set[int]:
    if isinstance(value, frozenset):
        return {choice.value for choice in point.choices if choice.name in value}
    number = int(value) if isinstance(value, int | float) else 0
    return {choice.value for choice in point.choices if number >> choice.value & 1}
