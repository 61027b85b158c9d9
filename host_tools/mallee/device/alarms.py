"""Alarms of a controller: discrete inputs, each with a validity twin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..link import pdus
from ..link.base import Link, Priority
from ..reading import Quality, Reading
from .dictionary import AlarmEntry, Dictionary, alarm_point, valid_point


@dataclass(frozen=True, slots=True)
class AlarmReading:
    """One alarm: `active` is None while the controller says that it cannot tell."""

    entry: AlarmEntry
    active: bool | None


def code_runs(dictionary: Dictionary) -> list[tuple[int, int]]:
    """Contiguous runs (first code, count) of the alarms there are; the codes between them do not exist."""
    runs: list[tuple[int, int]] = []
    for code in sorted(dictionary.alarm_by_code):
        if runs and runs[-1][0] + runs[-1][1] == code:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((code, 1))
    return runs


def alarms_in(readings: Mapping[str, Reading], dictionary: Dictionary) -> list[AlarmReading]:
    """All alarms in order of their codes, from what a poller has of their points (poll.group.alarm_group): `active` is None
    where the controller cannot tell, and where nothing newer than stale is known."""

    def known(point: str) -> bool | None:
        reading = readings.get(point)
        return None if reading is None or reading.quality is not Quality.GOOD else bool(reading.value)

    entries = (dictionary.alarm_by_code[code] for code in sorted(dictionary.alarm_by_code))
    return [AlarmReading(entry, known(alarm_point(entry)) if known(valid_point(entry)) else None) for entry in entries]


async def read_alarms(link: Link, unit: int, dictionary: Dictionary) -> list[AlarmReading]:
    """All alarms in order of their codes. Raises NoAnswer, Refused, LinkDown."""
    found: list[AlarmReading] = []
    for first, count in code_runs(dictionary):
        states = await link.request(unit, pdus.read_discrete(first, count), priority=Priority.ALARM)
        twins = await link.request(
            unit, pdus.read_discrete(first + dictionary.validity_offset, count), priority=Priority.ALARM
        )
        for index in range(count):
            active = bool(states.bits[index]) if twins.bits[index] else None
            found.append(AlarmReading(dictionary.alarm_by_code[first + index], active))
    return found
