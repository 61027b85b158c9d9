"""One request on its way over a connection that carries many."""

from __future__ import annotations

import asyncio

from .failures import LinkError


class Ask:
    """`payload` is the PDU. `future` gets the PDU of the good answer, or a LinkError."""

    __slots__ = ("future", "limit_s", "payload", "sent_s", "transaction", "unit")

    def __init__(self, unit: int, payload: bytes, limit_s: float, future: asyncio.Future[bytes]) -> None:
        self.unit = unit
        self.payload = payload
        self.limit_s = limit_s
        self.future = future
        self.sent_s: float | None = None
        """When it went onto the wire; None: it waits."""
        self.transaction = -1

    @property
    def ended(self) -> bool:
        return self.future.done()

    def fail(self, error: LinkError) -> None:
        if not self.future.done():
            self.future.set_exception(error)
