"""The line of a board for tests: frames as they are, counters, and the address that other programs open."""

from __future__ import annotations

from collections.abc import Sequence

from ..link.statistics import BusSummary
from ..link.tap import TapFrame
from .board import Board

_ANSWER_S = 0.3


class Bus:
    def __init__(self, board: Board) -> None:
        self._board = board

    @property
    def address(self) -> str:
        """For other programs, inside of `with board.live()`: tcp://HOST:PORT, or serial://PORT?baud=…"""
        return self._board.bus_address

    @property
    def port(self) -> str:
        """The serial port alone, as mbpoll takes it. Raises ValueError of a bus over TCP."""
        scheme, _, rest = self.address.partition("://")
        if scheme != "serial":
            raise ValueError(f"{self.address} is no serial port")
        return rest.partition("?")[0]

    @property
    def unit(self) -> int:
        return self._board.unit.unit

    @property
    def frames(self) -> Sequence[TapFrame]:
        """What this test said and heard here, oldest first; not what other programs said."""
        return tuple(self._board.unit.trace.frames)

    def statistics(self) -> BusSummary:
        """What the host's end has counted since the board was opened."""
        return self._board.unit.statistics()

    def ask(self, pdu: bytes) -> bytes:
        """The PDU that answers this one. Raises Refused for an exception, NoAnswer."""
        return self._board.unit.do(lambda device: device.link.exchange(device.unit, pdu))

    def raw(self, data: bytes, within_s: float = _ANSWER_S) -> bytes:
        """Bytes as they are, right or wrong; everything that comes within that time."""
        return self._board.unit.raw(data, within_s)
