"""Alarms of the pod: those of its controllers, and one for each controller that does not answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..device.alarms import AlarmReading
from .document import AlarmState, Event

PRIORITIES = ("critical", "high", "medium", "low")


class AlarmBook(msgspec.Struct, frozen=True):
    """When each active alarm came, by (device, alarm)."""

    since: dict[tuple[str, str], datetime] = msgspec.field(default_factory=dict)


class DeviceAlarms(msgspec.Struct, frozen=True):
    """What one controller's alarms are; `readings` is None while they are not known, `lost` when it fell silent."""

    device: str
    lost: bool
    reason: str = ""
    readings: tuple[AlarmReading, ...] | None = None
    first_out: int | None = None


def no_answer(device: str, reason: str, since: datetime) -> AlarmState:
    """The pod's own alarm for a silent controller. What it would have said is suppressed under this one."""
    return AlarmState(
        device=device,
        code=None,
        name="no_answer",
        priority="high",
        group="communication",
        since=since,
        condition=f"{device} does not answer: {reason}" if reason else f"{device} does not answer.",
        cause="The controller lost its supply or restarts, or the network to it is broken.",
        consequence="It goes on alone, on its last set-points and then its local ones. Its values are not known.",
        remedy="Check its supply and network; it is read and leased again by itself as soon as it answers.",
    )


def update(
    book: AlarmBook, devices: Sequence[DeviceAlarms], now: datetime
) -> tuple[AlarmBook, tuple[AlarmState, ...], list[Event]]:
    """Active alarms in order of priority and age, and the events of those that came or went."""
    found: list[AlarmState] = []
    since: dict[tuple[str, str], datetime] = {}
    for device in devices:
        known = {name: when for (owner, name), when in book.since.items() if owner == device.device}
        if device.lost:
            begun = known.get("no_answer", now)
            since[device.device, "no_answer"] = begun
            # Alarms from before the silence keep their time, but are not shown: one cause, one alarm.
            since.update({(device.device, name): when for name, when in known.items() if name != "no_answer"})
            found.append(no_answer(device.device, device.reason, begun))
            continue
        if device.readings is None:
            since.update({(device.device, name): when for name, when in known.items() if name != "no_answer"})
            continue
        for reading in device.readings:
            if reading.active:
                begun = known.get(reading.entry.name, now)
                since[device.device, reading.entry.name] = begun
                found.append(_alarm(device, reading, begun))
    found.sort(key=lambda alarm: (PRIORITIES.index(alarm.priority), alarm.since, alarm.device, alarm.name))
    events = [
        Event(time=now, kind="alarm", device=alarm.device, text=f"{alarm.name}: {alarm.condition}")
        for alarm in found
        if (alarm.device, alarm.name) not in book.since
    ]
    events += [
        Event(time=now, kind="alarm_gone", device=device, text=f"{name} is gone")
        for device, name in book.since
        if (device, name) not in since
    ]
    return AlarmBook(since), tuple(found), events


def _alarm(device: DeviceAlarms, reading: AlarmReading, since: datetime) -> AlarmState:
    entry = reading.entry
    return AlarmState(
        device=device.device,
        code=entry.code,
        name=entry.name,
        priority=entry.priority,
        group=entry.group,
        since=since,
        condition=entry.condition,
        cause=entry.cause,
        consequence=entry.consequence,
        remedy=entry.remedy,
        first_out=entry.code == device.first_out,
    )
