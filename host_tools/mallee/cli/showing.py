"""Show documents as they come: a live table, lines of JSON, or events as text."""

from __future__ import annotations

import sys
from collections import deque
from types import TracebackType

import msgspec
from rich.live import Live

from ..pod.document import Event, PodDocument, to_json
from ..ui.table import render
from .common import Context

_EVENTS_SHOWN = 12


class Show:
    """`publish(document)` after each scan; at the end the last table, or the last document with `-o json`."""

    def __init__(self, context: Context) -> None:
        self._context = context
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
        if self._context.output == "json":
            sys.stdout.write(msgspec.json.format(to_json(self._last), indent=2).decode() + "\n")
        elif self._context.output in ("table", "csv"):
            self._context.out.print(render(self._last, events=self._events))

    def publish(self, document: PodDocument) -> None:
        self._last = document
        self._events.extend(document.events)
        if self._context.output == "jsonl":
            sys.stdout.write(to_json(document).decode() + "\n")
            sys.stdout.flush()
            return
        if self._live is not None:
            self._live.update(render(document, events=self._events), refresh=True)
            return
        for event in document.events:
            self._context.note(f"{event.time:%H:%M:%S} {event.device}: {event.text}")
