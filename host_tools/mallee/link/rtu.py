"""Modbus RTU: one serial line, many units, one request on the wire at a time."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from pymodbus.pdu import ModbusPDU

from .. import clock
from .address import SerialAddress
from .backoff import Backoff
from .base import Priority
from .courtesy import Courtesy, Manners
from .failures import Closed, Damaged, LinkDown, LinkError, Malformed, NoAnswer, OthersTalk, Refused
from .gate import Gate
from .pdus import answer as decode
from .pdus import encode as encode_pdu
from .reception import Reception
from .resync import Suspect
from .rtu_frames import ADU_MAX, FRAME_MIN, character_s, encode, mirrored, silence_s
from .silence import Silence
from .statistics import LinkStatistics
from .tap import Tap, TapFrame
from .wire import Wire

_TURNAROUND_S = 0.02
"""After a broadcast nothing is sent for so long (2.4.1 has 100 to 200 ms for any device; ours need one turn of their loop)."""
_PAUSE_S = 0.05  # inside an answer: USB adapters deliver in pieces of up to 16 ms, and the computer is busy too
_ECHO_TRIES = 3
_READ_ONE = b"\x03\x00\x00\x00\x01"  # its answer differs from itself, which tells an echo from an answer


class SerialLink:
    """One serial port. It opens by itself when a request needs it, and again after a failure, with back-off.

    `timeout_s` bounds the wait for a request's turn, and then again the wait for the first byte of its answer; `answer_s` bounds
    the latter alone, so that a unit that is silent leaves others their turn. After silence or
    damage a unit proves that it has caught up before its answers are trusted again (see resync.py): a late answer is never taken
    for that of another request. Units that stay silent are only probed, as on TcpLink. With `manners` nothing is sent while
    another master talks (courtesy.py): requests get OthersTalk.
    """

    broadcasts = True

    def __init__(
        self,
        address: SerialAddress,
        *,
        timeout_s: float = 1.0,
        answer_s: float | None = None,
        probe_ceiling_s: float = 60.0,
        manners: Manners | None = None,
    ) -> None:
        self.address = str(address)
        self.device = address.device
        self.statistics = LinkStatistics(serial=True)
        self.generation = 0
        self.timeout_s = timeout_s
        self._answer_s = answer_s if address.answer_ms is None else address.answer_ms / 1000
        self._pause_s = _PAUSE_S if address.pause_ms is None else address.pause_ms / 1000
        self.echo: bool | None = None
        """Whether the port repeats what is sent; None until it is known."""
        self.taps: list[Tap] = []
        self._courtesy: Courtesy | None = None
        if manners is not None:
            self._courtesy = Courtesy(manners, character_s(address.baud, address.framing), silence_s(address.baud))
        self._wire = Wire(
            address, self.statistics, self._lost, None if self._courtesy is None else self._courtesy.heard
        )
        self._gate = Gate(1)
        self._backoff = Backoff(self.address)
        self._silence = Silence(self.address, probe_ceiling_s)
        self._suspects: dict[int, Suspect] = {}
        self._why_down = "not opened yet"
        self._closed = False

    def allow_in_flight(self, unit: int, requests: int) -> None:
        """A bus carries one request at a time, whatever its units take."""

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        data = await self.exchange(unit, encode_pdu(pdu), priority=priority, timeout_s=timeout_s)
        try:
            return decode(pdu, data)
        except Malformed:
            self.statistics.unit(unit).malformed += 1
            raise Damaged(self.address, unit) from None

    async def exchange(
        self, unit: int, payload: bytes, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> bytes:
        if self._closed:
            raise self._down()
        loop = asyncio.get_running_loop()
        limit_s = self.timeout_s if timeout_s is None else timeout_s
        statistics = self.statistics.unit(unit)
        try:
            self._mind_others()
        except OthersTalk:
            statistics.held_back += 1
            raise
        if self._silence.blocks(unit, loop.time()):
            statistics.held_back += 1
            raise NoAnswer(self.address, unit, limit_s, asked=False)
        turn = await self._turn(unit, priority, limit_s)
        began_s = loop.time()
        try:
            data = await self._ask(unit, payload, min(limit_s, self._answer_s or limit_s))
        except NoAnswer:
            now_s = loop.time()
            self._silence.silent(unit, statistics, now_s, now_s - began_s)
            raise
        finally:
            await turn.__aexit__(None, None, None)
        self._silence.answered(unit)
        if data[0] & 0x80:
            statistics.exceptions[data[1]] = statistics.exceptions.get(data[1], 0) + 1
            raise Refused(self.address, unit, payload[0], data[1])
        statistics.answers += 1
        return data

    async def broadcast(self, payload: bytes) -> None:
        turn = await self._turn(0, Priority.WRITE, self.timeout_s)
        try:
            await self._connected()
            await self._line_free(0, self.timeout_s)
            self.statistics.broadcasts += 1
            until_s = self._send(0, payload) + _TURNAROUND_S
            await asyncio.sleep(until_s - asyncio.get_running_loop().time())
        finally:
            await turn.__aexit__(None, None, None)

    def listen_first(self) -> None:
        """Another host controls what is on this line: nothing is sent until nobody else is heard any more."""
        if self._courtesy is not None:
            self._courtesy.listen(asyncio.get_running_loop().time())

    async def settle(self) -> None:
        """Wait until the line is silent, and count what comes meanwhile: answers that nobody expects. Raises NoAnswer and
        LinkDown."""
        turn = await self._turn(0, Priority.PROBE, self.timeout_s)
        try:
            await self._line_free(0, self.timeout_s)
        finally:
            await turn.__aexit__(None, None, None)

    async def _turn(self, unit: int, priority: Priority, limit_s: float) -> AbstractAsyncContextManager[None]:
        turn = self._gate.turn(unit, priority)
        try:
            async with asyncio.timeout(limit_s):
                await turn.__aenter__()
        except TimeoutError:
            self.statistics.unit(unit).held_back += 1  # it never got its turn: that says nothing about the unit
            raise NoAnswer(self.address, unit, limit_s) from None
        return turn

    async def close(self) -> None:
        """Close the port, for good: requests that still wait, and all that come, get Closed. Safe to call twice."""
        self._closed = True
        if self._wire.open:
            self.statistics.disconnects += 1
        self._wire.close()

    # What follows runs with the bus to itself.

    async def _ask(self, unit: int, payload: bytes, limit_s: float) -> bytes:
        """The answer PDU. Raises NoAnswer, Damaged, LinkDown, OthersTalk, Closed."""
        await self._connected()
        self._mind_others()
        suspect = self._suspects.setdefault(unit, Suspect(f"{self.address}/{unit}"))
        if self.echo is None and (mirrored(payload) or suspect.suspected):
            await self._learn_echo(unit, limit_s)
        if suspect.suspected:
            await self._prove(unit, suspect, limit_s)
        answer = await self._exchange(unit, payload, limit_s)
        suspect.answered()
        return answer

    async def _prove(self, unit: int, suspect: Suspect, limit_s: float) -> None:
        statistics = self.statistics.unit(unit)
        question = suspect.question()
        try:
            answer = await self._exchange(unit, question, limit_s, exceptions=suspect.proves_by_exception(question))
        except NoAnswer:
            statistics.unproven += 1
            raise
        suspect.loops_back = suspect.loops_back or answer[0] == 8
        suspect.answered()
        statistics.resyncs += 1

    async def _learn_echo(self, unit: int, limit_s: float) -> None:
        """Before a request whose echo would look like its answer. Raises NoAnswer."""
        for last in range(_ECHO_TRIES - 1, -1, -1):
            try:
                await self._exchange(unit, _READ_ONE, limit_s)
            except Damaged:
                if self.echo is None and not last:
                    raise
            if self.echo is not None:
                return
        raise Damaged(self.address, unit)

    async def _exchange(self, unit: int, payload: bytes, limit_s: float, *, exceptions: bool = True) -> bytes:
        """One request and its answer. Until the answer is there the unit is suspect, whatever ends this."""
        await self._line_free(unit, limit_s)
        statistics = self.statistics.unit(unit)
        suspect = self._suspects[unit]
        reception = Reception(
            unit,
            payload,
            echo=self.echo,
            statistics=self.statistics,
            exceptions=exceptions,
            late=self._stray,
            seen=self._seen,
        )
        suspect.opened(payload)
        started_s = asyncio.get_running_loop().time()
        deadline_s = self._send(unit, payload) + limit_s
        statistics.requests += 1
        try:
            await self._receive(reception, deadline_s)
        except asyncio.CancelledError:
            statistics.given_up += 1
            raise
        if reception.echo_seen:
            self.echo = True
            self.statistics.busy_s -= reception.sent_bytes * self._wire.character_s  # the same bytes, heard again
        if reception.answer is not None:
            if reception.clean and not reception.echo_seen and not mirrored(payload) and self.echo is None:
                self.echo = False
            statistics.answered(asyncio.get_running_loop().time() - started_s)
            return reception.answer
        if reception.finish() or not reception.clean:
            statistics.damaged += 1
            raise Damaged(self.address, unit)
        raise NoAnswer(self.address, unit, limit_s)

    def _send(self, unit: int, payload: bytes) -> float:
        """Returns when its last bit will be out. Raises LinkDown, OthersTalk."""
        self._mind_others()  # here as well: this end may have been stopped since it decided to send
        frame = encode(unit, payload)
        try:
            ends_s = self._wire.send(frame)
        except OSError as error:
            self._lost(error)
            raise self._down() from error
        if self._courtesy is not None:
            self._courtesy.sent(frame, ends_s)
        if self.taps:
            self._show(frame, sent=True)
        return ends_s

    def _mind_others(self) -> None:
        courtesy = self._courtesy
        if courtesy is None or not self._wire.open:
            return
        hold_s = courtesy.hold_s(asyncio.get_running_loop().time())
        self.statistics.foreign_requests = courtesy.foreign_requests
        if hold_s:
            raise OthersTalk(self.address, hold_s, listening=not courtesy.other_master)

    async def _receive(self, reception: Reception, deadline_s: float) -> None:
        """Until the answer is there, or cannot come any more."""
        loop = asyncio.get_running_loop()
        # An answer that began in time may end; but nobody babbles longer than a frame.
        latest_s = deadline_s + ADU_MAX * self._wire.character_s + self._pause_s
        while reception.feed(self._wire.take()) is None:
            if not self._wire.open:
                raise self._down()
            until_s = deadline_s
            if reception.unparsed_bytes:
                paused_s = self._wire.busy_until_s + self._pause_s
                # So many bytes were the answer, or its remains: after a pause no other one comes.
                whole = reception.unparsed_bytes > FRAME_MIN
                until_s = min(paused_s, latest_s) if whole else min(max(deadline_s, paused_s), latest_s)
            if loop.time() >= until_s:
                reception.give_up()
                return
            await self._wire.news(until_s)

    async def _line_free(self, unit: int, limit_s: float) -> None:
        """Silence first; whatever comes before it belongs to nobody who waits."""
        stray = await self._wire.silence(limit_s)
        if not self._wire.open:
            raise self._down()
        if stray is None:
            self.statistics.never_silent += 1
            self.statistics.noise_bytes += len(self._wire.take())
            raise Damaged(self.address, unit)
        if stray:
            sorting = Reception(0, b"\0", echo=False, statistics=self.statistics, late=self._stray, seen=self._seen)
            sorting.feed(stray)
            sorting.give_up()
            sorting.finish()

    def _stray(self, unit: int) -> None:
        """A good frame that is not the answer."""
        suspect = self._suspects.get(unit)
        if suspect is not None and suspect.suspected:
            self.statistics.unit(unit).late += 1
        else:
            self.statistics.wrong_unit += 1

    def _seen(self, data: bytes, good: bool) -> None:
        """A frame that came, or bytes of none."""
        if self.taps:
            self._show(data, sent=False, good=good)

    def _show(self, data: bytes, *, sent: bool, good: bool = True) -> None:
        shown = TapFrame(self.address, "rtu", clock.utc_now(), sent, data, good)
        for tap in self.taps:
            tap(shown)

    # The port.

    async def _connected(self) -> None:
        if self._closed:
            raise self._down()
        if self._wire.open:
            return
        now_s = asyncio.get_running_loop().time()
        if self._backoff.blocks(now_s):
            raise self._down()
        try:
            await self._wire.connect()
        except LinkDown as error:
            self.statistics.connect_failures += 1
            self._why_down = error.what
            self._backoff.failed(now_s)
            raise
        if self._closed:  # meanwhile
            self._wire.close()
            raise self._down()
        self.statistics.opened(now_s)
        self.generation += 1
        self.echo = None  # it may be another adapter
        if self._courtesy is not None:
            self._courtesy.opened(asyncio.get_running_loop().time())
        self._backoff.succeeded()

    def _down(self) -> LinkError:
        return Closed(self.address) if self._closed else LinkDown(self.address, self._why_down)

    def _lost(self, error: Exception) -> None:
        self._why_down = f"the port went away ({error})"
        self.statistics.disconnects += 1
        self._wire.close()
        self._backoff.failed(asyncio.get_running_loop().time())
