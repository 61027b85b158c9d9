"""The states of one alarm and how it moves between them (the alarm state transition diagram of ISA-18.2 and IEC 62682).
Pure.

While an alarm is set aside (shelved, suppressed by design, out of service) its condition is followed on, so that nothing is
forgotten when it comes back; it is told to nobody.
"""

from __future__ import annotations

import enum

import msgspec


class Phase(enum.StrEnum):
    """Where an alarm stands by its condition and what people did, whether it is set aside or not."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED_UNACKNOWLEDGED = "returned_unacknowledged"
    LATCHED_UNACKNOWLEDGED = "latched_unacknowledged"
    LATCHED_ACKNOWLEDGED = "latched_acknowledged"


class Aside(enum.StrEnum):
    """Why an alarm is not told: by people for a while, by a known cause, by maintenance."""

    SHELVED = "shelved"
    SUPPRESSED = "suppressed_by_design"
    OUT_OF_SERVICE = "out_of_service"


class Happening(enum.StrEnum):
    COMES = "comes"
    RETURNS = "returns"
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"


class Life(msgspec.Struct, frozen=True):
    """`aside` may hold several reasons at once; the alarm is told again when the last of them ends."""

    phase: Phase = Phase.NORMAL
    aside: frozenset[Aside] = frozenset()


_MOVES: dict[tuple[Phase, Happening], Phase] = {
    (Phase.NORMAL, Happening.COMES): Phase.UNACKNOWLEDGED,
    (Phase.UNACKNOWLEDGED, Happening.RETURNS): Phase.RETURNED_UNACKNOWLEDGED,
    (Phase.ACKNOWLEDGED, Happening.RETURNS): Phase.NORMAL,
    (Phase.RETURNED_UNACKNOWLEDGED, Happening.COMES): Phase.UNACKNOWLEDGED,
    (Phase.LATCHED_UNACKNOWLEDGED, Happening.COMES): Phase.UNACKNOWLEDGED,
    (Phase.LATCHED_ACKNOWLEDGED, Happening.COMES): Phase.UNACKNOWLEDGED,
    (Phase.UNACKNOWLEDGED, Happening.ACKNOWLEDGE): Phase.ACKNOWLEDGED,
    (Phase.RETURNED_UNACKNOWLEDGED, Happening.ACKNOWLEDGE): Phase.NORMAL,
    (Phase.LATCHED_UNACKNOWLEDGED, Happening.ACKNOWLEDGE): Phase.LATCHED_ACKNOWLEDGED,
    (Phase.LATCHED_UNACKNOWLEDGED, Happening.RESET): Phase.RETURNED_UNACKNOWLEDGED,
    (Phase.LATCHED_ACKNOWLEDGED, Happening.RESET): Phase.NORMAL,
}
_LATCHED = {
    (Phase.UNACKNOWLEDGED, Happening.RETURNS): Phase.LATCHED_UNACKNOWLEDGED,
    (Phase.ACKNOWLEDGED, Happening.RETURNS): Phase.LATCHED_ACKNOWLEDGED,
}
# Coming back from being set aside, the standard knows two ways: to normal, or to unacknowledged while the condition stands. A
# latched alarm stays latched all the same: only a reset clears it.
_BACK = {
    Phase.ACKNOWLEDGED: Phase.UNACKNOWLEDGED,
    Phase.RETURNED_UNACKNOWLEDGED: Phase.NORMAL,
    Phase.LATCHED_ACKNOWLEDGED: Phase.LATCHED_UNACKNOWLEDGED,
}
ACTIVE = frozenset({Phase.UNACKNOWLEDGED, Phase.ACKNOWLEDGED})
LATCHED = frozenset({Phase.LATCHED_UNACKNOWLEDGED, Phase.LATCHED_ACKNOWLEDGED})


def step(life: Life, happening: Happening, *, latch: bool = False) -> Life:
    """The alarm after something happened; unchanged where that means nothing in its state (see `why_not`)."""
    if happening in (Happening.ACKNOWLEDGE, Happening.RESET) and life.aside:
        return life
    move = (life.phase, happening)
    to = _LATCHED.get(move) if latch else None
    return msgspec.structs.replace(life, phase=to or _MOVES.get(move, life.phase))


def set_aside(life: Life, why: Aside) -> Life:
    return msgspec.structs.replace(life, aside=life.aside | {why})


def bring_back(life: Life, why: Aside) -> Life:
    """End one reason; when it was the last, the alarm goes to normal, or is told anew while its condition or latch stands."""
    if why not in life.aside:
        return life
    left = life.aside - {why}
    return Life(life.phase if left else _BACK.get(life.phase, life.phase), left)


def state(life: Life) -> str:
    """One word for people: the strongest reason for which it is set aside, else its phase."""
    for why in (Aside.OUT_OF_SERVICE, Aside.SHELVED, Aside.SUPPRESSED):
        if why in life.aside:
            return why.value
    return life.phase.value


def why_not(life: Life, happening: Happening) -> str | None:
    """Why a person cannot do that now, in words; None when it can be done."""
    if life.aside:
        return f"it is {state(life).replace('_', ' ')}"
    if (life.phase, happening) in _MOVES:
        return None
    if happening is Happening.RESET:
        return "its condition still stands" if life.phase in ACTIVE else "it is not latched"
    return "it is acknowledged already" if life.phase is not Phase.NORMAL else "it is not active"
