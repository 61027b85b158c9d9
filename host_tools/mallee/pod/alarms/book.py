"""All alarms of a pod: one step a scan, from conditions and what people did to what is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from ...device.dictionary import AlarmEntry
from ..document import Event
from . import chatter, flood, lifecycle, shelving
from .actions import DONE, Action, Outcome, apply, is_pattern, means, unshelved
from .conditions import Condition, Key, number
from .lifecycle import Aside, Happening, Phase
from .records import Book, Counts, Moment, Record
from .suppression import Standing, causes
from .topology import Topology

APPLIED_MAX = 200
_LINGER_MAX_S = 60.0
"""Longer than any rule lets consequences outlast their cause."""


class Step(msgspec.Struct, frozen=True):
    book: Book
    events: tuple[Event, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


def step(
    book: Book,
    conditions: Sequence[Condition],
    topology: Topology,
    now: Moment,
    *,
    actions: Sequence[Action] = (),
    known: Mapping[Key, AlarmEntry] | None = None,
    at_once: bool = False,
) -> Step:
    """The book after one scan. `known` are alarms that could come, for actions on those that are normal; `at_once` leaves out
    every delay, for who looks only once."""
    events: list[Event] = []
    records, pending, comings, came = _conditions(book, conditions, now, at_once)
    records = {key: _settled(record, now, events) for key, record in records.items()}
    applied, outcomes, counts = _actions(book, actions, records, known or {}, now, events)
    _suppress(records, topology, now, events)
    flickered = _chatter(records, came, now, events)
    counts = replace(counts, chattering=counts.chattering + flickered)
    told, counts = _tell(records, counts, now, events)
    flooding = flood.step(book.flood, told, now.s)
    if flooding.flooding and not book.flood.flooding:
        counts = replace(counts, floods=counts.floods + 1)
        events.append(_event(now, "alarm_flood", "pod", f"alarm flood: {flooding.in_window} new alarms in 10 minutes"))
    elif book.flood.flooding and not flooding.flooding:
        events.append(_event(now, "alarm_flood_over", "pod", "the alarm flood is over"))
    kept = {key: record for key, record in records.items() if _worth_keeping(record, now)}
    return Step(Book(kept, pending, comings, flooding, counts, applied), tuple(events), tuple(outcomes))


def _event(now: Moment, kind: str, device: str, text: str) -> Event:
    return Event(time=now.utc, kind=kind, device=device, text=text)


def _about(record: Record, now: Moment, kind: str, text: str) -> Event:
    """Of one alarm: its name, and what became of it."""
    alarm = record.alarm
    words = f"{alarm.name}{text}"
    return Event(time=now.utc, kind=kind, device=record.device, text=words, alarm=alarm.name, priority=alarm.priority)


def _conditions(
    book: Book, conditions: Sequence[Condition], now: Moment, at_once: bool
) -> tuple[dict[Key, Record], dict[Key, float], int, list[Key]]:
    """Delays, comings and returns; and which conditions came, whether their alarm was held active meanwhile or not."""
    records, comings = dict(book.records), book.comings
    came: list[Key] = []
    pending: dict[Key, float] = {}
    for condition in conditions:
        record = records.get(condition.key)
        if condition.holds is None:
            if condition.key in book.pending:
                pending[condition.key] = book.pending[condition.key]
            continue
        holds = condition.holds
        if holds and condition.delay_s and not at_once and not (record is not None and record.active):
            since_s = pending[condition.key] = min(book.pending.get(condition.key, now.s), now.s)
            holds = now.s - since_s >= condition.delay_s
        if record is None:
            if not holds:
                continue
            record = Record(device=condition.device, alarm=condition.alarm, since=now.utc)
        if holds and not record.holds:
            came.append(condition.key)
        flicker = chatter.step(record.chatter, False, now.s)
        record = replace(record, alarm=condition.alarm, holds=holds, chatter=flicker)
        if holds:
            record = replace(record, detail=condition.detail, first_out=condition.first_out)
        moved = _moved(record, holds or flicker.chattering, now, comings + 1)
        comings += moved.order == comings + 1
        records[condition.key] = moved
    return records, pending, comings, came


def _chatter(records: dict[Key, Record], came: Sequence[Key], now: Moment, events: list[Event]) -> int:
    """Count comings that people are told; how many alarms have just begun to chatter. What is set aside is not held active:
    nobody is disturbed by it, and it must not outlast the cause that explains it."""
    begun = 0
    for key in came:
        record = records[key]
        if record.life.aside:
            continue
        flicker = chatter.step(record.chatter, True, now.s)
        if flicker.chattering and not record.chatter.chattering:
            begun += 1
            events.append(_about(record, now, "alarm_chattering", " chatters: it is held active"))
        records[key] = replace(record, chatter=flicker)
    return begun


def _moved(record: Record, active: bool, now: Moment, order: int) -> Record:
    """One step of its life, if its condition came or returned."""
    if active == record.active:
        return record
    life = lifecycle.step(
        record.life,
        Happening.COMES if active else Happening.RETURNS,
        latch=record.alarm.latch and not record.alarm.code,
    )
    if not active:
        return replace(record, life=life, ended_s=now.s)
    return replace(
        record,
        life=life,
        since=now.utc,
        order=order,
        count=record.count + 1,
        counted=False,
        shown=False,
        ended_s=None,
        acknowledged=None,
    )


def _settled(record: Record, now: Moment, events: list[Event]) -> Record:
    """What time alone does: shelving expires."""
    if record.shelved is None:
        return record
    if not shelving.expired(record.shelved, now.s):
        return replace(record, shelved=shelving.redated(record.shelved, now.s, now.utc))
    events.append(_about(record, now, "alarm_unshelved", ": its shelving has expired"))
    return unshelved(record)


def _actions(
    book: Book,
    actions: Sequence[Action],
    records: dict[Key, Record],
    known: Mapping[Key, AlarmEntry],
    now: Moment,
    events: list[Event],
) -> tuple[tuple[str, ...], list[Outcome], Counts]:
    applied, outcomes, counts = list(book.applied), [], book.counts
    for action in actions:
        if action.id in applied:
            continue
        applied.append(action.id)
        outcome = _apply(action, records, known, now, events)
        if outcome.refused:
            counts = replace(counts, refused=counts.refused + 1)
            text = f"{action.by} could not {action.verb.replace('_', ' ')} {action.alarm}: {outcome.refused}"
            events.append(_event(now, "action_refused", action.device, text))
        outcomes.append(outcome)
    return tuple(applied[-APPLIED_MAX:]), outcomes, counts


def _apply(
    action: Action,
    records: dict[Key, Record],
    known: Mapping[Key, AlarmEntry],
    now: Moment,
    events: list[Event],
) -> Outcome:
    meant = [record for record in records.values() if means(action, record)]
    key = (action.device, action.alarm)
    if not meant and key in known:
        meant = [Record(device=key[0], alarm=known[key], since=now.utc)]
    done: list[str] = []
    why = "there is no such alarm now" if is_pattern(action) else "it is not active"
    for record in meant:
        after = apply(action, record, now)
        if isinstance(after, str):
            why = after
            continue
        records[record.key] = after
        done.append(f"{record.device}: {record.alarm.name}")
        note = f": {action.note}" if action.note else ""
        text = f" {DONE[action.verb].removeprefix('alarm_').replace('_', ' ')} by {action.by}{note}"
        events.append(_about(record, now, DONE[action.verb], text))
    return Outcome(id=action.id, time=now.utc, done=tuple(done), refused="" if done else why)


def _suppress(records: dict[Key, Record], topology: Topology, now: Moment, events: list[Event]) -> None:
    standing = [
        Standing(
            key,
            record.alarm.priority,
            record.order,
            record.since,
            active=record.active,
            ended_ago_s=0.0 if record.ended_s is None else now.s - record.ended_s,
            holds=record.holds,
            telling=record.out_of_service is None,
        )
        for key, record in records.items()
        if record.active or record.ended_s is not None
    ]
    roots = causes(standing, topology)
    for key, record in records.items():
        root = roots.get(key)
        if root is None and record.suppressed_by is not None:
            life = lifecycle.bring_back(record.life, Aside.SUPPRESSED)
        elif root is not None:
            life = lifecycle.set_aside(record.life, Aside.SUPPRESSED)
            if record.shown:
                events.append(_about(record, now, "alarm_suppressed", f" follows from {root[0]}: {root[1]}"))
        else:
            continue
        records[key] = replace(record, life=life, suppressed_by=root)


def _tell(records: dict[Key, Record], counts: Counts, now: Moment, events: list[Event]) -> tuple[int, Counts]:
    """Tell what came, once for each coming, and what went of what was told. What is not told is counted."""
    told = 0
    for key, record in records.items():
        if record.life.aside:
            if record.active and not record.counted:
                counts = _counted_aside(counts, record)
            records[key] = replace(record, shown=False, counted=record.counted or record.active)
        elif record.active and not record.shown:
            told += 1
            counts = replace(counts, told=counts.told + 1)
            words = f"{record.alarm.condition} {record.detail}".rstrip()
            events.append(_about(record, now, "alarm", f": {words}"))
            records[key] = replace(record, shown=True, counted=True)
        elif record.shown and not record.standing:
            events.append(_about(record, now, "alarm_gone", " is gone"))
            records[key] = replace(record, shown=False)
    return told, counts


def _counted_aside(counts: Counts, record: Record) -> Counts:
    if record.life.aside == {Aside.SUPPRESSED}:
        return replace(counts, suppressed=counts.suppressed + 1)
    return replace(counts, while_aside=counts.while_aside + 1)


def _worth_keeping(record: Record, now: Moment) -> bool:
    """A normal alarm is forgotten, once it can neither chatter nor explain what outlasts it."""
    lately = record.ended_s is not None and now.s - record.ended_s < _LINGER_MAX_S
    aside = record.life.aside - {Aside.SUPPRESSED}
    return record.life.phase is not Phase.NORMAL or bool(aside) or bool(record.chatter.comings) or lately


def first_outs(records: Mapping[Key, Record]) -> frozenset[Key]:
    """Of each group of alarms at one place the one that came first, where more than one stands; of a controller the one that it
    says itself came first of all: it sees milliseconds."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records.values():
        if record.active:
            groups.setdefault((record.device, record.alarm.group), []).append(record)
    found = {record.key for record in records.values() if record.active and record.first_out}
    for group in groups.values():
        if len(group) > 1 and not any(record.key in found for record in group):
            found.add(min(group, key=lambda each: (each.order, number(each.alarm.name), each.alarm.code)).key)
    return frozenset(found)
