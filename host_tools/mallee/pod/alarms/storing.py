"""What outlives a restart of the host, as bytes, and what is made of it again. Pure; `store` has the files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from msgspec.structs import replace

from ..document import AlarmLoad, AlarmState
from . import shelving
from .actions import Outcome
from .chatter import Chatter
from .records import Book, Counts, Moment, Record
from .showing import Shown

FORMAT = 1
OUTCOMES_MAX = 50


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The file of the alarm book: what the host goes on with, and what it shows to other processes."""

    format: int
    pod: str
    time: datetime
    scan_s: float
    records: tuple[Record, ...]
    comings: int
    counts: Counts
    applied: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = ()
    alarms: tuple[AlarmState, ...] = ()
    returned: tuple[AlarmState, ...] = ()
    suppressed: tuple[AlarmState, ...] = ()
    load: AlarmLoad = AlarmLoad()


def keep(book: Book, shown: Shown, outcomes: tuple[Outcome, ...], pod: str, scan_s: float, now: Moment) -> Kept:
    return Kept(
        format=FORMAT,
        pod=pod,
        time=now.utc,
        scan_s=scan_s,
        records=tuple(book.records.values()),
        comings=book.comings,
        counts=book.counts,
        applied=book.applied,
        outcomes=outcomes,
        alarms=shown.active,
        returned=shown.returned,
        suppressed=shown.suppressed,
        load=shown.load,
    )


def encode(kept: Kept) -> bytes:
    return msgspec.json.encode(kept)


def decode(data: bytes) -> Kept:
    """Raises ValueError on what is no alarm book of this format."""
    try:
        kept = msgspec.json.decode(data, type=Kept)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ValueError(str(error)) from error
    if kept.format != FORMAT:
        raise ValueError(f"format {kept.format}, this program reads {FORMAT}")
    return kept


def go_on(kept: Kept, now: Moment, places: Collection[str]) -> Book:
    """The book of a run before, on this run's clock. Alarms of devices that left the pod file are left behind; chattering and
    floods are counted anew."""
    records = {
        record.key: replace(
            record,
            chatter=Chatter(),
            ended_s=None,
            shelved=shelving.taken_over(record.shelved, now.s, now.utc) if record.shelved else None,
        )
        for record in kept.records
        if record.device in places
    }
    return Book(records=records, comings=kept.comings, counts=kept.counts, applied=kept.applied)
