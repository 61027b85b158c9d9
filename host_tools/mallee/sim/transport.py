"""An asyncio transport over the virtual network."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from . import host

if TYPE_CHECKING:
    from .loop import WorldLoop


class VirtualSocket:
    """As much of a socket as programs ask a transport's for: who talks to whom, and options, which change nothing here."""

    family = socket.AF_INET

    def __init__(self, own: tuple[str, int], peer: tuple[str, int]) -> None:
        self._own, self._peer = own, peer

    def getsockname(self) -> tuple[str, int]:
        return self._own

    def getpeername(self) -> tuple[str, int]:
        return self._peer

    def setsockopt(self, *_: object) -> None:
        return

    def fileno(self) -> None:
        """There is none: who looks there whether the other side has gone cannot know, and connects anew."""
        return


class VirtualTransport(asyncio.Transport):
    """Writing never blocks: the world holds what the controller's window does not take."""

    def __init__(self, loop: WorldLoop, number: int, protocol: Any, peer: tuple[str, int]) -> None:
        own = ("127.0.0.1", 49152 + number % 16384)
        super().__init__({"peername": peer, "sockname": own, "socket": VirtualSocket(own, peer)})
        self._loop = loop
        self._number = number
        self._protocol: Any = protocol
        self._closing = False
        self._lost = False
        self._ended = False

    def write(self, data: Any) -> None:
        if self._lost or self._closing:
            return
        if self._ended:
            raise RuntimeError("Cannot call write() after write_eof()")
        if len(data):
            self._loop.put((host.DATA, self._number, bytes(data)))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not self._ended and not self._closing:
            self._ended = True
            self._loop.put((host.FIN, self._number, b""))

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.put((host.CLOSE, self._number, b""))
            self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        if not self._lost:
            self._closing = True
            self._loop.put((host.RESET, self._number, b""))
            self._loop.call_soon(self._lose, None)

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._loop.put((host.PAUSE, self._number, b""))

    def resume_reading(self) -> None:
        self._loop.put((host.RESUME, self._number, b""))

    def is_reading(self) -> bool:
        return not self._closing

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def arrived(self, kind: int, data: bytes) -> None:
        """An event of this connection from the world."""
        if self._closing:
            return
        if kind == host.DATA:
            protocol: Any = self._protocol
            if isinstance(protocol, asyncio.BufferedProtocol):
                self._give_buffered(protocol, data)
            else:
                protocol.data_received(data)
        elif kind == host.FIN:
            protocol = self._protocol
            if not protocol.eof_received():
                self.close()
        elif kind == host.RESET:
            self._closing = True
            self._lose(ConnectionResetError(104, "Connection reset by peer"))

    @staticmethod
    def _give_buffered(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
        while data:
            room = memoryview(protocol.get_buffer(len(data))).cast("B")
            count = min(len(room), len(data))
            room[:count] = data[:count]
            protocol.buffer_updated(count)
            data = data[count:]

    def _lose(self, error: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            self._loop.forget(self._number)
            self._protocol.connection_lost(error)
