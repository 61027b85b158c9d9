"""Requests on their way over one TCP connection, by transaction id."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from pymodbus.pdu import ModbusPDU

from .failures import Malformed
from .mbap import Frame
from .pdus import answer
from .statistics import LinkStatistics

_REMEMBERED = 256  # finished transactions, to tell late answers and duplicates from foreign ones


@dataclass(slots=True)
class _Pending:
    unit: int
    request: ModbusPDU
    future: asyncio.Future[ModbusPDU]


class Transactions:
    """Gives out transaction ids, matches answers to them, and counts whatever matches nothing."""

    def __init__(self, statistics: LinkStatistics) -> None:
        self._statistics = statistics
        self._pending: dict[int, _Pending] = {}
        self._finished: OrderedDict[int, tuple[int, bool]] = OrderedDict()  # id: (unit, was answered)
        self._next = 1

    def open(self, unit: int, request: ModbusPDU) -> tuple[int, asyncio.Future[ModbusPDU]]:
        while self._next in self._pending:
            self._next = self._next % 0xFFFF + 1
        transaction = self._next
        self._next = self._next % 0xFFFF + 1
        self._finished.pop(transaction, None)
        future: asyncio.Future[ModbusPDU] = asyncio.get_running_loop().create_future()
        self._pending[transaction] = _Pending(unit, request, future)
        return transaction, future

    def abandon(self, transaction: int) -> None:
        """Nobody waits for this one any more; an answer that still comes is late."""
        pending = self._pending.pop(transaction, None)
        if pending is not None:
            self._remember(transaction, pending.unit, answered=False)

    def receive(self, frame: Frame) -> None:
        """Hand an answer to whoever asked. One that fits nothing is counted and dropped."""
        pending = self._pending.get(frame.transaction)
        if pending is None:
            self._count_unmatched(frame)
            return
        unit = self._statistics.unit(pending.unit)
        try:
            if frame.unit != pending.unit:
                raise Malformed(f"unit {frame.unit} answers for {pending.unit}")
            decoded = answer(pending.request, frame.pdu)
        except Malformed:
            unit.malformed += 1
            return
        del self._pending[frame.transaction]
        self._remember(frame.transaction, pending.unit, answered=True)
        if not pending.future.done():
            pending.future.set_result(decoded)

    def fail_all(self, error: Exception) -> None:
        """The connection is gone: everybody who waits gets the error."""
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(error)
                # A waiter that was cancelled meanwhile must not leave a warning behind.
                pending.future.exception()
        self._pending.clear()
        self._finished.clear()

    def _remember(self, transaction: int, unit: int, *, answered: bool) -> None:
        self._finished[transaction] = (unit, answered)
        while len(self._finished) > _REMEMBERED:
            self._finished.popitem(last=False)

    def _count_unmatched(self, frame: Frame) -> None:
        unit, answered = self._finished.pop(frame.transaction, (None, False))
        if unit is None:
            self._statistics.unknown_transactions += 1
        elif answered:
            self._statistics.duplicates += 1
            self._finished[frame.transaction] = (unit, True)
        else:
            self._statistics.unit(unit).late += 1
