"""A scenario file as plain structures. `mallee.sim.scenario.reading` checks what types cannot say and names the line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Over = Literal["every", "some", "mean"]


class Struct(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """An unknown key in a scenario file is an error."""


class LoadSection(Struct, frozen=True, kw_only=True):
    """What the racks draw, as fractions of their rated power: one of these."""

    constant: Annotated[float, Meta(ge=0, le=1)] | None = None
    steps: tuple[tuple[Seconds, Annotated[float, Meta(ge=0, le=1)]], ...] | None = None
    """(time in s, fraction) pairs, the first at 0."""
    csv: str | None = None
    """A recording, see `mallee demo --load`; relative to the scenario's folder."""
    csv_speed: Annotated[float, Meta(gt=0, le=10_000)] = 1.0
    """Compresses the recording in time, never the plant."""
    training: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Generated synchronous training with this mean; its times come from the seed."""
    job_end_s: Seconds | None = None
    """Of training: when the first job ends; otherwise the seed says, not before 60 s."""


class Event(Struct, frozen=True, kw_only=True):
    """A fault that begins at a time; with `for_s` it is undone so much later."""

    at_s: Seconds
    fault: str
    target: str = ""
    for_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    parameters: dict[str, Any] = msgspec.field(name="with", default_factory=dict)


class Expectation(Struct, frozen=True, kw_only=True):
    """What a KPI must be at every sample between `from_s` and `to_s` (`over` "some": at one; "mean": on average)."""

    name: Text
    kpi: str
    of: str = ""
    """Whose: a skid, PDU, feed, rack or controller, where the KPI has one value for each."""
    at_least: float | None = None
    at_most: float | None = None
    equals: float | None = None
    over: Over = "every"
    from_s: Seconds = 0.0
    to_s: Seconds | None = None
    """The end of the run, unless said."""


class AlarmSection(Struct, frozen=True, kw_only=True):
    """Patterns such as "skid-1: pump_no_effect.1" or "*: no_answer". What is expected is never forbidden."""

    expected: tuple[Text, ...] = ()
    """Each must come at least once."""
    forbidden: tuple[Text, ...] = ()
    standing: tuple[Text, ...] = ()
    """May be active at the end: whatever else came must have gone by then."""
    told_at_most: Annotated[int, Meta(ge=0)] | None = None
    """How many alarms people may be told in the whole run; what follows from another is told under that one."""


class Counterproof(Struct, frozen=True, kw_only=True):
    """The same run with a mechanism switched off, in which these expectations must fail."""

    fails: tuple[Text, ...]
    host: bool | None = None
    settings: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    over: dict[str, Any] = msgspec.field(default_factory=dict)


class Scenario(Struct, frozen=True, kw_only=True):
    title: Text
    description: str = ""
    for_s: Annotated[float, Meta(gt=0, le=86_400)]
    pod: str = "default"
    """A bundled pod ("default", "oversubscribed", "serial"), or the path of a pod file, relative to the scenario's folder."""
    over: dict[str, Any] = msgspec.field(default_factory=dict)
    """Keys of the pod file with other values; rows of a list by their name: feed = { A = { main_A = 1000 } }."""
    settings: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    """Points written to controllers before anything else happens, by controller; "pump" and "pdu" are all of a profile."""
    host: bool = True
    noise_percent: Annotated[float, Meta(ge=0, le=10)] = 0.0
    """Standard deviation of every transmitter, in percent of its span."""
    memory_of: Text = "virtual"
    """The board whose heap the controllers have: a name in boards/."""
    may_throttle: bool = False
    """Devices may go above their throttle temperature."""
    pairs: bool = True
    """May be combined with another by a soak: when every fault is undone, the pod becomes whole again by itself."""
    load: LoadSection = LoadSection(constant=1.0)
    events: tuple[Event, ...] = msgspec.field(name="event", default=())
    expectations: tuple[Expectation, ...] = msgspec.field(name="expect", default=())
    alarms: AlarmSection = AlarmSection()
    counterproof: Counterproof | None = None
