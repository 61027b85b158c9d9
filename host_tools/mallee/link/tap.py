"""What a link shows of its frames to whoever listens in: each with its direction, its time and the unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Form = Literal["tcp", "rtu"]


@dataclass(frozen=True, slots=True)
class TapFrame:
    """`data` is the whole frame as it was on the wire (with its MBAP header, or its check sum), or bytes that are none: then
    `good` is False."""

    link: str
    form: Form
    time: datetime
    """Aware UTC: when it was handed to the port, or came from it."""
    sent: bool
    """By this program; else it came."""
    data: bytes
    good: bool = True

    @property
    def unit(self) -> int | None:
        at = 6 if self.form == "tcp" else 0
        return self.data[at] if self.good and len(self.data) > at else None

    @property
    def pdu(self) -> bytes:
        """Function code and data; empty of what is no frame."""
        if not self.good:
            return b""
        return self.data[7:] if self.form == "tcp" else self.data[1:-2]


Tap = Callable[[TapFrame], None]
