"""Modbus RTU: one serial line, many units, one request on the wire at a time."""

from __future__ import annotations

import asyncio

from pymodbus.pdu import ModbusPDU

from .address import SerialAddress
from .backoff import Backoff
from .base import Priority
from .failures import Damaged, LinkDown, Malformed, NoAnswer, Refused
from .gate import Gate
from .pdus import answer as decode
from .pdus import encode as encode_pdu
from .reception import Reception
from .resync import Suspect
from .rtu_frames import ADU_MAX, FRAME_MIN, encode, mirrored
from .statistics import LinkStatistics
from .wire import Wire

_SILENT_BEFORE_PROBING = 2
_PAUSE_S = 0.05  # inside an answer: USB adapters deliver in pieces of up to 16 ms, and the computer is busy too
_ECHO_TRIES = 3
_READ_ONE = b"\x03\x00\x00\x00\x01"  # its answer differs from itself, which tells an echo from an answer


class SerialLink:
    """One serial port. It opens by itself when a request needs it, and again after a failure, with back-off.

    `timeout_s` bounds the wait for a request's turn, and then again the wait for the first byte of its answer; `answer_s` bounds
    the latter alone, so that a unit that is silent leaves others their turn. After silence or
    damage a unit proves that it has caught up before its answers are trusted again (see resync.py): a late answer is never taken
    for that of another request. Units that stay silent are only probed, as on TcpLink.
    """

    def __init__(
        self,
        address: SerialAddress,
        *,
        timeout_s: float = 1.0,
        answer_s: float | None = None,
        probe_ceiling_s: float = 60.0,
    ) -> None:
        self.address = str(address)
        self.statistics = LinkStatistics()
        self.generation = 0
        self.timeout_s = timeout_s
        self._answer_s = answer_s
        self.echo: bool | None = None
        """Whether the port repeats what is sent; None until it is known."""
        self._wire = Wire(address, self.statistics, self._lost)
        self._gate = Gate(1)
        self._backoff = Backoff(self.address)
        self._unit_backoff: dict[int, Backoff] = {}
        self._suspects: dict[int, Suspect] = {}
        self._probe_ceiling_s = probe_ceiling_s
        self._why_down = "not opened yet"

    def allow_in_flight(self, unit: int, requests: int) -> None:
        """A bus carries one request at a time, whatever its units take."""

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
        turn = self._gate.turn(unit, priority)
        try:
            async with asyncio.timeout(limit_s):
                await turn.__aenter__()
        except TimeoutError:
            statistics.held_back += 1  # it never got its turn: that says nothing about the unit
            raise NoAnswer(self.address, unit, limit_s) from None
        try:
            data = await self._ask(unit, payload, min(limit_s, self._answer_s or limit_s))
        except NoAnswer:
            self._silent(unit)
            raise
        finally:
            await turn.__aexit__(None, None, None)
        self._unit_backoff.pop(unit, None)
        try:
            answer = decode(pdu, data)
        except Malformed:
            statistics.malformed += 1
            raise Damaged(self.address, unit) from None
        if answer.isError():
            code = answer.exception_code
            statistics.exceptions[code] = statistics.exceptions.get(code, 0) + 1
            raise Refused(self.address, unit, pdu.function_code, code)
        statistics.answers += 1
        return answer

    async def close(self) -> None:
        """Close the port. Safe to call twice."""
        if self._wire.open:
            self.statistics.disconnects += 1
        self._wire.close()
        self._why_down = "closed by this program"

    # What follows runs with the bus to itself.

    async def _ask(self, unit: int, payload: bytes, limit_s: float) -> bytes:
        """The answer PDU. Raises NoAnswer, Damaged, LinkDown."""
        await self._connected()
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
            unit, payload, echo=self.echo, statistics=self.statistics, exceptions=exceptions, late=self._stray
        )
        suspect.opened(payload)
        started_s = asyncio.get_running_loop().time()
        try:
            deadline_s = self._wire.send(encode(unit, payload)) + limit_s
        except OSError as error:
            self._lost(error)
            raise LinkDown(self.address, self._why_down) from error
        statistics.requests += 1
        await self._receive(reception, deadline_s)
        if reception.echo_seen:
            self.echo = True
        if reception.answer is not None:
            if reception.clean and not reception.echo_seen and not mirrored(payload) and self.echo is None:
                self.echo = False
            statistics.answered(asyncio.get_running_loop().time() - started_s)
            return reception.answer
        if reception.finish() or not reception.clean:
            statistics.damaged += 1
            raise Damaged(self.address, unit)
        raise NoAnswer(self.address, unit, limit_s)

    async def _receive(self, reception: Reception, deadline_s: float) -> None:
        """Until the answer is there, or cannot come any more."""
        loop = asyncio.get_running_loop()
        # An answer that began in time may end; but nobody babbles longer than a frame.
        latest_s = deadline_s + ADU_MAX * self._wire.character_s + _PAUSE_S
        while reception.feed(self._wire.take()) is None:
            if not self._wire.open:
                raise LinkDown(self.address, self._why_down)
            until_s = deadline_s
            if reception.unparsed_bytes:
                paused_s = self._wire.busy_until_s + _PAUSE_S
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
            raise LinkDown(self.address, self._why_down)
        if stray is None:
            self.statistics.never_silent += 1
            self.statistics.noise_bytes += len(self._wire.take())
            raise Damaged(self.address, unit)
        if stray:
            sorting = Reception(0, b"\0", echo=False, statistics=self.statistics, late=self._stray)
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

    def _silent(self, unit: int) -> None:
        statistics = self.statistics.unit(unit)
        statistics.timeouts += 1
        statistics.silent_in_a_row += 1
        if statistics.silent_in_a_row >= _SILENT_BEFORE_PROBING:
            seed = f"{self.address}/{unit}"
            backoff = self._unit_backoff.setdefault(unit, Backoff(seed, 0.5, self._probe_ceiling_s))
            backoff.failed(asyncio.get_running_loop().time())

    # The port.

    async def _connected(self) -> None:
        if self._wire.open:
            return
        now_s = asyncio.get_running_loop().time()
        if self._backoff.blocks(now_s):
            raise LinkDown(self.address, self._why_down)
        try:
            await self._wire.connect()
        except LinkDown as error:
            self.statistics.connect_failures += 1
            self._why_down = error.what
            self._backoff.failed(now_s)
            raise
        self.statistics.connects += 1
        self.generation += 1
        self.echo = None  # it may be another adapter
        self._backoff.succeeded()

    def _lost(self, error: Exception) -> None:
        self._why_down = f"the port went away ({error})"
        self.statistics.disconnects += 1
        self._wire.close()
        self._backoff.failed(asyncio.get_running_loop().time())
