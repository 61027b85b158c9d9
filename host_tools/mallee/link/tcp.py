"""Modbus TCP: one connection, many units, up to 16 requests in flight."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pymodbus.pdu import ModbusPDU

from .address import TcpAddress
from .backoff import Backoff
from .base import Priority
from .failures import LinkDown, Malformed, NoAnswer, Refused
from .gate import Gate
from .mbap import MbapStream, encode
from .pdus import encode as encode_pdu
from .statistics import LinkStatistics
from .transactions import Transactions

IN_FLIGHT_MAX = 16  # wire contract, TCP
_SILENT_BEFORE_PROBING = 2  # timeouts in a row before a unit is only probed
_SILENT_BEFORE_RECONNECT = 3  # requests in a row without one byte back: the connection is half open


class TcpLink:
    """One Modbus TCP server: a controller, or a gateway with many units behind it.

    It connects by itself when a request needs it, and again after a failure, with back-off. `timeout_s` is
    the default time a request may take, connecting included. A unit that stays silent is probed with back-off
    (ceiling `probe_ceiling_s`) and every other request to it fails at once, so that it costs the living
    nothing.
    """

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
        self._host, self._port = host, port
        self._gate = Gate(in_flight)
        self._probe_ceiling_s = probe_ceiling_s
        self._unit_backoff: dict[int, Backoff] = {}
        self._backoff = Backoff(self.address)
        self._transactions = Transactions(self.statistics)
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._unheard = 0  # requests in a row that ended without a byte received meanwhile
        self._why_down = "not connected yet"

    def allow_in_flight(self, unit: int, requests: int) -> None:
        self._gate.allow(unit, max(1, min(requests, IN_FLIGHT_MAX)))

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        limit_s = self.timeout_s if timeout_s is None else timeout_s
        payload = encode_pdu(pdu)
        statistics = self.statistics.unit(unit)
        backoff = self._unit_backoff.get(unit)
        if backoff is not None and backoff.blocks(asyncio.get_running_loop().time()):
            statistics.held_back += 1
            raise NoAnswer(self.address, unit, limit_s, asked=False)
        sent_before = statistics.requests
        try:
            async with asyncio.timeout(limit_s), self._gate.turn(unit, priority):
                await self._connected()
                sent_before = statistics.requests
                answer = await self._exchange(unit, pdu, payload)
        except TimeoutError:
            if self._writer is None:
                raise LinkDown(self.address, f"nothing accepted it within {limit_s:g} s") from None
            if statistics.requests == sent_before:  # it never got its turn: that says nothing about the unit
                statistics.held_back += 1
            else:
                self._silent(unit)
            raise NoAnswer(self.address, unit, limit_s) from None
        self._unit_backoff.pop(unit, None)
        if answer.isError():
            code = answer.exception_code
            statistics.exceptions[code] = statistics.exceptions.get(code, 0) + 1
            raise Refused(self.address, unit, pdu.function_code, code)
        statistics.answers += 1
        return answer

    async def close(self) -> None:
        """Close the connection; requests that still wait get LinkDown. Safe to call twice."""
        for task in (self._connecting, self._reader):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        self._connecting = self._reader = None
        self._drop("closed by this program")

    async def _exchange(self, unit: int, pdu: ModbusPDU, payload: bytes) -> ModbusPDU:
        assert self._writer is not None
        loop = asyncio.get_running_loop()
        transaction, future = self._transactions.open(unit, pdu)
        frame = encode(transaction, unit, payload)
        started_s = loop.time()
        try:
            self._writer.write(frame)
            self.statistics.bytes_out += len(frame)
            self.statistics.unit(unit).requests += 1
            await self._writer.drain()
            answer = await future
        except (ConnectionError, OSError) as error:
            raise LinkDown(self.address, str(error)) from error
        finally:
            self._transactions.abandon(transaction)
        self.statistics.unit(unit).answered(loop.time() - started_s)
        return answer

    def _silent(self, unit: int) -> None:
        statistics = self.statistics.unit(unit)
        statistics.timeouts += 1
        statistics.silent_in_a_row += 1
        now_s = asyncio.get_running_loop().time()
        if statistics.silent_in_a_row >= _SILENT_BEFORE_PROBING:
            seed = f"{self.address}/{unit}"
            backoff = self._unit_backoff.setdefault(unit, Backoff(seed, 0.5, self._probe_ceiling_s))
            backoff.failed(now_s)
        self._unheard += 1
        if self._unheard >= _SILENT_BEFORE_RECONNECT:
            self._drop("connected, but not a byte came back")

    async def _connected(self) -> None:
        if self._writer is not None:
            return
        if self._connecting is None:
            if self._backoff.blocks(asyncio.get_running_loop().time()):
                raise LinkDown(self.address, self._why_down)
            # A task of its own: a requester that gives up must not cancel the attempt that others wait for.
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(_retrieve)
        await asyncio.shield(self._connecting)

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(max(self.timeout_s, 1.0)):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError) as error:
            self.statistics.connect_failures += 1
            self._why_down = _reason(error)
            self._backoff.failed(asyncio.get_running_loop().time())
            raise LinkDown(self.address, self._why_down) from error
        finally:
            self._connecting = None
        self._backoff.succeeded()
        self.statistics.connects += 1
        self.generation += 1
        self._unheard = 0
        self._writer = writer
        self._reader = asyncio.create_task(self._receive(reader, writer))

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = MbapStream()
        why = "the other side closed the connection"
        try:
            while data := await reader.read(4096):
                self.statistics.bytes_in += len(data)
                self._unheard = 0
                for frame in stream.feed(data):
                    self._transactions.receive(frame)
        except Malformed as error:
            self.statistics.malformed_streams += 1
            why = f"its bytes are no Modbus TCP ({error})"
        except OSError as error:
            why = _reason(error)
        if self._writer is writer:
            self._backoff.failed(asyncio.get_running_loop().time())
            self._drop(why)

    def _drop(self, why: str) -> None:
        """Forget the connection; the next request makes a new one."""
        self._why_down = why
        writer, self._writer = self._writer, None
        if self._reader is not None and self._reader is not asyncio.current_task():
            self._reader.cancel()
        self._reader = None
        if writer is not None:
            self.statistics.disconnects += 1
            writer.close()
        self._transactions.fail_all(LinkDown(self.address, why))


def _retrieve(task: asyncio.Task[None]) -> None:
    """Everybody who waited for this attempt may have given up: its error is theirs no more, and was
    counted."""
    if not task.cancelled():
        task.exception()


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "nothing accepted the connection in time"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
