"""The answer to `mallee why`, and those that a running host's document has. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from ...reading import Quality
from ..document import PodDocument, RackState, Value
from ..reasons import Asked, Input, Outcome, Reason

SetBy = Literal["rule", "lease", "setting", "switch", "command", "controller", "nobody"]
"""A rule of the host that runs here; a host that holds the lease; a person or another master, who wrote a setting, a switch or a
command; the controller itself; nobody: it is measured, or there is nothing to set."""


class Fact(msgspec.Struct, frozen=True):
    """A value that counts for the answer. `quality` is "setting" for one of the pod file, "" where it was computed."""

    name: str
    value: float | int | str | bool | list[str] | None
    unit: str = ""
    age_s: float | None = None
    quality: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    point: str
    value: float | int | str | bool | list[str] | None = None
    unit: str = ""
    quality: str = ""
    age_s: float | None = None
    set_by: SetBy
    why: str
    since: datetime | None = None
    outcome: Outcome = ""
    detail: str = ""
    inputs: tuple[Fact, ...] = ()
    lost: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    """What says more, or what to ask instead."""
    document_age_s: float | None = None
    """Of the running host's document, where the answer is from there."""


def of_reason(document: PodDocument, reason: Reason, age_s: float) -> Answer:
    """A value that a rule of the host sets. `age_s` of the document is added to the ages in it."""
    return Answer(
        point=reason.of,
        value=reason.value,
        unit=reason.unit,
        age_s=age_s,
        set_by="rule",
        why=reason.rule,
        since=reason.since,
        outcome=reason.outcome,
        detail=reason.detail,
        inputs=tuple(fact_of(document, each, age_s) for each in reason.inputs),
        lost=reason.lost,
        ask=_more(document, reason.of),
        document_age_s=age_s,
    )


def of_rack(document: PodDocument, rack: str, point: str, age_s: float) -> Answer:
    """A power limit or a permit: by its reason, or why there is none."""
    for reason in document.reasons:
        if reason.of == f"{rack}.{point}":
            return of_reason(document, reason, age_s)
    return Answer(
        point=f"{rack}.{point}",
        set_by="nobody",
        why=standing_by(document)
        or "the host decides nothing about power now: it waits until it has heard every PDU and every rack's manager, and holds "
        "the leases of all PDUs that answer",
        ask=_leases(document),
        document_age_s=age_s,
    )


def standing_by(document: PodDocument) -> str:
    """Why this host decides nothing at all; empty where it does."""
    if document.role != "standby":
        return ""
    who = "another host" if document.other_host is None else f"host {document.other_host}"
    return f"{who} controls this pod, and this one only listens: ask on that one's computer"


def fact_of(document: PodDocument, used: Input, age_s: float) -> Fact:
    """An input with the age and the quality that it has in the document."""
    value = _value_in(document, used.name)
    if value is not None:
        age = None if value.age_s is None else value.age_s + age_s
        return Fact(used.name, used.value, used.unit, age, value.quality.value)
    section = used.name.partition(".")[0]
    return Fact(used.name, used.value, used.unit, quality="setting" if section in ("control", "rack") else "")


def rows(reasons: Sequence[Reason], place: str | None = None) -> list[Reason]:
    """What a running host can be asked about, of one device or rack or of all."""
    return [reason for reason in reasons if place is None or reason.of.rpartition(".")[0] == place]


def _value_in(document: PodDocument, name: str) -> Value | None:
    for member in document.members:
        if name.startswith(f"{member.name}."):
            value = getattr(member, name.removeprefix(f"{member.name}."), None)
            return value if isinstance(value, Value) else None
    for rack in document.racks:
        if name == f"{rack.name}.power":
            return _rack_power(document, rack)
    return None


def _rack_power(document: PodDocument, rack: RackState) -> Value:
    """Its age is that of its oldest branch."""
    ages = [b.power.age_s for pdu in document.pdus for b in pdu.branches if b.rack == rack.name]
    known = [age for age in ages if age is not None]
    quality = Quality.NO_ANSWER if rack.power_kW is None else Quality.GOOD
    return Value(value=rack.power_kW, unit="kW", age_s=max(known, default=None), quality=quality)


def _more(document: PodDocument, point: str) -> tuple[str, ...]:
    place, _, name = point.rpartition(".")
    if name.startswith("remote_"):
        active = f"active_{name.removeprefix('remote_')}"
        found = next((skid for skid in document.skids if skid.name == place), None)
        return (f"{place}.{active}",) if hasattr(found, active) else ()
    branches = [f"{pdu.name}.branch.{b.number}" for pdu in document.pdus for b in pdu.branches if b.rack == place]
    return tuple(branches[:2]) if name == "permit" else (f"{place}.permit",)


def _leases(document: PodDocument) -> tuple[str, ...]:
    return tuple(f"{pdu.name}.lease_state" for pdu in document.pdus if pdu.answering and not pdu.lease.ours)[:3]
