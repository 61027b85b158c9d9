"""Documents as they come, to everybody who looks: encoded once, and never waiting for who is slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from .. import clock
from ..errors import ErrorDocument, MalleeError
from ..pod.document import Event
from ..pod.following import Seen
from .ring import Ring

MOST_SUBSCRIBERS = 200
_WAITING = 4
"""Messages that may wait for one browser. Who is farther behind is dropped: it connects again, and has the newest."""
EVENTS_KEPT = 100
HEARTBEAT_S = 5.0
"""So that a browser notices a dead connection, and the server a browser that has gone, where documents are rare."""


class Counters:
    """Of this process, for /metrics."""

    def __init__(self) -> None:
        self.documents = 0
        self.subscribers_dropped = 0
        self.subscribers_refused = 0
        self.refused: dict[str, int] = {}
        """Requests by the reason: host, origin, token, role, size."""
        self.actions: dict[tuple[str, str], int] = {}
        """By verb and outcome."""
        self.source_errors = 0
        self.journal_lost = 0
        """Ends of actions that could not be noted; that they were asked is."""

    def refuse(self, reason: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def act(self, verb: str, outcome: str) -> None:
        self.actions[verb, outcome] = self.actions.get((verb, outcome), 0) + 1


class _Subscriber:
    def __init__(self) -> None:
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING)
        self.dropped = False


class Live:
    """What is known now, and who wants to hear of it."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters
        self.ring = Ring()
        self.seen: Seen | None = None
        self.trouble: ErrorDocument | None = None
        """Why there is no document, where the source says so."""
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        """Of documents that came, oldest first."""
        self._message = b""
        self._heard_s = 0.0
        self._subscribers: set[_Subscriber] = set()
        self._closed = False

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    @property
    def age_s(self) -> float | None:
        """Of the document, now."""
        if self.seen is None:
            return None
        return self.seen.age_s + asyncio.get_running_loop().time() - self._heard_s

    def now(self) -> datetime:
        """By the clock of whoever writes the documents: a demo's runs faster than this computer's."""
        if self.seen is None:
            return clock.utc_now()
        return self.seen.document.time + timedelta(seconds=self.age_s or 0.0)

    async def run(self, source: AsyncIterator[Seen]) -> None:
        """Until the source ends. Its errors are shown, not raised: a page that says what is wrong is of more use than none."""
        try:
            async for seen in source:
                self.hear(seen)
        except MalleeError as error:
            self.counters.source_errors += 1
            self.trouble = error.document()
            self._send("trouble", msgspec.json.encode(self.trouble))

    def hear(self, seen: Seen) -> None:
        self.seen, self._heard_s, self.trouble = seen, asyncio.get_running_loop().time(), None
        self.counters.documents += 1
        if not seen.stale:
            self.ring.add(seen.document)
            self.events.extend(event for event in seen.document.events if event not in self.events)
        self._send("pod", msgspec.json.encode(seen))

    def full(self) -> bool:
        if len(self._subscribers) < MOST_SUBSCRIBERS:
            return False
        self.counters.subscribers_refused += 1
        return True

    async def messages(self) -> AsyncIterator[bytes]:
        """Server-sent events (WHATWG HTML, 9.2) for one browser, until it goes, is dropped, or the server ends."""
        me = _Subscriber()
        self._subscribers.add(me)
        try:
            if self._message:
                yield self._message
            while not (self._closed or me.dropped):
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        message = await me.waiting.get()
                except TimeoutError:
                    message = b": still here\n\n"
                if message is None:
                    return
                yield message
        finally:
            self._subscribers.discard(me)

    def close(self) -> None:
        """The server ends: let go everybody who listens."""
        self._closed = True
        for each in list(self._subscribers):
            self._drop(each)

    def _send(self, event: str, data: bytes) -> None:
        self._message = b"event: " + event.encode() + b"\ndata: " + data + b"\n\n"
        for each in list(self._subscribers):
            if each.waiting.full():
                self.counters.subscribers_dropped += 1
                self._drop(each)
            else:
                each.waiting.put_nowait(self._message)

    def _drop(self, each: _Subscriber) -> None:
        """What it has not read is of no use any more."""
        each.dropped = True
        self._subscribers.discard(each)
        while not each.waiting.empty():
            each.waiting.get_nowait()
        each.waiting.put_nowait(None)
