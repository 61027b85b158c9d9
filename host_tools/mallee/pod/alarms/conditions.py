"""What an alarm is judged by: one condition a scan, from a controller's discrete input or from the state of the pod. Plain."""

from __future__ import annotations

import msgspec

from ...device.alarms import AlarmReading
from ...device.dictionary import AlarmEntry

PRIORITIES = ("critical", "high", "medium", "low")
Key = tuple[str, str]
"""(device or place, name of the alarm)."""


class Condition(msgspec.Struct, frozen=True):
    """`holds` is None while it cannot be judged: the alarm then stays as it is. `detail` is added to the words of the
    condition."""

    device: str
    alarm: AlarmEntry
    holds: bool | None
    first_out: bool = False
    detail: str = ""
    delay_s: float = 0.0
    """How long it must hold here, beside what the controller waited for already."""

    @property
    def key(self) -> Key:
        return self.device, self.alarm.name


class DeviceAlarms(msgspec.Struct, frozen=True):
    """What one controller's alarms are; `readings` is None while they are not known, `lost` when it fell silent, and None while
    it is not asked."""

    device: str
    lost: bool | None
    reason: str = ""
    readings: tuple[AlarmReading, ...] | None = None
    first_out: int | None = None
    quarantine: str = ""
    """Why nothing that it says is believed; "" while it is."""


def stem(name: str) -> str:
    """The name of an alarm without the number of its branch, pump or phase."""
    base, dot, number = name.rpartition(".")
    return base if dot and number.isdigit() else name


def number(name: str) -> str:
    """That number, empty where there is none."""
    base, dot, last = name.rpartition(".")
    return last if base and dot and last.isdigit() else ""


def severity(priority: str) -> int:
    """0 is the most severe."""
    return PRIORITIES.index(priority)
