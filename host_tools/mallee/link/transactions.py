"""Requests on their way over one TCP connection, by transaction id."""

from __future__ import annotations

from collections import OrderedDict

from .ask import Ask
from .failures import LinkError
from .mbap import Frame
from .rtu_frames import fits
from .statistics import LinkStatistics

_REMEMBERED = 256  # finished transactions, to tell late answers and duplicates from foreign ones


class Transactions:
    """Gives out transaction ids, matches answers to them, and counts whatever matches nothing."""

    def __init__(self, statistics: LinkStatistics) -> None:
        self._statistics = statistics
        self._pending: dict[int, Ask] = {}
        self._finished: OrderedDict[int, tuple[int, bool]] = OrderedDict()  # id: (unit, was answered)
        self._next = 1

    def open(self, ask: Ask) -> int:
        """The number of this request from now on."""
        number = self._next
        while number in self._pending:
            number = number % 0xFFFF + 1
        self._next = number % 0xFFFF + 1
        self._finished.pop(number, None)
        self._pending[number] = ask
        ask.transaction = number
        return number

    def abandon(self, ask: Ask) -> bool:
        """Nobody waits for this one any more; an answer that still comes is late. False: it was not on its way."""
        if self._pending.pop(ask.transaction, None) is None:
            return False
        self._remember(ask.transaction, ask.unit, False)
        return True

    def receive(self, frame: Frame) -> Ask | None:
        """Whose answer this is. One that fits nothing is counted and dropped."""
        transaction, unit, pdu = frame
        ask = self._pending.get(transaction)
        if ask is None:
            self._count_unmatched(transaction)
            return None
        if unit != ask.unit or not fits(ask.payload, pdu):
            self._statistics.unit(ask.unit).malformed += 1
            return None
        del self._pending[transaction]
        self._remember(transaction, unit, True)
        return ask

    def fail_all(self, error: LinkError) -> list[Ask]:
        """The connection is gone: everybody who waits gets the error. Returns those."""
        failed = list(self._pending.values())
        self._pending.clear()
        self._finished.clear()
        for ask in failed:
            ask.fail(error)
        return failed

    def _remember(self, transaction: int, unit: int, answered: bool) -> None:
        self._finished[transaction] = (unit, answered)
        if len(self._finished) > _REMEMBERED:
            self._finished.popitem(last=False)

    def _count_unmatched(self, transaction: int) -> None:
        unit, answered = self._finished.pop(transaction, (None, False))
        if unit is None:
            self._statistics.unknown_transactions += 1
        elif answered:
            self._statistics.duplicates += 1
            self._finished[transaction] = (unit, True)
        else:
            self._statistics.unit(unit).late += 1
