"""Alarms as they stand in the pod's document: told, returned but not acknowledged, and set aside. Pure."""

from __future__ import annotations

from collections import Counter

import msgspec

from ..document import AlarmLoad, AlarmState
from . import lifecycle
from .book import first_outs
from .conditions import severity
from .lifecycle import Phase
from .records import Book, Record


class Shown(msgspec.Struct, frozen=True):
    """`active` in the order of priority and age; `returned` are gone, but nobody has acknowledged them."""

    active: tuple[AlarmState, ...] = ()
    returned: tuple[AlarmState, ...] = ()
    suppressed: tuple[AlarmState, ...] = ()
    load: AlarmLoad = AlarmLoad()


def show(book: Book) -> Shown:
    first = first_outs(book.records)
    beneath = Counter(record.suppressed_by for record in book.records.values() if record.active)
    active: list[Record] = []
    returned: list[Record] = []
    aside: list[Record] = []
    for record in sorted(book.records.values(), key=lambda r: (severity(r.alarm.priority), r.order, r.key)):
        if record.life.aside:
            # What is suppressed by design and not active has nothing to say.
            if record.standing or record.shelved or record.out_of_service:
                aside.append(record)
        elif record.standing:
            active.append(record)
        elif record.life.phase is Phase.RETURNED_UNACKNOWLEDGED:
            returned.append(record)

    def states(records: list[Record]) -> tuple[AlarmState, ...]:
        return tuple(alarm_state(r, first_out=r.key in first, beneath=beneath[r.key]) for r in records)

    counts, flood = book.counts, book.flood
    load = AlarmLoad(
        in_10_min=flood.in_window,
        flood=flood.flooding,
        floods=counts.floods,
        told=counts.told,
        suppressed=counts.suppressed,
        while_aside=counts.while_aside,
        chattering=counts.chattering,
        actions_refused=counts.refused,
        actions_damaged=counts.damaged,
    )
    return Shown(states(active), states(returned), states(aside), load)


def alarm_state(record: Record, *, first_out: bool = False, beneath: int = 0) -> AlarmState:
    alarm, acknowledged, shelved, removed = record.alarm, record.acknowledged, record.shelved, record.out_of_service
    note = removed.note if removed else shelved.reason if shelved else acknowledged.note if acknowledged else ""
    return AlarmState(
        device=record.device,
        code=alarm.code or None,
        name=alarm.name,
        priority=alarm.priority,
        group=alarm.group,
        since=record.since,
        condition=f"{alarm.condition} {record.detail}".rstrip(),
        cause=alarm.cause,
        consequence=alarm.consequence,
        remedy=alarm.remedy,
        first_out=first_out,
        state=lifecycle.state(record.life),
        active=record.standing,
        acknowledged_by=acknowledged.by if acknowledged else None,
        note=note,
        shelved_by=shelved.by if shelved else None,
        shelved_until=shelved.until if shelved else None,
        out_of_service_by=removed.by if removed else None,
        suppressed_by=": ".join(record.suppressed_by) if record.suppressed_by else None,
        explains=beneath,
        chattering=record.chatter.chattering,
        count=record.count,
    )
