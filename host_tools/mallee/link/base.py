"""What a link offers, whatever it runs over."""

from __future__ import annotations

import enum
from typing import Protocol

from pymodbus.pdu import ModbusPDU

from .statistics import LinkStatistics


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

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        """Send a request to a unit and return its good answer.

        Raises NoAnswer, Refused or LinkDown, and ValueError for a request that the standard does not allow.
        """
        ...

    def allow_in_flight(self, unit: int, requests: int) -> None:
        """This unit takes so many requests at once (1 to 16); 1 until somebody says so."""
        ...

    async def close(self) -> None: ...
