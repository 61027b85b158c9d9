"""A step of an acceptance, what came of it, and a session of them, as plain data."""

from __future__ import annotations

from typing import Literal

import msgspec

FORMAT = 2
Value = float | int | str | bool | list[str] | None
Kind = Literal["identity", "doctor", "measure", "move", "set", "hand", "eyes", "calibrate"]
"""identity: who answers; doctor: its findings; measure: values as they are; move: outputs and limits are moved and put back;
set: a setting that shall stay; hand: a person does something, and it is measured; eyes: only a person can tell;
calibrate: a meter is corrected, which stays where it holds."""
Verdict = Literal["passed", "failed", "declined", "skipped"]
ACTIVE, NORMAL = "active", "normal"
Phase = Literal["ready", "agreed", "remembered", "measured", "seen", "interrupted"]


class Write(msgspec.Struct, frozen=True):
    """`value`; or, with `of`, that part of what this point reads when the step begins, within the limits of the register."""

    point: str
    value: Value = None
    of: str = ""
    part: float = 1.0


class Limit(msgspec.Struct, frozen=True):
    """`one_of` where the value is a word; a number lies within `low` and `high`, None: no bound on that side. `holds`: a flag
    that must be among its flags, `lacks`: one that must not. The point `alarm.NAME` is a word: ACTIVE, NORMAL or not known."""

    point: str
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    holds: str = ""
    lacks: str = ""
    unit: str = ""
    once: bool = False
    """It need not last: that it held at some moment of the step is enough."""
    when: tuple[str, bool] | None = None
    """It only counts where this switch was so before the step."""


class Calibration(msgspec.Struct, frozen=True):
    branch: int
    load: Literal["no-load", "nominal"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`first` is written, and `first_until` waited for; then `do`. What was moved is put back, then `after` is written, then
    `keep` is put back, and `back` must hold again."""

    id: str
    device: str
    kind: Kind
    title: str
    needs: tuple[str, ...] = ()
    """Steps that must not have failed: what they found broken is not tried further."""
    given: tuple[Limit, ...] = ()
    """What must hold for the step to mean anything; where it does not, the step is skipped, with the reason."""
    first: tuple[Write, ...] = ()
    first_until: tuple[Limit, ...] = ()
    first_s: float = 0.0
    do: tuple[Write, ...] = ()
    expect: tuple[Limit, ...] = ()
    settle_s: float = 0.0
    """Within so long what is expected must hold."""
    after: tuple[Write, ...] = ()
    keep: tuple[str, ...] = ()
    """Points that change by what the step brings about, such as the switch of a branch that trips."""
    back: tuple[Limit, ...] = ()
    back_s: float = 0.0
    consequence: str = ""
    """Of a step that moves something: told, and asked, before."""
    question: str = ""
    """To a person: what to do, or what to look at."""
    undo: str = ""
    """To a person: what to undo before anything is put back."""
    calibrate: Calibration | None = None
    lease_s: int = 0
    """A host's lease for so long is taken, and not renewed; it is given back once everything else is put back."""
    alarms: tuple[str, ...] = ()
    """Alarms that the step proves."""

    @property
    def moves(self) -> bool:
        """Something is put back after it."""
        return self.kind in ("move", "calibrate") or (self.kind == "hand" and bool(self.do or self.after or self.undo))

    @property
    def moved(self) -> tuple[str, ...]:
        """Points that it writes, or changes."""
        writes = (*self.first, *self.do) if self.moves else ()
        return tuple(dict.fromkeys([write.point for write in writes] + [*self.keep]))


class Result(msgspec.Struct, frozen=True, kw_only=True):
    step: str
    verdict: Verdict
    time: str
    who: str
    measured: dict[str, Value] = {}
    note: str = ""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A controller that a scan found: who it was, and is now."""

    address: str
    serial: str
    was_name: str
    was_unit: int
    name: str
    unit: int
    verdict: Verdict
    who: str
    time: str
    note: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """`before` are the values that are to be put back while `phase` is remembered, measured, seen or interrupted."""

    format: int = FORMAT
    pod: str
    who: str
    began: str
    plan: tuple[Step, ...]
    results: tuple[Result, ...] = ()
    phase: Phase = "ready"
    before: dict[str, Value] = {}
    measured: dict[str, Value] = {}
    note: str = ""
    holds: bool = False
    """What was measured is as expected."""
    ended: Verdict | None = None
    """A person did not do what the step asks for: this it is, once all is put back."""
    serials: dict[str, str] = {}
    """Serial number of each controller, as it said itself."""
    found: tuple[Named, ...] = ()
    """Who a scan found before there was a pod file."""

    @property
    def step(self) -> Step | None:
        """The one that is next, or under way; None: all are done."""
        return self.plan[len(self.results)] if len(self.results) < len(self.plan) else None


def holds(limit: Limit, value: Value) -> bool:
    """Whether a value is within its limit; one that is not known is not."""
    if value is None:
        return False
    if limit.one_of:
        return value in limit.one_of
    if limit.holds or limit.lacks:
        return isinstance(value, list) and (not limit.holds or limit.holds in value) and limit.lacks not in value
    if isinstance(value, bool | str | list):
        return False
    return (limit.low is None or value >= limit.low) and (limit.high is None or value <= limit.high)


def commanded(write: Write) -> str:
    """For people."""
    if write.of:
        return f"{write.point} = {write.part:.3g} × {write.of}"
    value = write.value
    if isinstance(value, bool):
        return f"{write.point} = {'on' if value else 'off'}"
    return f"{write.point} = {f'{value:g}' if isinstance(value, float) else value}"


def counting(limits: tuple[Limit, ...], before: dict[str, Value]) -> tuple[Limit, ...]:
    """Those that count, by what was before the step."""
    return tuple(each for each in limits if each.when is None or before.get(each.when[0]) is each.when[1])


def in_words(limit: Limit) -> str:
    """What is expected, for people."""
    if limit.low is limit.high is None and not (limit.one_of or limit.holds or limit.lacks):
        return limit.point
    if limit.one_of:
        return f"{limit.point} is {' or '.join(limit.one_of)}"
    if limit.holds or limit.lacks:
        return f"{limit.point} {'has' if limit.holds else 'has not'} {limit.holds or limit.lacks}"
    if limit.low is None or limit.high is None:
        sign, bound = ("≥", limit.low) if limit.high is None else ("≤", limit.high)
        return f"{limit.point} {sign} {bound:g} {limit.unit}".rstrip()
    return f"{limit.point} {limit.low:g} … {limit.high:g} {limit.unit}".rstrip()
