"""What a host that runs here says of controllers on a serial line that it has: evidence without a byte of our own on the line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from .. import resources
from ..device.alarms import AlarmReading
from ..errors import ErrorDocument
from ..pod.config import Controller, PodConfig, Skid
from ..pod.document import ControllerState, PduState, PodDocument, Value
from ..pod.hostfolder import live
from ..reading import Quality, Reading, Scalar
from .evidence import Evidence, Look

_EVERY_S = 0.25


async def hear(folder: Path, for_s: float) -> list[tuple[float, PodDocument]]:
    """Documents of the host whose files are in `folder`, with loop times; none where no host runs."""
    loop = asyncio.get_running_loop()
    end_s, found = loop.time() + for_s, list[tuple[float, PodDocument]]()
    while (now := live(folder)) is not None and not now.stale:
        if not found or found[-1][1].scan != now.document.scan:
            found.append((loop.time(), now.document))
        if loop.time() >= end_s:
            return found
        await asyncio.sleep(_EVERY_S)
    return []


def evidence_of(config: PodConfig, entry: Controller, heard: Sequence[tuple[float, PodDocument]]) -> Evidence:
    """Of one controller; what a document does not have is not known."""
    profile = "pump" if isinstance(entry, Skid) else "pdu"
    evidence = Evidence(entry, profile, config, stage="heard")
    states = [(at_s, doc, each) for at_s, doc in heard for each in doc.members if each.name == entry.name]
    if not states:
        return evidence
    looks = tuple(
        Look(at_s, 0.0, doc.time.timestamp(), {r.name: r for r in _readings(state, doc.time)})
        for at_s, doc, state in states
    )
    _, last, state = states[-1]
    if not state.answering:
        error = ErrorDocument(3, state.reason, "", "")
        return replace(evidence, error=error)
    dictionary = resources.dictionary(profile)
    active = {alarm.name for alarm in (*last.alarms, *last.suppressed) if alarm.device == entry.name and alarm.active}
    alarms = tuple(AlarmReading(each, each.name in active) for each in dictionary.alarms)
    return replace(evidence, dictionary=dictionary, looks=looks, values=looks[-1].values, alarms=alarms)


def _readings(state: ControllerState, time: datetime) -> Iterator[Reading]:
    for name in state.__struct_fields__:
        field = getattr(state, name)
        if isinstance(field, Value):
            yield _reading(name, field, time)
        elif isinstance(field, tuple):
            yield from (
                _reading(f"{name}.{n}", each, time) for n, each in enumerate(field, 1) if isinstance(each, Value)
            )
    for part in ("state", "holder", "remaining_s"):
        yield Reading(f"lease_{part.removesuffix('_s')}", getattr(state.lease, part), "", time)
    if isinstance(state, PduState):
        for branch in state.branches:
            for part in ("power", "current", "thermal"):
                yield _reading(f"branch.{branch.number}.{part}", getattr(branch, part), time)
        for part in ("closed", "tripped"):
            known = [getattr(branch, part) for branch in state.branches]
            flags = frozenset(f"branch_{branch.number}" for branch in state.branches if getattr(branch, part))
            yield Reading(part, None if None in known else flags, "", time)


def _reading(name: str, value: Value, time: datetime) -> Reading:
    plain: Scalar = frozenset(value.value) if isinstance(value.value, list) else value.value
    quality = Quality.NOT_AVAILABLE if plain is None and value.quality is Quality.GOOD else value.quality
    return Reading(name, plain, value.unit, time, value.age_s or 0.0, quality)
