"""Names for the shell's TAB key: devices, racks and points of the pod file in force. Nothing is asked of any controller."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .. import resources, settings
from ..device.dictionary import LATCHED, Dictionary
from ..pod.alarms.possible import possible_alarms
from ..pod.config import PodConfig

if TYPE_CHECKING:
    from cyclopts.completion._engine import CompletionContext

Named = tuple[str, str]
"""A word, and what it is."""


def devices(context: CompletionContext) -> list[Named]:
    return list(_devices(_pod(context)))


def points(context: CompletionContext) -> list[Named]:
    """Of the device that was typed."""
    given = context.get("device")
    device = None if given is None else given.raw
    dictionary = _dictionary(_pod(context), device or "")
    return [] if dictionary is None else [(point.name, point.unit) for point in dictionary.points]


def places_and_points(context: CompletionContext) -> list[Named]:
    """DEVICE.POINT and RACK.POINT for who asks why; places alone until one of them is typed."""
    config = _pod(context)
    typed = context.incomplete
    place = typed.partition(".")[0]
    if "." not in typed:
        return [*_devices(config), *((rack.name, "rack") for rack in config.racks)]
    if any(rack.name == place for rack in config.racks):
        return [(f"{place}.power_limit", "kW"), (f"{place}.permit", "")]
    dictionary = _dictionary(config, place)
    return [] if dictionary is None else [(f"{place}.{point.name}", point.unit) for point in dictionary.points]


def devices_and_points(context: CompletionContext) -> list[Named]:
    """DEVICE.POINT for values over time, of controllers; their names with a dot until one of them is typed."""
    config = _pod(context)
    place = context.incomplete.partition(".")[0]
    dictionary = _dictionary(config, place) if "." in context.incomplete else None
    if dictionary is None:
        return [(f"{name}.", what) for name, what in _devices(config)]
    known = (point for point in dictionary.points if not point.name.startswith(LATCHED))  # copies are not recorded
    return [(f"{place}.{point.name}", point.unit) for point in known]


def assigned(context: CompletionContext) -> list[Named]:
    """Points and values take turns; of values nothing is known."""
    return points(context) if context.index % 2 == 0 else []


def described(context: CompletionContext) -> list[Named]:
    words = (
        ("pod", "what feeds and cools what"),
        ("alarm", "cause and remedy"),
        ("pump", "profile"),
        ("pdu", "profile"),
    )
    return [*_devices(_pod(context)), *words]


def described_points(context: CompletionContext) -> list[Named]:
    given = context.get("what")
    what = (given.raw if given else None) or ""
    if what == "alarm":
        return alarm_names(context)
    dictionary = resources.dictionary(what) if what in ("pump", "pdu") else _dictionary(_pod(context), what)
    return [] if dictionary is None else [(point.name, point.unit) for point in dictionary.points]


def alarm_places(context: CompletionContext) -> list[Named]:
    return [(place, "") for place in dict.fromkeys(place for place, _ in possible_alarms(_pod(context)))]


def alarm_names(context: CompletionContext) -> list[Named]:
    """Of the place that was typed, as a pattern too."""
    given = context.get("device")
    place = (given.raw if given else None) or "*"
    known = possible_alarms(_pod(context))
    return [(name, "") for name in dict.fromkeys(name for where, name in known if fnmatchcase(where, place))]


def _pod(context: CompletionContext) -> PodConfig:
    given = context.get("config")
    file = None if given is None or not given.raw else Path(given.raw)
    return settings.load(settings.resolve({"config": file}))


def _devices(config: PodConfig) -> Iterator[Named]:
    yield from ((skid.name, "pump skid") for skid in config.skids)
    yield from ((pdu.name, f"PDU on feed {pdu.feed}") for pdu in config.pdus)
    yield from ((device.name, "of another maker") for device in config.members if device not in config.controllers)


def _dictionary(config: PodConfig, name: str) -> Dictionary | None:
    if name in {skid.name for skid in config.skids}:
        return resources.dictionary("pump")
    if name in {pdu.name for pdu in config.pdus}:
        return resources.dictionary("pdu")
    return None


Device = Annotated[str, Parameter(completer=devices)]
Point = Annotated[str, Parameter(completer=points)]
DevicePoint = Annotated[str, Parameter(completer=devices_and_points)]
PlaceAndPoint = Annotated[str, Parameter(completer=places_and_points)]
