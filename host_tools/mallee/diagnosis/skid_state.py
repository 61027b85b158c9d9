"""A skid as the pod's physics takes it, from the evidence: means over the looks, and what was exchanged. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from ..pod.config import Pdu, Skid
from ..pod.document import PduState, SkidState, Value
from ..pod.parameters import PlantParameters
from ..pod.state import MemberView, pdu_state, skid_state
from ..reading import Quality, Reading, Snapshot
from .evidence import Evidence

SUPPLIES = tuple(f"supply_temperature_sensor.{number}" for number in (1, 2, 3))


def plant_of(evidence: Evidence) -> PlantParameters:
    """What the pod file says of the plant, or the default pod's."""
    return PlantParameters() if evidence.config is None else evidence.config.plant


def skid_of(evidence: Evidence) -> SkidState:
    entry = evidence.entry
    skid = entry if isinstance(entry, Skid) else Skid(entry.name, entry.address, entry.unit)
    return skid_state(skid, view_of(evidence), float("inf"))


def pdu_of(evidence: Evidence, pdu: Pdu) -> PduState:
    return pdu_state(pdu, view_of(evidence), float("inf"))


def view_of(evidence: Evidence) -> MemberView:
    """The fast block with means in place of numbers."""
    last = evidence.looks[-1].values if evidence.looks else {}
    readings = {name: _mean(evidence, reading) for name, reading in last.items()}
    when = max((reading.time for reading in readings.values()), default=datetime.fromtimestamp(0, UTC))
    return MemberView(
        answering=evidence.stage == "done",
        snapshot=Snapshot(evidence.entry.name, when, readings),
        dictionary=evidence.dictionary,
    )


def exchanged(skid: SkidState, values: Mapping[str, float]) -> SkidState:
    """The same with these numbers for its points."""
    good = {name: Value(value=value, quality=Quality.GOOD) for name, value in values.items()}
    return msgspec.structs.replace(skid, **good)


def _mean(evidence: Evidence, reading: Reading) -> Reading:
    number = evidence.number(reading.name)
    if number is None or isinstance(reading.value, bool) or not isinstance(reading.value, int | float):
        return reading
    return Reading(reading.name, number, reading.unit, reading.time, reading.age_s, reading.quality)
