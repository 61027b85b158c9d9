"""An acceptance from its plan to its end: ask, perform, keep, and go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from .. import clock
from ..device.calibration import Shown
from ..errors import ExitCode, MalleeError
from ..pod.config import PodConfig
from ..pod.fleet import Fleet
from . import keeping, machine
from .machine import Agreed, Ended, Event, Looked
from .model import Limit, Named, Result, Session, Step, in_words
from .performing import Performer
from .plan import plan_of

Answer = Literal["yes", "no", "skip"]


class Answers(Protocol):
    """A person, or a policy in its place."""

    def begin(self, step: Step) -> tuple[Answer, str]:
        """Whether a step that moves something, or needs a person, may begin; and a note."""
        ...

    def act(self, step: Step) -> tuple[Answer, str]:
        """Whether a person has done what the step asks for; all before it was remembered."""
        ...

    def look(self, step: Step, measured: str) -> tuple[Answer, str]:
        """Whether what a person sees is as it should be."""
        ...

    def undo(self, step: Step) -> None:
        """Ask a person to undo what was done for the step; returns when that is done."""
        ...

    def reference(self, step: Step) -> Sequence[Shown]:
        """What a reference meter shows, three phases."""
        ...


class Auto:
    """Everything for which measured feedback suffices is done, the rest skipped."""

    def begin(self, step: Step) -> tuple[Answer, str]:
        return ("skip", "nobody was there to do it, or to look") if machine.needs_person(step) else ("yes", "")

    def look(self, step: Step, measured: str) -> tuple[Answer, str]:
        return "yes", ""

    def act(self, step: Step) -> tuple[Answer, str]:
        raise AssertionError(f"{step.id} needs a person, and was not skipped")

    def undo(self, step: Step) -> None:
        """Nobody is there. What a person left behind before an interruption is found when it is put back."""

    def reference(self, step: Step) -> Sequence[Shown]:
        raise AssertionError(f"{step.id} needs a person, and was not skipped")


async def commission(
    config: PodConfig,
    session_file: Path,
    answers: Answers,
    *,
    who: str,
    only: tuple[str, ...] = (),
    found: tuple[Named, ...] = (),
    timeout_s: float = 1.0,
    tell: Callable[[Step, Result], None] = lambda step, result: None,
    say: Callable[[str], None] = lambda text: None,
) -> Session:
    """Begin, or go on with what is in `session_file`; returns the session when all steps are done. Raises MalleeError where a
    controller cannot be asked, or (exit code 4) a host controls it: what was done so far is kept."""
    with keeping.alone(session_file):
        async with Fleet(config, timeout_s=timeout_s) as fleet:
            return await _accept(config, fleet, session_file, answers, who, only, found, tell, say)


async def _accept(
    config: PodConfig,
    fleet: Fleet,
    session_file: Path,
    answers: Answers,
    who: str,
    only: tuple[str, ...],
    found: tuple[Named, ...],
    tell: Callable[[Step, Result], None],
    say: Callable[[str], None],
) -> Session:
    session = keeping.load(session_file)
    plan = await _plan(config, fleet, only)
    if session is None:
        session = Session(pod=config.pod.name, who=who, began=_now(), plan=plan, found=found)
    elif session.pod != config.pod.name or session.plan != plan:
        raise _another(session_file, session)
    elif session.step is None:
        say(f"all {len(plan)} steps are done, as {session_file} has it")
    elif session.results or session.phase != "ready":
        say(f"going on at step {len(session.results) + 1} of {len(plan)}, as {session_file} has it")
    session = msgspec.structs.replace(machine.resumed(session), who=who)
    keeping.save(session_file, session)
    performer = Performer(config, fleet)
    while (step := session.step) is not None:
        done = len(session.results)
        event = await _next(session, step, performer, answers)
        session = machine.step(session, event, _now())
        keeping.save(session_file, session)
        if len(session.results) > done:
            tell(step, session.results[-1])
    return session


async def _next(session: Session, step: Step, performer: Performer, answers: Answers) -> Event:
    """What happens in this phase."""
    if session.phase in ("interrupted", "seen"):
        if step.undo:
            answers.undo(step)
            await performer.reach(step.device)
        return await performer.put_back(step, session.before)
    if session.phase == "ready":
        if cause := machine.broken(session):
            return Ended("skipped", f"{cause} failed")
        await performer.require_free(step.device)
        if lacking := await performer.lacking(step):
            return Ended("skipped", lacking)
        if not step.consequence and not machine.needs_person(step):
            return Agreed()
        answer, note = answers.begin(step)
        await performer.reach(step.device)
        if answer == "yes":
            return Agreed()
        return _ended(answer, note)
    if session.phase == "agreed" and step.moves:
        return await performer.remember(step)
    if step.kind == "hand" and session.phase in ("agreed", "remembered"):
        answer, note = answers.act(step)
        await performer.reach(step.device)
        if answer != "yes":
            return _ended(answer, note)
    if session.phase in ("agreed", "remembered"):
        reference = None
        if step.calibrate is not None and step.calibrate.load != "no-load":
            reference = answers.reference(step)
            await performer.reach(step.device)
        return await performer.measure(step, reference)
    if not step.question or step.kind != "eyes":
        return Looked(True)
    shown = ", ".join(f"{name} = {value}" for name, value in session.measured.items())
    answer, note = answers.look(step, shown)
    await performer.reach(step.device)
    said = {"yes": "", "no": "not as it should be, by eye", "skip": "skipped"}[answer]
    return Looked(answer == "yes", note or said, skipped=answer == "skip")


def _ended(answer: Answer, note: str) -> Ended:
    return Ended("declined", note or "declined") if answer == "no" else Ended("skipped", note or "skipped")


async def _plan(config: PodConfig, fleet: Fleet, only: tuple[str, ...]) -> tuple[Step, ...]:
    wanted = [entry for entry in config.controllers if not only or entry.name in only]
    return plan_of(config, {entry.name: await fleet.dictionary(entry.name) for entry in wanted}, only)


def _another(path: Path, session: Session) -> MalleeError:
    return MalleeError(
        f"{path} is of another acceptance: {session.pod}, {len(session.results)} of {len(session.plan)} steps done",
        "the pod file, the controllers named or the release of mallee changed since it began",
        "finish it as it was begun, or name another file: --session FILE",
        ExitCode.USAGE,
    )


def expected(limits: tuple[Limit, ...]) -> str:
    return "; ".join(in_words(limit) for limit in limits)


def _now() -> str:
    now: datetime = clock.utc_now()
    return now.isoformat(timespec="seconds").replace("+00:00", "Z")
