"""What a link offers, whatever it runs over."""

from __future__ import annotations

import enum
from typing import Protocol

from pymodbus.pdu import ModbusPDU

from .statistics import LinkStatistics
from .tap import Tap


class Priority(enum.IntEnum):
    """Order in which waiting requests go onto the wire."""

    WRITE = 0
    ALARM = 1
    POLL = 2
    PROBE = 3


class Link(Protocol):
    """One bus or gateway. All units behind one address share one Link."""

    address: str
    statistics: LinkStatistics
    generation: int
    """Grows with each connection: a device behind a new connection may be another one than before."""

    taps: list[Tap]
    """Whoever wants to see each frame; see tap.py."""
    broadcasts: bool
    """The bus carries broadcasts: `broadcast` works."""

    async def exchange(
        self, unit: int, payload: bytes, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> bytes:
        """Send a request's PDU to a unit and return the PDU of its good answer, which fits the request.

        Raises NoAnswer, Refused, LinkDown, or Closed after `close`.
        """
        ...

    async def broadcast(self, payload: bytes) -> None:
        """Send a request's PDU to all units of a serial line; nobody answers. Raises LinkDown, NoAnswer on a line that never
        gets silent, and ValueError where there are no broadcasts."""
        ...

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        """The same with pymodbus's requests and answers.

        Raises NoAnswer, Refused or LinkDown, and ValueError for a request that the standard does not allow.
        """
        ...

    def allow_in_flight(self, unit: int, requests: int) -> None:
        """This unit takes so many requests at once (1 to 16); 1 until somebody says so."""
        ...

    async def close(self) -> None:
        """For good: a link that was closed opens nothing any more. Safe to call twice."""
        ...
