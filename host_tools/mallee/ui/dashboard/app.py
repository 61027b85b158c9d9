"""The dashboard as an application: keys move in it, documents renew it, questions and their outcome stand below the view."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from ...errors import MalleeError
from ...pod.document import AlarmState, Event, PodDocument
from ..braille import Sample
from . import alarms
from .board import VIEWS, Board
from .question import Field, Question
from .recent import Recent
from .scene import Scene, nearest
from .terminal import driver

Act = Callable[[Literal["acknowledge", "shelve", "unshelve"], AlarmState, str, str], Awaitable[str]]
"""Verb, alarm, note, and for how long; returns what was done. Raises MalleeError."""
_EVENTS_KEPT = 200
_ALARMS = next(at for at, view in enumerate(VIEWS) if view.name == "alarms")


class Page(Widget, can_focus=True):
    """The whole screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(at + 1), f"app.view({at})", view.name) for at, view in enumerate(VIEWS)),
        Binding("tab", "app.view_by(1)", "next view"),
        Binding("shift+tab", "app.view_by(-1)", "view before"),
        Binding("left,h", "app.place_by(-1)", "the one before"),
        Binding("right,l", "app.place_by(1)", "the next one"),
        Binding("up,k", "app.row_by(-1)", "up"),
        Binding("down,j", "app.row_by(1)", "down"),
        Binding("pageup", "app.row_by(-10)", "far up"),
        Binding("pagedown", "app.row_by(10)", "far down"),
        Binding("a", "app.acknowledge", "acknowledge"),
        Binding("s", "app.shelve", "shelve"),
        Binding("u", "app.unshelve", "unshelve"),
        Binding("t", "app.aside", "all alarms"),
        Binding("question_mark", "app.help", "help"),
        Binding("escape", "app.put_away", "put away"),
        Binding("q", "app.leave", "end"),
    ]

    def __init__(self, page: Callable[[int, int], Board]) -> None:
        super().__init__()
        self._page = page

    def render(self) -> Board:
        return self._page(self.size.width, self.size.height)


