"""What the page works with: the pod, what is known of it, who may act, and where it is noted."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from .. import clock
from ..device.dictionary import Dictionary
from ..device.parsing import show_value
from ..errors import ExitCode, MalleeError
from ..link.base import Link
from ..pod import setting
from ..pod.alarms import asking
from ..pod.alarms.actions import Outcome as AlarmOutcome
from ..pod.alarms.actions import Verb
from ..pod.config import PodConfig
from ..pod.document import PodDocument
from ..pod.fleet import Fleet
from ..pod.hostfolder import host_folder
from ..pod.setting import Prepared
from ..reading import Scalar
from .journal import ActionJournal, Entry, Outcome
from .live import Counters, Live
from .points import find
from .problems import no_document
from .tokens import Token, TokenStore

T = TypeVar("T")
_TRANSPORT = (ExitCode.NO_ANSWER, ExitCode.BUG)


@dataclass(frozen=True, kw_only=True)
class Page:
    """`where` says in which folder the host that runs now keeps its files. `private`: looking needs a token too. `names`: of this
    computer, beside its addresses."""

    config: PodConfig
    live: Live
    tokens: TokenStore
    journal: ActionJournal
    where: Callable[[PodConfig], Path] = host_folder
    private: bool = False
    names: frozenset[str] = frozenset()
    timeout_s: float = 1.0
    lent: dict[str, Link] = field(default_factory=dict)
    """Of who reads the pod in this process, while it does."""
    dictionaries: dict[str, Dictionary] = field(default_factory=dict)
    """Devices' own, once an engineer asked for them."""

    @property
    def counters(self) -> Counters:
        return self.live.counters

    @property
    def history(self) -> Path | None:
        return None if self.config.history is None else Path(self.config.history.path)

    @property
    def document(self) -> PodDocument:
        """Raises HttpError (503) where there is none yet."""
        if self.live.seen is None:
            raise no_document()
        return self.live.seen.document

    async def alarm(
        self, token: Token, verb: Verb, device: str, alarm: str, note: str, for_s: float | None = None
    ) -> AlarmOutcome:
        """Hand an action to the host that runs, in the name of the token. Raises MalleeError."""
        wanted = asking.action(verb, device, alarm, by=token.name, now=clock.utc_now(), note=note, for_s=for_s)
        detail = note if for_s is None else f"for {for_s:g} s: {note}"

        async def act() -> tuple[AlarmOutcome, str]:
            outcome = await asking.ask(self.where(self.config), self.config, wanted)
            return outcome, ", ".join(outcome.done)

        return await self._journaled(_entry(token, wanted.id, verb, f"{device}: {alarm}", detail), act)

    async def plan(self, device: str, texts: Mapping[str, str]) -> Prepared:
        """What would be written, what is there now, and what follows; the device is asked. Raises MalleeError."""
        find(self.config, device)
        return await self._prepare(device, texts)

    async def ask_points(self, device: str) -> Dictionary:
        """What the device itself says its points are: a controller of another release has others. Raises MalleeError."""
        find(self.config, device)
        async with Fleet(self.config, timeout_s=self.timeout_s, lent=self.lent) as fleet:
            found = self.dictionaries[device] = await fleet.dictionary(device)
        return found

    async def _prepare(self, device: str, texts: Mapping[str, str]) -> Prepared:
        prepared = await setting.prepare(self.config, device, texts, timeout_s=self.timeout_s, lent=self.lent)
        self.dictionaries[device] = prepared.dictionary
        return prepared

    async def set(self, token: Token, device: str, texts: Mapping[str, str]) -> tuple[Prepared, Mapping[str, Scalar]]:
        """Write points, and read them back: what was there and what is there now. Raises MalleeError."""
        find(self.config, device)

        async def act() -> tuple[tuple[Prepared, Mapping[str, Scalar]], str]:
            prepared = await self._prepare(device, texts)
            snapshot = await setting.write(
                self.config, device, prepared.values, timeout_s=self.timeout_s, lent=self.lent
            )
            new = {name: snapshot.value(name) for name in prepared.values}
            changes = [
                f"{name}: {'?' if prepared.old is None else show_value(prepared.old.value(name))} → {show_value(value)}"
                for name, value in new.items()
            ]
            return (prepared, new), "; ".join(changes)

        asked = "; ".join(f"{name} = {text}" for name, text in texts.items())
        return await self._journaled(_entry(token, _number(), "set", device, asked), act)

    def refused(self, token: Token, verb: str, target: str, why: str) -> None:
        """Somebody tried what the role does not allow. Raises CannotNote."""
        self.counters.act(verb, "refused")
        entry = _entry(token, _number(), verb, target, "")
        self.journal.note(msgspec.structs.replace(entry, outcome="refused", why=why))

    async def _journaled(self, entry: Entry, act: Callable[[], Awaitable[tuple[T, str]]]) -> T:
        """`act` gives its result, and what is to be said of it. Raises CannotNote before anything is done."""
        self.journal.note(entry)
        try:
            done, detail = await act()
        except MalleeError as error:
            self._end(entry, "failed" if error.code in _TRANSPORT else "refused", "", str(error))
            raise
        except BaseException as error:
            self._end(entry, "failed", "", f"{type(error).__name__}: what came of it is not known")
            raise
        self._end(entry, "done", detail, "")
        return done

    def _end(self, entry: Entry, outcome: Outcome, detail: str, why: str) -> None:
        self.counters.act(entry.verb, outcome)
        try:
            self.journal.note(
                msgspec.structs.replace(entry, time=clock.utc_now(), outcome=outcome, detail=detail, why=why)
            )
        except MalleeError:
            self.counters.journal_lost += 1  # that it was asked stands there; what was done cannot be undone


def _entry(token: Token, number: str, verb: str, target: str, detail: str) -> Entry:
    return Entry(
        time=clock.utc_now(), id=number, by=token.name, role=token.role, verb=verb, target=target, detail=detail
    )


def _number() -> str:
    return f"{time.time_ns():020d}-{os.getpid()}"
