"""What the page works with: the pod, what is known of it, who may act, and where it is noted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .. import clock
from ..device.codec import Scalar
from ..device.parsing import show_value
from ..errors import ExitCode, MalleeError
from ..pod import setting
from ..pod.alarms import asking
from ..pod.alarms.actions import Outcome as AlarmOutcome
from ..pod.alarms.actions import Verb
from ..pod.config import PodConfig
from ..pod.document import PodDocument
from ..pod.hostfolder import host_folder
from ..pod.setting import Planned, Prepared
from .journal import ActionJournal, Entry
from .live import Counters, Live
from .points import check_points
from .problems import no_document
from .tokens import Token, TokenStore

T = TypeVar("T")
_TRANSPORT = (ExitCode.NO_ANSWER, ExitCode.BUG)


@dataclass(frozen=True, kw_only=True)
class Page:
    """`folder` is where the host that runs now keeps its files. `private`: looking needs a token too. `names`: of this computer,
    beside its addresses."""

    config: PodConfig
    live: Live
    tokens: TokenStore
    journal: ActionJournal
    private: bool = False
    names: frozenset[str] = frozenset()
    timeout_s: float = 1.0

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
        return await self._journaled(
            token,
            Entry(
                time=wanted.time, id=wanted.id, by=token.name, role=token.role, verb=verb, target=f"{device}: {alarm}",
                detail=detail,
            ),
            lambda: asking.ask(host_folder(self.config), self.config, wanted),
        )  # fmt: skip

    async def plan(self, device: str, texts: Mapping[str, str]) -> list[Planned]:
        """The requests that would be sent. Raises MalleeError."""
        check_points(self.config, device, list(texts))
        return (await setting.prepare(self.config, device, texts, timeout_s=self.timeout_s, dry_run=True)).planned()

    async def set(self, token: Token, device: str, texts: Mapping[str, str]) -> tuple[Prepared, Mapping[str, Scalar]]:
        """Write points, and read them back: what was there and what is there now. Raises MalleeError."""
        check_points(self.config, device, list(texts))
        prepared = await setting.prepare(self.config, device, texts, timeout_s=self.timeout_s)
        assert prepared.old is not None
        old = prepared.old
        now = clock.utc_now()
        changes = [f"{name}: {show_value(old.value(name))} → {show_value(v)}" for name, v in prepared.values.items()]
        entry = Entry(
            time=now,
            id=f"{now.timestamp():.6f}",
            by=token.name,
            role=token.role,
            verb="set",
            target=device,
            detail="; ".join(changes),
        )
        new = await self._journaled(
            token, entry, lambda: setting.write(self.config, device, prepared.values, timeout_s=self.timeout_s)
        )
        return prepared, {name: new.value(name) for name in prepared.values}

    def refused(self, token: Token, verb: str, target: str, why: str) -> None:
        """Somebody tried what the role does not allow: noted where it can be, and counted."""
        now = clock.utc_now()
        self.counters.act(verb, "refused")
        self.journal.note(
            Entry(
                time=now, id=f"{now.timestamp():.6f}", by=token.name, role=token.role, verb=verb, target=target,
                outcome="refused", why=why,
            )
        )  # fmt: skip

    async def _journaled(self, token: Token, entry: Entry, act: Callable[[], Awaitable[T]]) -> T:
        self.journal.note(entry)
        try:
            done = await act()
        except MalleeError as error:
            self._end(entry, "failed" if error.code in _TRANSPORT else "refused", str(error))
            raise
        except BaseException as error:
            self._end(entry, "failed", f"{type(error).__name__}: what came of it is not known")
            raise
        self._end(entry, "done", "")
        return done

    def _end(self, entry: Entry, outcome: str, why: str) -> None:
        self.counters.act(entry.verb, outcome)
        ended = Entry(
            time=clock.utc_now(), id=entry.id, by=entry.by, role=entry.role, verb=entry.verb, target=entry.target,
            outcome=outcome, why=why,  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
        try:
            self.journal.note(ended)
        except MalleeError:
            self.counters.journal_lost += 1  # that it was asked stands there; this one cannot be undone
