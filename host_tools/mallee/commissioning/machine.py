"""What follows from what happened: the acceptance as a state machine. Pure.

    ready ─agreed─▶ agreed ─remembered─▶ remembered ─moved─▶ measured ─looked─▶ seen ─put back─▶ ready, with a result

A step that a person begins by hand and leaves is put back as well. One that moves nothing has its result once it is measured,
or, of eyes, looked at.

The session is kept after each of these. Whoever finds it in the middle puts the outputs back first, and begins that step anew.
"""

from __future__ import annotations

import msgspec

from .model import Result, Session, Step, Value, Verdict

_MOVED = ("remembered", "measured", "seen")


class Agreed(msgspec.Struct, frozen=True):
    """A person, or the policy in its place, let the step begin."""


class Ended(msgspec.Struct, frozen=True):
    """The step is not done: declined or skipped."""

    verdict: Verdict
    note: str


class Remembered(msgspec.Struct, frozen=True):
    """What the outputs were before."""

    before: dict[str, Value]


class Measured(msgspec.Struct, frozen=True):
    values: dict[str, Value]
    holds: bool
    note: str = ""
    serial: str = ""
    stays: tuple[str, ...] = ()
    """What of that which was moved shall stay as it is now."""


class Looked(msgspec.Struct, frozen=True):
    """What a person saw: as it should be, or not; `skipped`: nobody could tell."""

    good: bool
    note: str = ""
    skipped: bool = False


class PutBack(msgspec.Struct, frozen=True):
    """`good`: everything is as it was before. `written`: the controller took the old values, whatever came of it."""

    good: bool
    note: str = ""
    written: bool = True


Event = Agreed | Ended | Remembered | Measured | Looked | PutBack


def resumed(session: Session) -> Session:
    """A session as it was found: outputs that may be moved are put back before anything else."""
    if session.phase in _MOVED:
        return msgspec.structs.replace(session, phase="interrupted")
    if session.phase == "agreed":
        return msgspec.structs.replace(session, phase="ready")
    return session


def step(session: Session, event: Event, time: str) -> Session:
    """The session after that event. Raises ValueError for one that cannot come now."""
    now = session.step
    if now is None:
        raise ValueError("all steps are done")
    replace, phase = msgspec.structs.replace, session.phase
    if isinstance(event, Agreed) and phase == "ready":
        return replace(session, phase="agreed")
    if isinstance(event, Ended) and phase in ("ready", "agreed"):
        return _recorded(session, event.verdict, event.note, time)
    if isinstance(event, Remembered) and phase == "agreed" and now.moves:
        return replace(session, phase="remembered", before=event.before)
    if isinstance(event, Ended) and phase == "remembered" and now.kind == "hand":
        return replace(session, phase="seen", ended=event.verdict, note=event.note)
    if isinstance(event, Measured) and phase == ("remembered" if now.moves else "agreed"):
        before = {name: value for name, value in session.before.items() if name not in event.stays}
        session = replace(session, measured=event.values, holds=event.holds, note=event.note, before=before)
        if event.serial:
            session = replace(session, serials={**session.serials, now.device: event.serial})
        if now.moves or now.kind == "eyes":
            return replace(session, phase="measured")
        return _recorded(session, "passed" if event.holds else "failed", event.note, time)
    if isinstance(event, Looked) and phase == "measured":
        session = replace(
            session,
            phase="seen",
            holds=session.holds and event.good,
            ended="skipped" if event.skipped else None,
            note=_joined(session.note, event.note),
        )
        return (
            session if now.moves else _recorded(session, session.ended or _verdict(session.holds), session.note, time)
        )
    if isinstance(event, PutBack) and phase == "seen":
        note = _joined(session.note, event.note)
        verdict = session.ended or _verdict(session.holds)
        return _recorded(session, verdict if event.good else "failed", note, time)
    if isinstance(event, PutBack) and phase == "interrupted" and not event.written:
        return _recorded(
            session, "failed", event.note, time
        )  # begun anew, it would take what is moved for what was before
    if isinstance(event, PutBack) and phase == "interrupted":
        return replace(_cleared(session), note="")
    raise ValueError(f"{type(event).__name__} cannot come in phase {phase} of {now.id}")


def _recorded(session: Session, verdict: Verdict, note: str, time: str) -> Session:
    now = session.step
    assert now is not None
    result = Result(step=now.id, verdict=verdict, time=time, who=session.who, measured=session.measured, note=note)
    return msgspec.structs.replace(_cleared(session), results=(*session.results, result))


def _cleared(session: Session) -> Session:
    return msgspec.structs.replace(session, phase="ready", before={}, measured={}, note="", holds=False, ended=None)


def _verdict(good: bool) -> Verdict:
    return "passed" if good else "failed"


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def counts(session: Session) -> dict[Verdict, int]:
    found: dict[Verdict, int] = {"passed": 0, "failed": 0, "declined": 0, "skipped": 0}
    for result in session.results:
        found[result.verdict] += 1
    return found


def needs_person(step: Step) -> bool:
    """Measured feedback does not suffice."""
    return step.kind in ("hand", "eyes") or bool(step.question)


def broken(session: Session) -> str:
    """The step that failed and that the next one needs; empty: none."""
    failed = {result.step for result in session.results if result.verdict == "failed"}
    return next((each for each in (session.step.needs if session.step else ()) if each in failed), "")
