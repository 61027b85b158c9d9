"""What people do with alarms: plain records, and what each does to an alarm. Pure."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from . import lifecycle, shelving
from .lifecycle import Aside, Happening
from .pod_alarms import RELEASED_BY_RESET
from .records import Mark, Moment, Record

Verb = Literal["acknowledge", "reset", "shelve", "unshelve", "out_of_service", "in_service"]
Words = Annotated[str, Meta(max_length=500)]


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`device` and `alarm` may be patterns with * and ?; `shelve` needs `for_s`."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    verb: Verb
    device: Annotated[str, Meta(min_length=1, max_length=80)]
    alarm: Annotated[str, Meta(min_length=1, max_length=80)]
    by: Annotated[str, Meta(min_length=1, max_length=80)]
    time: datetime
    note: Words = ""
    for_s: Annotated[float, Meta(ge=shelving.SHELVE_MIN_S, le=shelving.SHELVE_MAX_S)] | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an action: which alarms it moved, or why none."""

    id: str
    time: datetime
    done: tuple[str, ...] = ()
    refused: str = ""


def means(action: Action, record: Record) -> bool:
    return fnmatchcase(record.device, action.device) and fnmatchcase(record.alarm.name, action.alarm)


def is_pattern(action: Action) -> bool:
    return any(sign in action.device + action.alarm for sign in "*?[")


def apply(action: Action, record: Record, now: Moment) -> Record | str:
    """The alarm after the action, or why it cannot be done, in words."""
    mark = Mark(action.by, now.utc, action.note)
    life = record.life
    match action.verb:
        case "acknowledge":
            why = lifecycle.why_not(life, Happening.ACKNOWLEDGE)
            return why or replace(record, life=lifecycle.step(life, Happening.ACKNOWLEDGE), acknowledged=mark)
        case "reset":
            if record.alarm.latch and record.alarm.code:
                return f"its controller latches it: write {record.alarm.code} to reset_latch of {record.device}"
            if record.alarm.name in RELEASED_BY_RESET and record.active:
                return record
            why = lifecycle.why_not(life, Happening.RESET)
            return why or replace(record, life=lifecycle.step(life, Happening.RESET))
        case "shelve":
            if action.for_s is None:
                return "it was not said for how long"
            shelved = shelving.shelve(action.by, action.note, action.for_s, now.s, now.utc)
            return replace(record, life=lifecycle.set_aside(life, Aside.SHELVED), shelved=shelved)
        case "unshelve":
            return unshelved(record) if record.shelved else "it is not shelved"
        case "out_of_service":
            if record.out_of_service:
                return f"{record.out_of_service.by} put it out of service already"
            return replace(record, life=lifecycle.set_aside(life, Aside.OUT_OF_SERVICE), out_of_service=mark)
        case "in_service":
            if record.out_of_service is None:
                return "it is in service"
            life = lifecycle.bring_back(life, Aside.OUT_OF_SERVICE)
            return replace(record, life=life, out_of_service=None, acknowledged=None)


def unshelved(record: Record) -> Record:
    life = lifecycle.bring_back(record.life, Aside.SHELVED)
    return replace(record, life=life, shelved=None, acknowledged=None)


DONE: dict[Verb, str] = {
    "acknowledge": "alarm_acknowledged",
    "reset": "alarm_reset",
    "shelve": "alarm_shelved",
    "unshelve": "alarm_unshelved",
    "out_of_service": "alarm_out_of_service",
    "in_service": "alarm_in_service",
}
"""Kind of the event that tells of it."""
