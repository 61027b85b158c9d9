"""Is what this controller says true? One step a scan: settings, state and what was heard in, state out. Pure.

A frozen sequence, impossible values or a clock that jumped puts it into quarantine; one glitch does not. What makes no sense
because it is silent or starts anew is no lie.
"""

from __future__ import annotations

import enum

import msgspec
from msgspec.structs import replace

from ...device.dictionary import Dictionary
from ...reading import Quality, Snapshot
from .clocks import ClockReading, compared
from .limits import Odd, Rated, impossible
from .settings import QuarantineSection

_DAY_S = 86_400.0
_STILL_ANSWERS = 3
"""So many answers with the same number, at the least: scans may be minutes apart."""
_CLOCK_READINGS = 3
"""So many uptimes in a row that do not fit."""
_SHOWN = 3
_NONE = -1
"""A sequence number that is not known: just after the start, and then it has to come."""
_MOVES_WITHIN_S = 2.0
"""Both numbers move at least each second; a scan may be faster, and see one twice."""


class Kind(enum.StrEnum):
    FROZEN = "frozen"
    IMPOSSIBLE = "impossible"
    CLOCK = "clock"


class Heard(msgspec.Struct, frozen=True):
    """What came of one controller in one scan; `answer` is its fast block, also one that only repeats the last. None: nothing.
    `clock` where its uptime was read as well."""

    answer: Snapshot | None = None
    dictionary: Dictionary | None = None
    clock: ClockReading | None = None
    serial: str = ""
    """Its serial number."""


class Still(msgspec.Struct, frozen=True):
    """A number that should move: its last value, since when it stands there, and in how many answers since."""

    value: int | None = None
    since_s: float = 0.0
    answers: int = 0


class Counts(msgspec.Struct, frozen=True):
    """Since the host started: quarantines by their kind, returns, and doubts that came to nothing."""

    frozen: int = 0
    impossible: int = 0
    clock: int = 0
    returns: int = 0
    glitches: int = 0


class Trust(msgspec.Struct, frozen=True):
    """What is remembered of one controller. `kind` None: it is believed. `doubted` are the points that are not used in this
    scan; `doubtful`: something is not as it should be, and its uptime is wanted with each scan."""

    kind: Kind | None = None
    evidence: str = ""
    since_s: float = 0.0
    held: bool = False
    """It stays in quarantine until somebody releases it."""
    good_since_s: float | None = None
    doubted: frozenset[str] = frozenset()
    doubtful: bool = False
    counts: Counts = Counts()
    returned_s: tuple[float, ...] = ()
    """When it came back by itself, within the last day."""
    serial: str = ""
    sequence: Still = Still()
    uptime: Still = Still()
    anchor: ClockReading | None = None
    """The last uptime that was believed."""
    clock_off: int = 0
    energy_Wh: float | None = None
    odd_scans: int = 0
    odd_since_s: float = 0.0

    @property
    def reason(self) -> str:
        """Kind and evidence; "" while it is believed."""
        return f"{self.kind.value}: {self.evidence}" if self.kind else ""


def step(settings: QuarantineSection, rated: Rated, trust: Trust, heard: Heard, now_s: float) -> Trust:
    """One scan more; times are of a clock that never jumps."""
    if not settings.enabled:
        return Trust()
    if heard.answer is None or heard.dictionary is None:
        return replace(trust, sequence=Still(), uptime=Still(), odd_scans=0, good_since_s=None, doubted=frozenset())
    if heard.serial and trust.serial not in ("", heard.serial):  # another one stands in its place
        trust = Trust(counts=trust.counts)
    before = trust = replace(trust, serial=heard.serial or trust.serial)
    trust, clock = _clock(settings, trust, heard.clock, now_s)
    trust, frozen, fresh = _moving(settings, trust, heard.answer, now_s)
    trust, odd = _possible(settings, rated, trust, heard, fresh, now_s)
    trust = _noted(before, replace(trust, doubtful=_unsettled(trust, now_s)), bool(clock))
    found = [
        (kind, text) for kind, text in ((Kind.FROZEN, frozen), (Kind.IMPOSSIBLE, odd), (Kind.CLOCK, clock)) if text
    ]
    if trust.kind is None:
        return _quarantined(settings, trust, *found[0], now_s) if found else trust
    return _watched(settings, trust, bool(found) or trust.doubtful, now_s)


