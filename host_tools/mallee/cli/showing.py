"""Show documents as they come: a live table, lines of JSON, or events as text."""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path
from types import TracebackType

import msgspec
from rich.live import Live

from .. import clock
from ..errors import ExitCode, MalleeError
from ..pod.document import Event, PodDocument, to_json
from ..ui.picture import export_svg
from ..ui.table import PodTable, render
from .common import Context

_EVENTS_SHOWN = 12


class Show:
    """`publish(document)` after each scan, `note(text)` for what happens outside of the scans.

    At the end it leaves the last table on the screen, and with `final` prints the last document for `-o json`.
    """

    def __init__(self, context: Context, *, final: bool = True) -> None:
        if context.output == "csv":
            raise MalleeError(
                "a pod over time is not a table of rows", "-o csv was asked for", "use -o jsonl: one document a line"
            )
        self._context = context
        self._final = final
        self._heard = False
        self._silent_s: float | None = None
        self._speed: float | None = None
        self._events: deque[Event] = deque(maxlen=_EVENTS_SHOWN)
        self._last: PodDocument | None = None
        self._live = Live(console=context.out, screen=True, auto_refresh=False) if context.live else None

    def __enter__(self) -> Show:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        if self._last is None or kind is BrokenPipeError:
            return
        if self._context.output == "json" and self._final:
            sys.stdout.write(msgspec.json.format(to_json(self._last), indent=2).decode() + "\n")
        elif self._context.output == "table":
            self._context.out.print(self._table(self._last))

    def publish(self, document: PodDocument, *, speed: float | None = None) -> None:
        """Show a document; `speed` is virtual seconds a second where time is simulated."""
        self._last, self._speed, self._silent_s = document, speed, None
        self._heard = self._heard or any(c.answering for c in document.members)
        self._events.extend(document.events)
        if self._context.output == "jsonl":
            sys.stdout.write(to_json(document).decode() + "\n")
            sys.stdout.flush()
            return
        if self._live is not None:
            self._live.update(self._table(document), refresh=True)
            return
        for event in document.events:
            self._context.event(event)

    def silent(self, seconds: float) -> None:
        """The source of the documents says nothing any more: what is shown is that old."""
        self._silent_s = seconds
        if self._live is not None and self._last is not None:
            self._live.update(self._table(self._last), refresh=True)

    @property
    def code(self) -> ExitCode:
        """How a command that showed documents ends: no controller ever answered, or done."""
        return ExitCode.DONE if self._heard or self._last is None else ExitCode.NO_ANSWER

    def note(self, text: str) -> None:
        """A line among the events of the live table, or on stderr."""
        if self._live is None:
            self._context.note(text)
            return
        now = clock.utc_now() if self._last is None else self._last.time
        self._events.append(Event(time=now, kind="note", device="", text=text))
        if self._last is not None:
            self._live.update(self._table(self._last), refresh=True)

    def save_picture(self, path: Path) -> None:
        """The last table as SVG. Raises MalleeError where it cannot be written."""
        if self._last is None:
            return
        try:
            export_svg(self._last, path, speed=self._speed)
        except OSError as error:
            raise MalleeError(
                f"cannot write {path}: {error.strerror}",
                "the folder does not exist or is read only",
                "name another file",
            ) from error

    def summarise(self) -> None:
        """One line on stderr: how many requests were made, lost and how long they took."""
        if self._last is None:
            return
        self._context.note(account(self._last, "scans", self._last.scan))

    def _table(self, document: PodDocument) -> PodTable:
        return render(document, speed=self._speed, events=self._events, silent_s=self._silent_s)


def account(last: PodDocument, word: str, count: int) -> str:
    """One line for the end."""
    bus = last.bus
    p99 = "–" if bus.rtt_p99_ms is None else f"{bus.rtt_p99_ms:.0f} ms"
    return f"{count} {word}, {bus.requests} polls, {bus.timeouts} lost, p99 {p99}"
