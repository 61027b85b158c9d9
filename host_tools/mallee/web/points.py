"""The points of a pod's devices as the page shows them: what they mean, and what the document knows of them.

Nothing is asked of a controller: however many browsers look, the lines are as busy as without.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from .. import resources
from ..device.describing import PointDescription, describe_point
from ..device.dictionary import LATCHED, Dictionary
from ..errors import NotFound
from ..pod.config import Controller, MappedDevice, PodConfig
from ..pod.document import ControllerState, PduState, PodDocument, SkidState, Value
from ..pod.maps.load import load_map
from ..pod.reasons import Reason
from ..suggest import did_you_mean


class DeviceName(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    """skid, pdu or device"""
    address: str
    unit: int


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """The one of the three that it is; all null before the first document."""

    name: str
    kind: str
    skid: SkidState | None = None
    pdu: PduState | None = None
    device: ControllerState | None = None


class PointView(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is null for a point that is not part of the document: settings, switches, counters."""

    point: PointDescription
    value: Value | None = None
    reason: Reason | None = None
    """Of what the host sets."""


def device_names(config: PodConfig) -> list[DeviceName]:
    return [DeviceName(name=c.name, kind=_kind(config, c), address=c.address, unit=c.unit) for c in config.members]


def device_view(config: PodConfig, document: PodDocument | None, name: str) -> DeviceView:
    """Raises NotFound with the three nearest names."""
    controller = find(config, name)
    kind = _kind(config, controller)
    state = None if document is None else next((m for m in document.members if m.name == name), None)
    return DeviceView(
        name=name,
        kind=kind,
        skid=state if isinstance(state, SkidState) else None,
        pdu=state if isinstance(state, PduState) else None,
        device=state if kind == "device" else None,
    )


def find(config: PodConfig, name: str) -> Controller:
    """By its name in the pod file alone: an address is not taken here. Raises NotFound."""
    for controller in config.members:
        if controller.name == name:
            return controller
    raise NotFound(
        f"there is no device {name!r} in {config.pod.name}",
        "a typing error, or the page serves another pod",
        did_you_mean(name, [controller.name for controller in config.members], 3),
    )


def dictionary(config: PodConfig, name: str, own: Mapping[str, Dictionary]) -> Dictionary:
    """Its own where it was asked for it, else as this release has it, or its map file. Raises NotFound, and MalleeError for a map
    file that is wrong."""
    controller = find(config, name)
    if name in own:
        return own[name]
    if isinstance(controller, MappedDevice):
        return load_map(Path(controller.map))
    return resources.dictionary("pump" if _kind(config, controller) == "skid" else "pdu")


def point_views(
    config: PodConfig, document: PodDocument | None, name: str, own: Mapping[str, Dictionary]
) -> list[PointView]:
    """All points but latched copies and quality registers, which are no news."""
    known = dictionary(config, name, own)
    values = {} if document is None else values_of(document, name)
    reasons = {} if document is None else {reason.of: reason for reason in document.reasons}
    return [
        PointView(
            point=describe_point(known, point), value=values.get(point.name), reason=reasons.get(f"{name}.{point.name}")
        )
        for point in known.points
        if point.kind != "quality" and not point.name.startswith(LATCHED)
    ]


def point_view(
    config: PodConfig, document: PodDocument | None, name: str, point: str, own: Mapping[str, Dictionary]
) -> PointView:
    """Raises NotFound with the three nearest names."""
    views = {view.point.name: view for view in point_views(config, document, name, own)}
    if point not in views:
        raise _no_point(name, point, list(views))
    return views[point]


def values_of(document: PodDocument, name: str) -> dict[str, Value]:
    """What the document knows of a device, by the names of its registers."""
    found: dict[str, Value] = {}
    member = next((m for m in document.members if m.name == name), None)
    if member is None:
        return found
    _collect(found, "", member)
    for branch in member.branches if isinstance(member, PduState) else ():
        _collect(found, f"branch.{branch.number}.", branch)
    return found


def _collect(found: dict[str, Value], before: str, state: msgspec.Struct) -> None:
    for field in msgspec.structs.fields(state):
        value = getattr(state, field.name)
        if isinstance(value, Value):
            found[before + field.name] = value
        elif isinstance(value, tuple) and value and isinstance(value[0], Value):
            found |= {f"{before}{field.name}.{number}": each for number, each in enumerate(value, 1)}


def _kind(config: PodConfig, controller: Controller) -> str:
    if controller in config.skids:
        return "skid"
    return "pdu" if controller in config.pdus else "device"


def _no_point(device: str, point: str, known: list[str]) -> NotFound:
    return NotFound(
        f"{device} has no point {point!r}",
        "a typing error, or a point of another profile or map version",
        did_you_mean(point, known, 3),
    )