def release(trust: Trust) -> Trust:
    """Somebody has looked after it: it may return by itself, its returns count anew, and its meter from where it stands."""
    return replace(trust, held=False, returned_s=(), energy_Wh=None) if trust.kind else trust


def adopted(kind: Kind, evidence: str, now_s: float) -> Trust:
    """Another process has put it into quarantine, or a host before this one: it has to win trust back."""
    return Trust(kind=kind, evidence=evidence, since_s=now_s, held=kind is Kind.IMPOSSIBLE)


def set_right(trust: Trust, reading: ClockReading) -> Trust:
    """The uptime that did not fit is the one to go by: it was the host's own clock that jumped."""
    return replace(trust, anchor=reading, clock_off=0)


def left_s(settings: QuarantineSection, trust: Trust, now_s: float) -> float | None:
    """Until it is believed again if all goes well; None: not by itself."""
    if trust.kind is None or trust.held:
        return None
    return settings.return_after_s - (0.0 if trust.good_since_s is None else now_s - trust.good_since_s)


def _clock(settings: QuarantineSection, trust: Trust, reading: ClockReading | None, now_s: float) -> tuple[Trust, str]:
    if reading is None:
        return trust, ""
    trust = replace(trust, uptime=_seen(trust.uptime, reading.uptime_s, now_s))
    if trust.anchor is None:
        return replace(trust, anchor=reading), ""
    found = compared(settings, trust.anchor, reading)
    if found.restarted:  # what it counted before may be lost with its memory
        return replace(trust, anchor=reading, clock_off=0, energy_Wh=None, odd_scans=0, uptime=Still()), ""
    if not found.off_s:
        return replace(trust, anchor=reading, clock_off=0), ""
    off = trust.clock_off + 1
    if off < _CLOCK_READINGS:
        return replace(trust, clock_off=off), ""
    elapsed_s = reading.got_s - trust.anchor.got_s
    text = f"its uptime went from {trust.anchor.uptime_s} s to {reading.uptime_s} s in {elapsed_s:.0f} s, without a restart"
    return replace(trust, anchor=reading, clock_off=0), text


def _moving(settings: QuarantineSection, trust: Trust, answer: Snapshot, now_s: float) -> tuple[Trust, str, bool]:
    """Whether it goes on, and whether this answer is a new measurement."""
    if "sequence" not in answer:
        return trust, "", True
    sequence = _seen(trust.sequence, _NONE if answer.sequence is None else answer.sequence, now_s)
    trust = replace(trust, sequence=sequence)
    fresh = not sequence.answers
    limit_s = settings.updating_s if answer.value("state") == "updating" else settings.frozen_s
    sides = (("sequence number", sequence), ("uptime", trust.uptime))
    for (what, still), (other, beside) in (sides, sides[::-1]):
        for_s = now_s - still.since_s
        if still.answers < _STILL_ANSWERS - 1 or for_s < limit_s:
            continue
        at = "none" if still.value == _NONE else still.value
        also = (
            f", and so does its {other}" if beside.answers else f", while its {other} goes on" if beside.since_s else ""
        )
        return trust, f"its {what} stands still at {at} for {for_s:.0f} s{also}", fresh
    return trust, "", fresh


def _seen(still: Still, value: int, now_s: float) -> Still:
    if value != still.value:
        return Still(value, now_s)
    return replace(still, answers=still.answers + 1)


