"""A step of an acceptance, what came of it, and a session of them, as plain data."""

from __future__ import annotations

from typing import Literal

import msgspec

FORMAT = 1
Value = float | int | str | bool | list[str] | None
Kind = Literal["identity", "doctor", "measure", "move", "set", "hand", "eyes"]
"""identity: who answers; doctor: its findings; measure: values as they are; move: outputs are moved and put back; set: a setting
that shall stay; hand: a person does something, and it is measured; eyes: only a person can tell."""
Verdict = Literal["passed", "failed", "declined", "skipped"]
Phase = Literal["ready", "agreed", "remembered", "measured", "seen", "interrupted"]


class Write(msgspec.Struct, frozen=True):
    point: str
    value: Value


class Limit(msgspec.Struct, frozen=True):
    """`one_of` where the value is a word; a number lies within `low` and `high`, None: no bound on that side. `holds`: a flag
    that must be among its flags, `lacks`: one that must not."""

    point: str
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    holds: str = ""
    lacks: str = ""
    unit: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`do` is written in this order, and put back in the opposite one; then `after` is written, and `back` must hold again."""

    id: str
    device: str
    kind: Kind
    title: str
    do: tuple[Write, ...] = ()
    expect: tuple[Limit, ...] = ()
    settle_s: float = 0.0
    """Within so long what is expected must hold."""
    after: tuple[Write, ...] = ()
    back: tuple[Limit, ...] = ()
    back_s: float = 0.0
    consequence: str = ""
    """Of a step that moves something: told, and asked, before."""
    question: str = ""
    """To a person: what to do, or what to look at."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    step: str
    verdict: Verdict
    time: str
    who: str
    measured: dict[str, Value] = {}
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
    serials: dict[str, str] = {}
    """Serial number of each controller, as it said itself."""

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


def in_words(limit: Limit) -> str:
    """What is expected, for people."""
    if limit.one_of:
        return f"{limit.point} is {' or '.join(limit.one_of)}"
    if limit.holds or limit.lacks:
        return f"{limit.point} {'has' if limit.holds else 'has not'} {limit.holds or limit.lacks}"
    if limit.low is None or limit.high is None:
        sign, bound = ("≥", limit.low) if limit.high is None else ("≤", limit.high)
        return f"{limit.point} {sign} {bound:g} {limit.unit}".rstrip()
    return f"{limit.point} {limit.low:g} … {limit.high:g} {limit.unit}".rstrip()
