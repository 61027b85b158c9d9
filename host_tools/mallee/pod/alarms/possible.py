"""Everything that the alarms of a pod can ever say, by its file and the dictionaries that come with this release. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import MalleeError
from ...resources import dictionary
from ...suggest import did_you_mean
from ..config import PodConfig
from .conditions import Key
from .judging import possible_pod_alarms


def possible_alarms(config: PodConfig) -> list[Key]:
    """(device or place, alarm)."""
    pairs: list[Key] = []
    for profile, controllers in (("pump", config.skids), ("pdu", config.pdus)):
        names = [alarm.name for alarm in dictionary(profile).alarms]
        pairs += [(controller.name, name) for controller in controllers for name in names]
    return pairs + possible_pod_alarms(config)


def check_named(device: str, alarm: str, known: Iterable[Key]) -> None:
    """Patterns match what there is at the moment; a plain name must be one. Raises MalleeError with the nearest."""
    known = list(known)
    devices = list(dict.fromkeys(place for place, _ in known))
    if any(sign in device + alarm for sign in "*?["):
        return
    if device not in devices:
        raise MalleeError(
            f"nothing in this pod is named {device!r}",
            "a typing error, or another pod file is in use (see `mallee config show`)",
            did_you_mean(device, devices, most=3),
        )
    names = [name for place, name in known if place == device]
    if alarm not in names:
        raise MalleeError(
            f"{device} has no alarm {alarm!r}",
            "a typing error, or its number is missing",
            did_you_mean(alarm, names, most=3),
        )
