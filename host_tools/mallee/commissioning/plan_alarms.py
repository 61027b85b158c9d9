"""Steps that bring alarms: by a setting that is moved past what is measured, or by a person's hand. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..device.dictionary import AlarmEntry, Dictionary, alarm_point
from .by_hand import BY_HAND
from .model import ACTIVE, NORMAL, Limit, Step, Write
from .thresholds import MARGIN, Threshold, alarms_by_name

_SLACK_s = 10.0
"""Beside the delay of an alarm: filters, turns of the controller, the line."""
_BACK_s = 60.0
FLOWS_s = 120.0
"""Until a skid that was stopped, or slow, has its share of the flow again."""
_UNHINDERED = Limit("state", one_of=("local",))


class Beside(msgspec.Struct, frozen=True):
    """What a threshold takes beside its own setting: `writes` with it, another `margin`, what must be `given`, what is waited
    for, what it means, and other values that then hold."""

    writes: tuple[Write, ...] = ()
    margin: float = MARGIN
    given: tuple[Limit, ...] = ()
    first_until: tuple[Limit, ...] = ()
    consequence: str = ""
    expect: tuple[Limit, ...] = ()
    alone: bool = False
    """`writes` bring it without its own setting."""


def active(entry: AlarmEntry, *, once: bool = False) -> Limit:
    return Limit(alarm_point(entry), one_of=(ACTIVE,), once=once)


def normal(entry: AlarmEntry) -> Limit:
    return Limit(alarm_point(entry), one_of=(NORMAL,))


def resets(*entries: AlarmEntry) -> tuple[Write, ...]:
    """Of those that latch."""
    return tuple(Write("reset_latch", entry.code) for entry in entries if entry.latch)


def provoked(name: str, found: Threshold, dictionary: Dictionary, beside: Beside) -> Step:
    """The setting goes past what is measured, the alarm comes; the setting goes back, and the alarm is gone."""
    entries = found.entries
    latched = any(entry.latch for entry in entries)
    own = () if beside.alone else (found.write(beside.margin),)
    reached = () if beside.alone else (found.reached(dictionary, beside.margin),)
    silent = tuple(normal(entry) for entry in entries)
    return Step(
        id=f"{name}/alarm/{found.name}",
        device=name,
        kind="move",
        title=f"{found.name} comes when {found.setting} is passed, and goes again" + (", reset" if latched else ""),
        given=(*reached, *beside.given, *(() if beside.first_until else silent)),
        first_until=(*beside.first_until, *silent) if beside.first_until else (),
        first_s=FLOWS_s,
        do=(*beside.writes, *own),
        expect=(*(active(entry) for entry in entries), *(Limit(point) for point in found.points), *beside.expect),
        settle_s=max(entry.delay_ms for entry in entries) / 1000 + _SLACK_s,
        after=resets(*entries),
        back=(*silent, _UNHINDERED),
        back_s=_BACK_s,
        consequence=beside.consequence or f"{name} gives the alarm {found.name}; nothing else changes",
        alarms=tuple(entry.name for entry in entries),
    )


def by_hand(name: str, dictionary: Dictionary, has_instead: dict[str, Limit]) -> Iterator[Step]:
    """Of each alarm for which a person does something. `has_instead`: of those that settings bring where this limit holds; a
    person is only asked where it does not."""
    for alarm, entries in alarms_by_name(dictionary).items():
        hand = BY_HAND.get(alarm)
        if hand is None:
            continue
        for number, (entry, what) in enumerate(zip(entries, hand.do, strict=False), 1):
            yield Step(
                id=f"{name}/hand/{alarm}" + (f"-{number}" if len(entries) > 1 else ""),
                device=name,
                kind="hand",
                title=f"{entry.name} comes by hand, and goes again",
                given=(*_beyond(has_instead.get(alarm)), normal(entry)),
                expect=(active(entry),),
                settle_s=hand.settle_s,
                after=resets(entry),
                keep=hand.keep,
                back=(normal(entry), _UNHINDERED),
                back_s=max(hand.settle_s, _BACK_s),
                consequence=hand.consequence,
                question=f"{what}, at {name}; then say yes.",
                undo=f"{hand.undo}, at {name}; then say yes.",
                alarms=(entry.name,),
            )


def _beyond(reached: Limit | None) -> tuple[Limit, ...]:
    """The other side of that limit."""
    if reached is None:
        return ()
    return (Limit(reached.point, low=reached.high, high=reached.low),)
