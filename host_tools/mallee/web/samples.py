"""Every number of a document by its name: what trends keep, what metrics export, what the API tells of a point. Pure.

Measured numbers have the name that the register has (`skid-1.supply_temperature`, `pdu-a1.branch.3.power`), as in the history;
computed ones the name of what they are of (`rack-1.power`, `feed A.current`, `pod.heat`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from ..pod.document import BranchState, FeedState, PduState, PodDocument, PodTotals, RackState, SkidState, Value

UNIT_ENDINGS = {"_kW": "kW", "_kWh": "kWh", "_A": "A", "_l_min": "l/min"}
"""How fields of computed numbers tell their unit; one without such an ending is a fraction."""
_COMPUTED = {
    FeedState: ("main_A", "power_kW", "energy_kWh", "current_A", "load", "survivor_current_A", "headroom_A"),
    RackState: ("rated_kW", "power_kW", "estimate_kW", "cap_kW"),
    PodTotals: ("power_kW", "energy_kWh", "heat_kW", "flow_l_min"),
    PduState: ("main_A", "load", "survivor_current_A"),
}


class Sample(NamedTuple):
    """`value` None: not known. `kind`: pod, skid, pdu, branch, feed or rack; `labels` say which one."""

    name: str
    kind: str
    field: str
    unit: str
    value: float | None
    labels: Mapping[str, str]


def samples(document: PodDocument) -> Iterator[Sample]:
    yield from _computed("pod", "pod", document.totals, {})
    for skid in document.skids:
        yield from _measured("skid", skid.name, skid, {"device": skid.name})
    for pdu in document.pdus:
        labels = {"device": pdu.name, "feed": pdu.feed}
        yield from _measured("pdu", pdu.name, pdu, labels)
        yield from _computed("pdu", pdu.name, pdu, labels)
        for branch in pdu.branches:
            number = str(branch.number)
            own = {"device": pdu.name, "branch": number, "rack": branch.rack}
            yield from _measured("branch", f"{pdu.name}.branch.{number}", branch, own)
    for feed in document.feeds:
        yield from _computed("feed", f"feed {feed.name}", feed, {"feed": feed.name})
    for rack in document.racks:
        yield from _computed("rack", rack.name, rack, {"rack": rack.name})


def _measured(
    kind: str, place: str, state: SkidState | PduState | BranchState, labels: dict[str, str]
) -> Iterator[Sample]:
    for field in _value_fields(type(state)):
        found: Value | tuple[Value, ...] = getattr(state, field)
        if isinstance(found, Value):
            if _can_be_number(found):
                yield Sample(f"{place}.{field}", kind, field, found.unit, found.number, labels)
            continue
        word = field.partition("_")[0]  # phase_current.2 is of phase 2, pump_speed.1 of pump 1
        for number, value in enumerate(found, 1):
            if _can_be_number(value):
                own = {**labels, word: str(number)}
                yield Sample(f"{place}.{field}.{number}", kind, field, value.unit, value.number, own)


def _computed(kind: str, place: str, of: Any, labels: dict[str, str]) -> Iterator[Sample]:
    for field in _COMPUTED[type(of)]:
        ending = next((each for each in UNIT_ENDINGS if field.endswith(each)), "")
        name = field.removesuffix(ending)
        unit = UNIT_ENDINGS.get(ending, "1")
        yield Sample(f"{place}.{name}", kind, name, unit, getattr(of, field), labels)


def _can_be_number(value: Value) -> bool:
    """Words (the mode, a pump's state) are no samples; what is not known may be a number."""
    return not isinstance(value.value, bool | str | list)


@cache
def _value_fields(of: type[msgspec.Struct]) -> tuple[str, ...]:
    """Fields that are a Value, or some of them."""
    words = ("state", "mode", "pump_state")
    kinds = (Value, tuple[Value, ...])
    return tuple(f.name for f in msgspec.structs.fields(of) if f.type in kinds and f.name not in words)
