"""Connections that begin a request and do not end it, or are too many, are let go: each holds a descriptor, and they are few.

uvicorn closes what is idle between two requests, and waits for ever for the rest of one that has begun (RFC 9112, 9.5: a server
should have a limit).
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .live import MOST_SUBSCRIBERS, Counters

REQUEST_S = 15.0
"""For the whole of a request, from its first byte (of the first one: from the connection) to the last of its body. No byte on
the way gives it more."""
MOST_CONNECTIONS = 2 * MOST_SUBSCRIBERS
"""Each browser that follows has a second one for its questions."""


class Deadlines(H11Protocol):
    """Of a connection."""

    def __init__(self, counters: Counters, **options: Any) -> None:
        super().__init__(**options)
        self._counters = counters
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._let_go("connections")
        else:
            self._expect()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._expect()
        else:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._timer = self._timer or self.loop.call_later(REQUEST_S, self._let_go, "slow")

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _let_go(self, why: str) -> None:
        self._counters.refuse(why)
        self.transport.abort()
