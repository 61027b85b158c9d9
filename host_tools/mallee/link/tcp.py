"""Modbus TCP: one connection, many units, up to 16 requests in flight."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pymodbus.pdu import ModbusPDU

from .. import clock
from . import pdus
from .address import TcpAddress
from .ask import Ask
from .backoff import Backoff
from .base import Priority
from .connection import Connection, reason
from .deadlines import Deadlines
from .failures import Closed, Damaged, LinkDown, LinkError, Malformed, NoAnswer, Refused
from .gate import Places
from .mbap import Frame, encode
from .silence import Silence
from .statistics import LinkStatistics
from .tap import Tap, TapFrame
from .transactions import Transactions

IN_FLIGHT_MAX = 16  # wire contract, TCP
_SILENT_BEFORE_RECONNECT = 2  # requests in a row without one byte back: the connection is half open


class TcpLink:
    """One Modbus TCP server: a controller, or a gateway with many units behind it.

    It connects by itself when a request needs it, and again after a failure, with back-off. `timeout_s` is
    the default time a request may take, connecting included. A unit that stays silent is probed with back-off
    (ceiling `probe_ceiling_s`) and every other request to it fails at once, so that it costs the living
    nothing.
    """

    broadcasts = False

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_s: float = 1.0,
        in_flight: int = IN_FLIGHT_MAX,
        probe_ceiling_s: float = 5.0,
    ) -> None:
        self.address = str(TcpAddress(host, port))
        self.statistics = LinkStatistics()
        self.generation = 0
        self.timeout_s = timeout_s
        self.taps: list[Tap] = []
        self._host, self._port = host, port
        self._places: Places[Ask] = Places(in_flight)
        self._silence = Silence(self.address, probe_ceiling_s)
        self._deadlines: Deadlines[Ask] = Deadlines(self._expired)
        self._backoff = Backoff(self.address)
        self._transactions = Transactions(self.statistics)
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._unheard = 0  # requests in a row that ended without a byte received meanwhile
        self._why_down = "not connected yet"
        self._closed = False

    def allow_in_flight(self, unit: int, requests: int) -> None:
        self._places.allow(unit, max(1, min(requests, IN_FLIGHT_MAX)))
        if self._connection is not None:
            self._pump()

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        data = await self.exchange(unit, pdus.encode(pdu), priority=priority, timeout_s=timeout_s)
        try:
            return pdus.answer(pdu, data)
        except Malformed:
            self.statistics.unit(unit).malformed += 1
            raise Damaged(self.address, unit) from None

    async def exchange(
        self, unit: int, payload: bytes, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> bytes:
        if self._closed:
            raise self._down()
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        limit_s = self.timeout_s if timeout_s is None else timeout_s
        if self._silence.blocks(unit, now_s):
            self.statistics.unit(unit).held_back += 1
            raise NoAnswer(self.address, unit, limit_s, asked=False)
        ask = Ask(unit, payload, limit_s, loop.create_future())
        self._places.push(unit, priority, ask)
        self._deadlines.add(now_s + limit_s, ask)
        if self._connection is None:
            self._connect_soon(now_s)
        else:
            self._pump()
        try:
            return await ask.future
        except asyncio.CancelledError:
            self.statistics.unit(unit).given_up += ask.sent_s is not None
            if self._transactions.abandon(ask):
                self._leave(unit)
            raise

    async def broadcast(self, payload: bytes) -> None:
        raise ValueError("there are no broadcasts over TCP")

    async def close(self) -> None:
        """Close the connection, for good: requests that still wait, and all that come, get Closed. Safe to call twice."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        self._connecting = None
        self._drop("closed by this program")
        self._fail_waiting()
        self._deadlines.clear()

    def _pump(self) -> None:
        """Send what may go."""
        connection = self._connection
        while connection is not None and (ask := self._places.pop()) is not None:
            if ask.future.done():  # it expired, or nobody wants it any more
                self._places.leave(ask.unit)
                continue
            frame = encode(self._transactions.open(ask), ask.unit, ask.payload)
            ask.sent_s = asyncio.get_running_loop().time()
            connection.send(frame)
            self.statistics.bytes_out += len(frame)
            self.statistics.unit(ask.unit).requests += 1
            if self.taps:
                self._show(frame, sent=True)

    def _leave(self, unit: int) -> None:
        self._places.leave(unit)
        self._pump()

    def arrived(self, frames: list[Frame], size: int) -> None:
        """Of the connection."""
        self.statistics.bytes_in += size
        self._unheard = 0
        for frame in frames:
            if self.taps:
                self._show(encode(*frame), sent=False)
            ask = self._transactions.receive(frame)
            if ask is not None:
                self._places.leave(ask.unit)
                self._answered(ask, frame.pdu)
        self._pump()

    def _answered(self, ask: Ask, pdu: bytes) -> None:
        unit = ask.unit
        statistics = self.statistics.unit(unit)
        self._silence.answered(unit)
        if ask.sent_s is not None:
            statistics.answered(asyncio.get_running_loop().time() - ask.sent_s)
        if pdu[0] & 0x80:
            statistics.exceptions[pdu[1]] = statistics.exceptions.get(pdu[1], 0) + 1
            ask.fail(Refused(self.address, unit, ask.payload[0], pdu[1]))
            return
        statistics.answers += 1
        if not ask.future.done():
            ask.future.set_result(pdu)

    def _expired(self, ask: Ask) -> None:
        unit, limit_s = ask.unit, ask.limit_s
        if ask.sent_s is not None:
            self._transactions.abandon(ask)
            ask.fail(NoAnswer(self.address, unit, limit_s))
            self._silent(ask)
            self._leave(unit)
            return
        if self._connection is None:
            ask.fail(LinkDown(self.address, f"nothing accepted it within {limit_s:g} s"))
            return
        self.statistics.unit(unit).held_back += 1  # it never got its turn: that says nothing about the unit
        ask.fail(NoAnswer(self.address, unit, limit_s))

    def _silent(self, ask: Ask) -> None:
        now_s = asyncio.get_running_loop().time()
        self._silence.silent(ask.unit, self.statistics.unit(ask.unit), now_s, now_s - (ask.sent_s or now_s))
        self._unheard += 1
        if self._unheard >= _SILENT_BEFORE_RECONNECT:
            self._drop("connected, but not a byte came back")
            if self._places.waiting:
                self._connect_soon(now_s)

    def _connect_soon(self, now_s: float) -> None:
        if self._connecting is not None:
            return
        if self._backoff.blocks(now_s):
            self._fail_waiting()
            return
        # A task of its own: a requester that gives up must not cancel the attempt that others wait for.
        self._connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(max(self.timeout_s, 1.0)):
                connection = await self._dial()
        except (OSError, TimeoutError) as error:
            self.statistics.connect_failures += 1
            self._why_down = reason(error)
            self._backoff.failed(loop.time())
            self._fail_waiting()
            return
        finally:
            self._connecting = None
        self._backoff.succeeded()
        self.statistics.opened(loop.time())
        self.generation += 1
        self._unheard = 0
        self._connection = connection
        self._pump()

    async def _dial(self) -> Connection:
        """Raises OSError."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), self._host, self._port)
        return connection

    def ended(self, connection: Connection, why: str, malformed: bool) -> None:
        """Of the connection."""
        self.statistics.malformed_streams += malformed
        if self._connection is connection:
            self._backoff.failed(asyncio.get_running_loop().time())
            self._drop(why)
            self._fail_waiting()

    def _drop(self, why: str) -> None:
        """Forget the connection; the next request makes a new one."""
        self._why_down = why
        connection, self._connection = self._connection, None
        if connection is not None:
            self.statistics.disconnects += 1
            connection.close()
        for ask in self._transactions.fail_all(self._down()):
            self._places.leave(ask.unit)

    def _fail_waiting(self) -> None:
        for ask in self._places.take_waiting():
            ask.fail(self._down())

    def _down(self) -> LinkError:
        return Closed(self.address) if self._closed else LinkDown(self.address, self._why_down)

    def _show(self, frame: bytes, *, sent: bool) -> None:
        shown = TapFrame(self.address, "tcp", clock.utc_now(), sent, frame)
        for tap in self.taps:
            tap(shown)