def _possible(
    settings: QuarantineSection, rated: Rated, trust: Trust, heard: Heard, fresh: bool, now_s: float
) -> tuple[Trust, str]:
    assert heard.answer is not None and heard.dictionary is not None
    odd = list(impossible(settings, heard.dictionary, heard.answer, rated))
    trust, fallen = _rising(trust, heard.answer)
    odd += fallen
    doubted = frozenset(point for each in odd for point in each.points)
    trust = replace(trust, doubted=doubted)
    # A counter that fell tells of a lie only where the uptime tells that it did not start anew.
    counted = [each for each in odd if each not in fallen or heard.clock is not None]
    if not counted:
        return (replace(trust, odd_scans=0) if fresh and not odd else trust), ""
    if not fresh:
        return trust, ""
    trust = replace(trust, odd_scans=trust.odd_scans + 1, odd_since_s=trust.odd_since_s if trust.odd_scans else now_s)
    if trust.odd_scans < settings.impossible_scans or now_s - trust.odd_since_s < settings.impossible_s:
        return trust, ""
    more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return trust, f"in {trust.odd_scans} scans {', '.join(each.text for each in odd[:_SHOWN])}{more}"


def _rising(trust: Trust, answer: Snapshot) -> tuple[Trust, list[Odd]]:
    """Its meter never falls."""
    reading = answer.get("energy")
    energy_Wh = None if reading is None or reading.quality is not Quality.GOOD else reading.number
    if energy_Wh is None:
        return trust, []
    if trust.energy_Wh is not None and energy_Wh < trust.energy_Wh:
        return trust, [Odd(("energy",), f"energy fell from {trust.energy_Wh:.0f} to {energy_Wh:.0f} Wh")]
    return replace(trust, energy_Wh=energy_Wh), []


def _noted(before: Trust, trust: Trust, jumped: bool) -> Trust:
    """A doubt that came to nothing is counted."""
    values = before.doubted and not trust.doubted and not trust.odd_scans
    clock = before.clock_off and not trust.clock_off and not jumped
    if trust.kind is not None or not (values or clock):
        return trust
    return replace(trust, counts=replace(trust.counts, glitches=trust.counts.glitches + 1))


def _quarantined(settings: QuarantineSection, trust: Trust, kind: Kind, text: str, now_s: float) -> Trust:
    returned_s = tuple(at_s for at_s in trust.returned_s if now_s - at_s < _DAY_S)
    many = len(returned_s) >= settings.returns_max
    counts = replace(trust.counts, **{kind.value: getattr(trust.counts, kind.value) + 1})
    more = f"; it came back {len(returned_s)} times within a day" if many else ""
    return replace(
        trust,
        kind=kind,
        evidence=text + more,
        since_s=now_s,
        held=many or kind is Kind.IMPOSSIBLE,
        good_since_s=None,
        returned_s=returned_s,
        counts=counts,
    )


def _unsettled(trust: Trust, now_s: float) -> bool:
    stands = [still.answers and now_s - still.since_s >= _MOVES_WITHIN_S for still in (trust.sequence, trust.uptime)]
    return bool(any(stands) or trust.odd_scans or trust.clock_off or trust.doubted)


def _watched(settings: QuarantineSection, trust: Trust, doubted: bool, now_s: float) -> Trust:
    """In quarantine: believed again after long enough without a doubt, unless it is held."""
    if doubted:
        return replace(trust, good_since_s=None)
    good_since_s = now_s if trust.good_since_s is None else trust.good_since_s
    trust = replace(trust, good_since_s=good_since_s)
    # An uptime that was read within the time shows that its clock goes on as well.
    read_since = trust.anchor is None or trust.anchor.got_s >= good_since_s
    if trust.held or now_s - good_since_s < settings.return_after_s or not read_since:
        return trust
    counts = replace(trust.counts, returns=trust.counts.returns + 1)
    return replace(
        trust, kind=None, evidence="", good_since_s=None, counts=counts, returned_s=(*trust.returned_s, now_s)
    )