class Dashboard(App[None]):
    """`show` a document whenever there is one. `interrupted` and `vanished` tell how it ended."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Page { width: 100%; height: 100%; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", "end", priority=True)]

    def __init__(self, act: Act, recent: Recent | None = None) -> None:
        super().__init__(driver_class=driver(self._gone), ansi_color=True)
        self.interrupted = self.vanished = False
        self._act, self._recent = act, recent or Recent()
        self._events: deque[Event] = deque(maxlen=_EVENTS_KEPT)
        self._scene: Scene | None = None
        self._view, self._helping = 0, False
        self._at: dict[int, tuple[int, int]] = {}
        self._said: list[Text] = []
        self._page = Page(self._board)

    @property
    def document(self) -> PodDocument | None:
        return None if self._scene is None else self._scene.document

    def compose(self) -> ComposeResult:
        yield self._page

    def on_mount(self) -> None:
        self._page.focus()

    def show(self, document: PodDocument, *, age_s: float = 0.0, source: str = "", stale: bool = False) -> None:
        """A document, or how old the last one is by now."""
        before = self.document
        if before is None or (before.scan, before.time) != (document.scan, document.time):
            self._recent.hear(document)
            self._events.extend(event for event in document.events if event not in self._events)
        scene = self._scene or Scene(document=document, recent=self._recent, events=self._events)
        self._scene = replace(scene, document=document, age_s=age_s, source=source, stale=stale)
        self._page.refresh()

    def say(self, text: str) -> None:
        self._said = [Text(text, style="green")]
        self._page.refresh()

    def warn(self, text: str) -> None:
        self._said = [Text(text, style="yellow")]
        self._page.refresh()

    def complain(self, error: MalleeError) -> None:
        """What, likely, next."""
        self._said = [
            Text.assemble(("error: ", "bold red"), error.what),
            Text.assemble(("likely: ", "yellow"), error.likely),
            Text.assemble(("next: ", "green"), error.next),
        ]
        self._page.refresh()

    def remember(self, before: Mapping[str, Sequence[Sample]]) -> None:
        """What was recorded before the first document."""
        self._recent.remember(before)

    def recall(self, events: Iterable[Event]) -> None:
        """What a host noted before the first document, oldest first."""
        self._events.extendleft(reversed(list(events)[-_EVENTS_KEPT:]))

    def end(self) -> None:
        """From outside."""
        self.exit()

    def interrupt(self) -> None:
        self.interrupted = True
        self.exit()

    def lost(self) -> None:
        """The terminal has vanished."""
        self.vanished = True
        self.exit()

    # Keys.

    def action_view(self, view: int) -> None:
        self._view, self._helping, self._said = view, False, []
        self._page.refresh()

    def action_view_by(self, step: int) -> None:
        self.action_view((self._view + step) % len(VIEWS))

    def action_place_by(self, step: int) -> None:
        scene = self._here()
        if scene is not None:
            count = len(VIEWS[self._view].places(scene.document))
            self._at[self._view] = nearest(nearest(scene.place, count) + step, count), 0
            self._page.refresh()

    def action_row_by(self, step: int) -> None:
        scene = self._here()
        if scene is not None:
            count = VIEWS[self._view].rows(scene)
            self._at[self._view] = scene.place, nearest(nearest(scene.row, count) + step, count)
            self._page.refresh()

    def action_help(self) -> None:
        self._helping = not self._helping
        self._page.refresh()

    def action_put_away(self) -> None:
        self._said, self._helping = [], False
        self._page.refresh()

    def action_aside(self) -> None:
        if self._scene is not None:
            self._scene = replace(self._scene, aside=not self._scene.aside)
            self._page.refresh()

    def action_leave(self) -> None:
        self.exit()

    def action_interrupt(self) -> None:
        self.interrupt()

    def action_acknowledge(self) -> None:
        self._ask("acknowledge", Field("note", "what you found, or do about it (may stay empty)"))

    def action_shelve(self) -> None:
        self._ask(
            "shelve",
            Field("for_", "for how long, such as 30m or 8h; 24h at most", "1h", required=True),
            Field("note", "why", required=True),
        )  # fmt: skip

    def action_unshelve(self) -> None:
        alarm = self._chosen()
        if alarm is not None:
            self._do("unshelve", alarm, {})

    # Below.

    def _board(self, width: int, height: int) -> Board:
        return Board(self._here(), self._view, width, height, helping=self._helping, said=self._said)

    def _here(self) -> Scene | None:
        place, row = self._at.get(self._view, (0, 0))
        return None if self._scene is None else replace(self._scene, place=place, row=row)

    def _chosen(self) -> AlarmState | None:
        """Actions are of the alarm that is seen to be chosen, so in their view alone."""
        scene = self._here()
        return alarms.chosen(scene) if scene is not None and self._view == _ALARMS and not self._helping else None

    def _ask(self, verb: Literal["acknowledge", "shelve"], *fields: Field) -> None:
        alarm = self._chosen()
        if alarm is None:
            return

        def answered(answers: dict[str, str] | None) -> None:
            if answers is not None:
                self._do(verb, alarm, answers)

        self.push_screen(Question(f"{verb} {alarm.device}: {alarm.name}", fields, f"{verb} it"), answered)

    def _do(
        self, verb: Literal["acknowledge", "shelve", "unshelve"], alarm: AlarmState, answers: dict[str, str]
    ) -> None:
        async def work() -> None:
            try:
                self.say(await self._act(verb, alarm, answers.get("note", ""), answers.get("for_", "")))
            except MalleeError as error:
                self.complain(error)

        self._said = [Text(f"asking the host to {verb} {alarm.device}: {alarm.name} …", style="dim")]
        self._page.refresh()
        self.run_worker(work())

    def _gone(self) -> None:
        """As `lost`, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.lost)
