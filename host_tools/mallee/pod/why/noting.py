"""What of the host's decisions is written down, and since when each rule has set its value. Pure.

Set-points that move a little in each scan must not bury what matters: a value is noted when it moved by more than its dead
band since it was last noted, of one point at most once a minute; rules and outcomes that take turns are noted so often at most,
and what is left out of them is counted in the next note.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from ..reasons import Input, Outcome, Reason

DEAD_BAND: dict[str, float] = {
    "remote_supply_temperature": 0.5,
    "remote_differential_pressure": 10.0,
    "remote_heat": math.inf,
}
"""In the point's unit, of those that follow measurements. Heat is passed on as it is measured: only its rule is noted. All other
points are noted at every change; their own control holds each of them for a while."""
MOVED_EACH_S = 60.0
"""A value that moves on under the same rule is noted so often at most."""
OFTEN = 6
WITHIN_S = 600.0
"""Other rules and outcomes of one point: at most `OFTEN` notes within this."""
_SAME = 0.05


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the host did, wanted to do, or advised. `old` is what it was when it was noted last, None: not known, or no
    value. `unnoted`: how often the rule or the outcome changed since without a note of its own."""

    time: datetime
    target: str
    old: float | str | None
    new: float | str | None
    unit: str
    rule: str
    inputs: tuple[Input, ...] = ()
    outcome: Outcome = ""
    detail: str = ""
    unnoted: int = 0


class Watched(msgspec.Struct, frozen=True):
    """One point: how it stood in the last scan, since when its rule sets it, and how it was last noted."""

    seen: Reason
    since: datetime
    noted: Reason | None = None
    noted_s: float = 0.0
    turns_s: tuple[float, ...] = ()
    """When another rule or outcome was noted."""
    unnoted: int = 0


State = Mapping[str, Watched]


def step(
    state: State, reasons: Sequence[Reason], now_s: float, utc: datetime
) -> tuple[State, list[Reason], list[Note]]:
    """After a scan: the reasons with `since`, and what is noted. A point of which nothing is said now stays as it was."""
    after = dict(state)
    told: list[Reason] = []
    notes: list[Note] = []
    for reason in reasons:
        before = state.get(reason.of)
        watched, note = _begin(reason, now_s, utc) if before is None else _go_on(before, reason, now_s, utc)
        after[reason.of] = watched
        told.append(replace(reason, since=watched.since))
        notes += [note] if note is not None else []
    return after, told, notes


def _begin(reason: Reason, now_s: float, utc: datetime) -> tuple[Watched, Note | None]:
    """Where nothing had to be done there is nothing to note."""
    watched = Watched(reason, utc)
    return (watched, None) if not reason.outcome else _noted(watched, reason, now_s, utc)


def _go_on(before: Watched, reason: Reason, now_s: float, utc: datetime) -> tuple[Watched, Note | None]:
    changed = reason.rule != before.seen.rule or _stepped(before.seen, reason)
    watched = replace(before, seen=reason, since=utc if changed else before.since)
    noted = before.noted
    if noted is None:
        return _noted(watched, reason, now_s, utc, before.seen) if changed else (watched, None)
    if _stepped(noted, reason):
        return _noted(watched, reason, now_s, utc)
    turned = reason.rule != before.seen.rule or reason.outcome != before.seen.outcome
    left_out = replace(watched, unnoted=watched.unnoted + turned)
    if reason.rule == noted.rule and reason.outcome == noted.outcome:
        due = _moved(noted, reason) and now_s - before.noted_s >= MOVED_EACH_S
        return _noted(watched, reason, now_s, utc) if due else (left_out, None)
    lately_s = tuple(each for each in before.turns_s if now_s - each < WITHIN_S)
    if len(lately_s) >= OFTEN:
        return left_out, None
    return _noted(replace(watched, turns_s=(*lately_s, now_s)), reason, now_s, utc)


def _noted(
    watched: Watched, reason: Reason, now_s: float, utc: datetime, seen: Reason | None = None
) -> tuple[Watched, Note]:
    """`seen`: how it stood before, where that was not noted."""
    before = watched.noted or seen
    note = Note(
        time=utc,
        target=reason.of,
        old=None if before is None else before.value,
        new=reason.value,
        unit=reason.unit,
        rule=reason.rule,
        inputs=reason.inputs,
        outcome=reason.outcome,
        detail=reason.detail,
        unnoted=watched.unnoted,
    )
    return replace(watched, noted=reason, noted_s=now_s, unnoted=0), note


def _stepped(before: Reason, now: Reason) -> bool:
    """A change that is an act of its own: of a word, from or to no value, or of a number that is not continuous."""
    if isinstance(before.value, float) and isinstance(now.value, float):
        return _band(now) is None and abs(now.value - before.value) > _SAME
    if _band(now) is not None and now.rule == before.rule:
        return False
    return before.value != now.value


def _moved(noted: Reason, now: Reason) -> bool:
    band = _band(now)
    if band is None or not isinstance(noted.value, float) or not isinstance(now.value, float):
        return False
    return abs(now.value - noted.value) > band


def _band(reason: Reason) -> float | None:
    return DEAD_BAND.get(reason.of.rpartition(".")[2])
