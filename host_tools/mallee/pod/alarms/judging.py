"""When the alarms of the pod hold: from which controllers answer, what they say, and what is measured. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from ...device.dictionary import AlarmEntry
from ..config import PodConfig
from ..document import FeedState, PduState
from ..power.sums import CAP, largest_phase_A
from . import pod_alarms as pod
from .cause_rules import lead_s
from .conditions import Condition, DeviceAlarms, Key, stem
from .topology import POD, Topology, topology

DEAD = 0.5
"""Of the nominal voltage: below it, a phase is lost (as `phase_loss` of the controllers has it)."""
PHASES = 3
_SQRT_3 = 3.0**0.5
_SILENT = {
    "line": pod.LINE_SILENT,
    "gateway": pod.GATEWAY_SILENT,
    "feed": pod.FEED_SILENT,
    "pod": pod.POD_SILENT,
}


class Vote(msgspec.Struct, frozen=True):
    """The same alarm at several controllers is one at what they share. `quorum`: of those that can tell; two at the least."""

    alarm: AlarmEntry
    of: str
    place: Literal["feed", "pod"]
    quorum: Literal["all", "some"]


VOTES = (
    Vote(pod.FEED_PHASE_LOST, "phase_loss", "feed", "all"),
    Vote(pod.FEED_UNDERVOLTAGE, "undervoltage", "feed", "all"),
    Vote(pod.FEED_OVERVOLTAGE, "overvoltage", "feed", "all"),
    Vote(pod.LEASES_LOST, "lease_lost", "pod", "some"),
)


def conditions(
    devices: Sequence[DeviceAlarms],
    pdus: Sequence[PduState],
    feeds: Sequence[FeedState],
    voltages_V: Mapping[str, float],
    topology: Topology,
    active: Collection[Key],
) -> list[Condition]:
    """Every condition of this scan: those of the controllers, then those of the pod. `voltages_V` are the line to line voltages
    of the feeds, `active` the alarms that stand: a deadband is for those."""
    found = [each for device in devices for each in _of_controller(device)]
    found += _silence(devices, topology)
    found += _voltages(pdus, voltages_V, topology, active)
    found += [each for vote in VOTES for each in _voted(vote, devices, topology)]
    loads = [(pod.FEED_OVERLOAD, f"feed {f.name}", f.current_A, f.main_A) for f in feeds]
    loads += [(pod.MAIN_OVERLOAD, p.name, largest_phase_A(p), p.main_A) for p in pdus]
    for alarm, place, current_A, main_A in loads:
        holds = above(alarm, current_A, CAP * main_A, (place, alarm.name) in active)
        detail = "" if current_A is None else f"{current_A:.0f} A of {main_A:.0f} A."
        found.append(_condition(place, alarm, holds, detail))
    return found


def possible_pod_alarms(config: PodConfig) -> list[Key]:
    """(device or place, alarm) of everything that the pod itself can ever tell."""
    places = topology(config)
    pairs = [(member.name, pod.NO_ANSWER.name) for member in config.members]
    pairs += [(controller.name, pod.CONTROLLER_QUARANTINED.name) for controller in config.controllers]
    pairs += [(place.name, _SILENT[place.kind].name) for place in places.silence]
    pairs += [(pdu.name, alarm.name) for pdu in config.pdus for alarm in (pod.SUPPLY_LOST, pod.MAIN_OVERLOAD)]
    pairs += [(feed.name, alarm.name) for feed in places.feeds for alarm in (pod.FEED_LOST, pod.FEED_OVERLOAD)]
    phases = [(vote.alarm.name, phase) for vote in VOTES if vote.place == "feed" for phase in range(1, PHASES + 1)]
    pairs += [(feed.name, f"{name}.{phase}") for feed in places.feeds for name, phase in phases]
    return [*pairs, (POD, pod.LEASES_LOST.name)]


def above(alarm: AlarmEntry, value: float | None, limit: float, was: bool) -> bool | None:
    """Whether a value is above its limit; of an alarm that stands, not yet back by its deadband. None where it is not known."""
    if value is None:
        return None
    return value > (limit - abs(limit) * alarm.deadband_percent / 100 if was else limit)


def below(alarm: AlarmEntry, value: float | None, limit: float, was: bool) -> bool | None:
    """The same of a value below its limit."""
    return above(alarm, None if value is None else -value, -limit, was)


def _condition(place: str, alarm: AlarmEntry, holds: bool | None, detail: str = "") -> Condition:
    return Condition(place, alarm, holds, detail=detail, delay_s=max(alarm.delay_ms / 1000, lead_s(stem(alarm.name))))


def _of_controller(device: DeviceAlarms) -> Iterator[Condition]:
    yield _condition(device.device, pod.NO_ANSWER, device.lost, device.reason)
    evidence = f"{device.quarantine[:1].upper()}{device.quarantine[1:]}." if device.quarantine else ""
    yield _condition(device.device, pod.CONTROLLER_QUARANTINED, bool(device.quarantine), evidence)
    if device.lost:
        return
    for reading in device.readings or ():
        first_out = reading.entry.code == device.first_out
        lead = lead_s(stem(reading.entry.name))
        yield Condition(device.device, reading.entry, reading.active, first_out=first_out, delay_s=lead)


def _silence(devices: Iterable[DeviceAlarms], topology: Topology) -> Iterator[Condition]:
    lost = {device.device for device in devices if device.lost}
    for place in topology.silence:
        detail = f"{len(place.devices)} are silent: {', '.join(sorted(place.devices))}."
        yield _condition(place.name, _SILENT[place.kind], place.devices <= lost, detail)


def _voltages(
    pdus: Sequence[PduState], voltages_V: Mapping[str, float], topology: Topology, active: Collection[Key]
) -> Iterator[Condition]:
    dead: dict[str, bool | None] = {}
    for pdu in pdus:
        limit_V = DEAD * voltages_V[pdu.feed] / _SQRT_3
        largest_V = _largest([phase.number for phase in pdu.phase_voltage]) if pdu.answering else None
        was = bool({(pdu.name, pod.SUPPLY_LOST.name), (f"feed {pdu.feed}", pod.FEED_LOST.name)} & set(active))
        dead[pdu.name] = below(pod.SUPPLY_LOST, largest_V, limit_V, was)
        yield _condition(pdu.name, pod.SUPPLY_LOST, dead[pdu.name])
    for feed in topology.feeds:
        known = [dead[name] for name in sorted(feed.devices) if dead.get(name) is not None]
        # One unit alone cannot tell whether it is the feed or its own breaker: that is told as its supply.
        holds = all(known) if len(known) > 1 else None
        yield _condition(feed.name, pod.FEED_LOST, holds, f"{len(known)} of its {len(feed.devices)} units can tell.")


def _largest(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def _voted(vote: Vote, devices: Sequence[DeviceAlarms], topology: Topology) -> Iterator[Condition]:
    places = [(feed.name, feed.devices) for feed in topology.feeds] if vote.place == "feed" else [(POD, None)]
    for place, members in places:
        ballots: dict[str, list[bool]] = {}
        for device in devices:
            if device.lost or device.quarantine or (members is not None and device.device not in members):
                continue
            for reading in device.readings or ():
                if reading.active is not None and stem(reading.entry.name) == vote.of:
                    ballots.setdefault(reading.entry.name.removeprefix(vote.of), []).append(reading.active)
        for suffix, votes in ballots.items():
            entry = msgspec.structs.replace(vote.alarm, name=vote.alarm.name + suffix) if suffix else vote.alarm
            count = sum(votes)
            holds = count > 1 and (count == len(votes) or vote.quorum == "some")
            yield _condition(place, entry, holds, f"{count} of {len(votes)} say so.")
