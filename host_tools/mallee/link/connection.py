"""The bytes of one TCP connection, cut into frames."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from .failures import Malformed
from .mbap import Frame, MbapStream


class Owner(Protocol):
    def arrived(self, frames: list[Frame], size: int) -> None:
        """`size` bytes came, and made these frames whole."""
        ...

    def ended(self, connection: Connection, why: str, malformed: bool) -> None: ...


class Connection(asyncio.Protocol):
    """Ends once, however it ends. What its owner sends in one go leaves in one piece."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._stream = MbapStream()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, frame: bytes) -> None:
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(frame)

    def _flush(self) -> None:
        if self._transport is not None and self._open and self._out:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def data_received(self, data: bytes) -> None:
        if not self._open:
            return
        try:
            frames = self._stream.feed(data)
        except Malformed as error:
            self._owner.arrived([], len(data))
            self._end(f"its bytes are no Modbus TCP ({error})", malformed=True)
            return
        self._owner.arrived(frames, len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("the other side closed the connection" if exc is None else reason(exc))

    def close(self) -> None:
        """The owner has done with it, and hears no more."""
        self._open = False
        if self._transport is not None:
            self._transport.close()

    def _end(self, why: str, *, malformed: bool = False) -> None:
        if self._open:
            self.close()
            self._owner.ended(self, why, malformed)


def reason(error: BaseException) -> str:
    """Why there is no connection, in words."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "nothing accepted the connection in time"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
