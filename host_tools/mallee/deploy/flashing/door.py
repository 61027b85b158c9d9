"""How to get at a board's console, and get it back after a reset: a USB port of this computer, or an emulated board."""

from __future__ import annotations

from typing import Any, Protocol


class Door(Protocol):
    """`open` and `reopen` return what pyserial's Serial has: read, write, inWaiting, close."""

    name: str
    answer_s: float
    """Longest silence of a board that works, on the clock of this computer."""
    start_s: float
    """How long to listen to a board that starts, on the same clock."""
    block_bytes: int
    """Bytes sent at a time, each block acknowledged."""
    blocks_ahead: int
    """Blocks sent before the first acknowledgement: 1 where nothing holds back a sender that is too fast."""

    def open(self) -> Any:
        """Raises MalleeError."""
        ...

    def reopen(self) -> Any:
        """The port once more, after the board was told to reset and the old port was closed. Raises MalleeError."""
        ...
