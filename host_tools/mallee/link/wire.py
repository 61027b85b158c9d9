"""One serial line at the host's end: the bytes, when they came, and the silence between frames."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .address import SerialAddress
from .rtu_frames import character_s, silence_s
from .serial_port import Port, open_port
from .statistics import LinkStatistics

_UNREAD_MAX = 16_384
"""Bytes kept while nobody asks: over a second of a full line at 115200 Bd, more than any loop stands still for."""


class Wire:
    """Times are the running loop's. `lost` is called when the port goes away, `ear` with all that comes and its time."""

    def __init__(
        self,
        address: SerialAddress,
        statistics: LinkStatistics,
        lost: Callable[[Exception], None],
        ear: Callable[[bytes, float], None] | None = None,
    ) -> None:
        self.character_s = character_s(address.baud, address.framing)
        own_ms = address.silence_ms
        self.silence_s = silence_s(address.baud) if own_ms is None else max(silence_s(address.baud), own_ms / 1000)
        self.busy_until_s = float("-inf")
        """When the last byte that was sent or came had ended, as far as this end can tell."""
        self._address = address
        self._statistics = statistics
        self._lost = lost
        self._ear = ear
        self._port: Port | None = None
        self._received = bytearray()
        self._news: asyncio.Event = asyncio.Event()

    @property
    def open(self) -> bool:
        return self._port is not None

    async def connect(self) -> None:
        """Raises LinkDown."""
        self._port = await open_port(self._address, self._arrived, self._gone)
        self._received.clear()
        self.busy_until_s = asyncio.get_running_loop().time()  # nobody knows what went on before: one silence first

    def close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()
        self._news.set()  # who waits for an answer need not wait for its time-out

    def send(self, frame: bytes) -> float:
        """Send at once; returns when its last bit will be out. Raises OSError."""
        assert self._port is not None
        now_s = asyncio.get_running_loop().time()
        self._port.write(frame)
        self._statistics.bytes_out += len(frame)
        self._statistics.busy_s += len(frame) * self.character_s
        self.busy_until_s = now_s + len(frame) * self.character_s
        return self.busy_until_s

    async def silence(self, at_most_s: float) -> bytes | None:
        """Wait for 3.5 characters of silence, and hand over what came meanwhile; None when it never gets silent."""
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + at_most_s
        while (left_s := self.busy_until_s + self.silence_s - loop.time()) > 0:
            if loop.time() > give_up_s:
                return None
            await asyncio.sleep(left_s)
        return self.take()

    def take(self) -> bytes:
        data = bytes(self._received)
        self._received.clear()
        self._news.clear()
        return data

    async def news(self, until_s: float) -> None:
        """Wait until something came, or until that time."""
        left_s = until_s - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(0.0, left_s)):
                await self._news.wait()
        except TimeoutError:
            return

    def _arrived(self, data: bytes) -> None:
        self._received += data
        too_much = len(self._received) - _UNREAD_MAX
        if too_much > 0:
            del self._received[:too_much]
            self._statistics.unread_bytes += too_much
        self._statistics.bytes_in += len(data)
        self._statistics.busy_s += len(data) * self.character_s
        now_s = asyncio.get_running_loop().time()
        self.busy_until_s = max(self.busy_until_s, now_s)
        if self._ear is not None:
            self._ear(data, now_s)
        self._news.set()

    def _gone(self, error: Exception) -> None:
        self._port = None
        self._news.set()
        self._lost(error)
