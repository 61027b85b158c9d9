"""The JSON API as data: what endpoints take, answer, and who may. Routes and the OpenAPI document are made of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from ..history.happened import Happened
from ..pod.alarms import shelving
from ..pod.alarms.actions import Verb, Words
from ..pod.consequences import Consequence
from ..pod.document import AlarmLoad, AlarmState
from ..pod.setting import Planned
from .journal import Entry
from .page import Page
from .points import DeviceName
from .roles import Role
from .tokens import Token

Place = Annotated[str, Meta(min_length=1, max_length=80)]
SettableValue = bool | int | float | str | list[str] | None


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    series: Annotated[list[Annotated[str, Meta(min_length=1, max_length=120)]], Meta(min_length=1, max_length=16)]
    """Names as /api/v1/series has them."""
    last: Annotated[str, Meta(pattern="^[1-9][0-9]{0,4}(s|m|h|d|w)$")] = "15m"
    """How long, before `until`."""
    until: Annotated[datetime, Meta(tz=True)] | None = None
    """Otherwise now."""


class NoQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class AlarmAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`device` and `alarm` as the list of alarms has them; patterns with * and ? mean those that are there now."""

    device: Place
    alarm: Place
    note: Words = ""


class ShelvingAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    device: Place
    alarm: Place
    note: Annotated[str, Meta(min_length=1, max_length=500)]
    """Why."""
    for_s: Annotated[float, Meta(ge=shelving.SHELVE_MIN_S, le=shelving.SHELVE_MAX_S)]


class NotedAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    device: Place
    alarm: Place
    note: Annotated[str, Meta(min_length=1, max_length=500)]
    """Why."""


class PointsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers in the point's unit, names of choices, true and false, lists of flags, null for "not available"."""

    values: Annotated[dict[Place, SettableValue], Meta(min_length=1, max_length=50)]
    dry_run: bool = False
    """Tell old and new values, what follows, the registers and words; and write nothing."""


class AlarmDone(msgspec.Struct, frozen=True, kw_only=True):
    verb: Verb
    done: tuple[str, ...]
    """DEVICE: NAME of each alarm that it moved."""


class PointSet(msgspec.Struct, frozen=True, kw_only=True):
    point: str
    old: SettableValue
    new: SettableValue
    """As it was read back; in a dry run as it would be written."""
    unit: str


class PointsSet(msgspec.Struct, frozen=True, kw_only=True):
    dry_run: bool
    requests: list[Planned]
    points: list[PointSet]
    consequences: tuple[Consequence, ...]
    """What follows from values that are dangerous, in words; `worst`: a person should have typed the device's name for it."""


class AlarmLists(msgspec.Struct, frozen=True, kw_only=True):
    active: tuple[AlarmState, ...]
    returned: tuple[AlarmState, ...]
    suppressed: tuple[AlarmState, ...]
    load: AlarmLoad


class Who(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    role: Role


class JournalView(msgspec.Struct, frozen=True, kw_only=True):
    entries: list[Entry]
    """Newest first, 500 at most."""
    unreadable: int


class EventsView(msgspec.Struct, frozen=True, kw_only=True):
    """From the log of alarms here, the pod's history with the journals of its controllers, and what this page heard: oldest
    first, the newest 100."""

    events: list[Happened]
    unreadable: int
    """Lines of the host's log that are damaged."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What the page needs to begin."""

    pod: str
    version: str
    private: bool
    recorded: bool
    devices: list[DeviceName]


class Call(NamedTuple):
    """One request, checked. `token` is there where the endpoint needs a role."""

    path: Mapping[str, str]
    query: Any
    body: Any
    token: Token | None


class Endpoint(NamedTuple):
    method: Literal["GET", "POST"]
    path: str
    summary: str
    answer: Any
    handle: Callable[[Page, Call], Awaitable[Any]]
    role: Role | None = None
    """None: whoever may look."""
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    errors: tuple[int, ...] = ()
