"""What stands or falls together in a pod: lines, gateways, feeds, the coolant loop. Derived from the pod file alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ...link.address import SerialAddress, TcpAddress, parse_address
from ..config import Controller, PodConfig

POD = "pod"


class Place(msgspec.Struct, frozen=True):
    """Something that several devices share. `kind`: line, gateway, feed or pod."""

    kind: str
    name: str
    devices: frozenset[str]


class Topology(msgspec.Struct, frozen=True):
    """`silence` are the places that can fall silent as a whole: no two have the same devices. `feeds` are all of them."""

    silence: tuple[Place, ...] = ()
    feeds: tuple[Place, ...] = ()
    inside: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    """By place: its devices, and the places of which it has all devices and more."""
    loops: tuple[frozenset[str], ...] = ()
    """Skids that move the same coolant."""
    racks: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """By power distribution unit: the racks behind it, in the order of its branches."""


def topology(config: PodConfig) -> Topology:
    feeds = tuple(
        Place("feed", f"feed {feed.name}", frozenset(pdu.name for pdu in config.pdus if pdu.feed == feed.name))
        for feed in config.feeds
    )
    everything = Place("pod", POD, frozenset(member.name for member in config.members))
    silence = _distinct((*_lines(config.members), *_gateways(config.members), *feeds, everything))
    places = {place.name: place for place in (*feeds, everything, *silence)}
    return Topology(
        silence=silence,
        feeds=feeds,
        inside={name: place.devices | _smaller(place, places.values()) for name, place in places.items()},
        loops=(frozenset(skid.name for skid in config.skids),),
        racks={pdu.name: tuple(dict.fromkeys(rack for rack in pdu.racks if rack)) for pdu in config.pdus},
    )


def _smaller(place: Place, places: Iterable[Place]) -> frozenset[str]:
    return frozenset(other.name for other in places if other.devices and other.devices < place.devices)


def _distinct(places: Sequence[Place]) -> tuple[Place, ...]:
    """Of places with the same devices the first, which is the nearest to them: a pod that is one line is told as that line."""
    found: dict[frozenset[str], Place] = {}
    for place in places:
        if len(place.devices) > 1:
            found.setdefault(place.devices, place)
    return tuple(found.values())


def _lines(members: Sequence[Controller]) -> list[Place]:
    """Units that share one serial line, or one connection to a gateway."""
    by_address: dict[str, set[str]] = {}
    for member in members:
        address = parse_address(member.address)
        name = address.device if isinstance(address, SerialAddress) else str(address).removeprefix("tcp://")
        by_address.setdefault(f"line {name}", set()).add(member.name)
    return [Place("line", name, frozenset(names)) for name, names in by_address.items()]


def _gateways(members: Sequence[Controller]) -> list[Place]:
    """Lines behind one network address: gateways give each of their ports a TCP port."""
    by_host: dict[str, set[str]] = {}
    for member in members:
        address = parse_address(member.address)
        if isinstance(address, TcpAddress):
            by_host.setdefault(address.host, set()).add(member.name)
    return [Place("gateway", f"gateway {host}", frozenset(names)) for host, names in by_host.items()]
