"""What is kept of one alarm, and of all of them. Plain and frozen; `book` moves it, `storing` writes it down."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ...device.dictionary import AlarmEntry
from .chatter import Chatter
from .conditions import Key
from .flood import Flood
from .lifecycle import ACTIVE, LATCHED, Life
from .shelving import Shelving


class Mark(msgspec.Struct, frozen=True):
    """Who did it, when, and what they noted."""

    by: str
    time: datetime
    note: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm that is not simply normal. `order` counts the comings of all alarms, `count` those of this one."""

    device: str
    alarm: AlarmEntry
    life: Life = Life()
    holds: bool = False
    """Its condition, as last known."""
    since: datetime
    order: int = 0
    count: int = 0
    detail: str = ""
    first_out: bool = False
    counted: bool = False
    """Its present coming is in the counts."""
    shown: bool = False
    """It was told to people, and stands in their list since."""
    ended_s: float | None = None
    acknowledged: Mark | None = None
    shelved: Shelving | None = None
    out_of_service: Mark | None = None
    suppressed_by: Key | None = None
    chatter: Chatter = Chatter()

    @property
    def key(self) -> Key:
        return self.device, self.alarm.name

    @property
    def active(self) -> bool:
        return self.life.phase in ACTIVE

    @property
    def standing(self) -> bool:
        """Active, or latched though its condition has gone."""
        return self.life.phase in ACTIVE | LATCHED


class Counts(msgspec.Struct, frozen=True):
    """Since the book was begun. What was not told is counted too."""

    told: int = 0
    suppressed: int = 0
    """Comings that were never told for themselves, because their cause was."""
    while_aside: int = 0
    """Comings of what people had shelved or put out of service."""
    chattering: int = 0
    floods: int = 0
    refused: int = 0
    """Actions of people that could not be done."""
    damaged: int = 0
    """Action files that could not be read, and were moved aside."""


class Book(msgspec.Struct, frozen=True):
    """`pending` are conditions that hold, and since when, but not yet for as long as their delay."""

    records: dict[Key, Record] = msgspec.field(default_factory=dict)
    pending: dict[Key, float] = msgspec.field(default_factory=dict)
    comings: int = 0
    flood: Flood = Flood()
    counts: Counts = Counts()
    applied: tuple[str, ...] = ()
    """The latest actions that were done: one that is found again after a crash is not done twice."""


class Moment(msgspec.Struct, frozen=True):
    """`s` is of a clock that is never set; `utc` the date, which may be."""

    s: float
    utc: datetime
