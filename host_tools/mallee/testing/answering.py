"""Links without a wire: what they have in common, and the one to devices in memory."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping

from pymodbus.pdu import ModbusPDU

from .. import clock
from ..link import pdus
from ..link.base import Priority
from ..link.failures import Closed, Damaged, LinkError, Malformed, NoAnswer, Refused
from ..link.mbap import encode
from ..link.rtu_frames import fits
from ..link.statistics import LinkStatistics
from ..link.tap import Tap, TapFrame
from .mock import MockDevice


class WirelessLink(ABC):
    """A link as mallee.link.base.Link has it; `reply` says what comes back. It counts and shows its frames as a TCP link does."""

    broadcasts = False

    def __init__(self, address: str, timeout_s: float) -> None:
        self.address = address
        self.timeout_s = timeout_s
        self.statistics = LinkStatistics()
        self.generation = 1
        self.taps: list[Tap] = []
        self._transaction = 0
        self._closed = False

    @abstractmethod
    async def reply(self, unit: int, payload: bytes, limit_s: float) -> bytes:
        """The PDU that answers. Raises LinkError."""

    async def exchange(
        self, unit: int, payload: bytes, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> bytes:
        if self._closed:
            raise Closed(self.address)
        statistics = self.statistics.unit(unit)
        statistics.requests += 1
        self._transaction = self._transaction % 0xFFFF + 1
        number = self._transaction
        self._show(number, unit, payload, sent=True)
        began_s = asyncio.get_running_loop().time()
        try:
            answer = await self.reply(unit, payload, self.timeout_s if timeout_s is None else timeout_s)
        except NoAnswer:
            statistics.timeouts += 1
            raise
        if self._closed:
            raise Closed(self.address)
        self._show(number, unit, answer, sent=False)
        statistics.answered(asyncio.get_running_loop().time() - began_s)
        if answer[0] & 0x80:
            statistics.exceptions[answer[1]] = statistics.exceptions.get(answer[1], 0) + 1
            raise Refused(self.address, unit, payload[0], answer[1])
        if not fits(payload, answer):
            statistics.malformed += 1
            raise Damaged(self.address, unit)
        statistics.answers += 1
        return answer

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        data = await self.exchange(unit, pdus.encode(pdu), priority=priority, timeout_s=timeout_s)
        try:
            return pdus.answer(pdu, data)
        except Malformed as error:
            raise Damaged(self.address, unit) from error

    async def broadcast(self, payload: bytes) -> None:
        raise ValueError("there are no broadcasts here")

    def allow_in_flight(self, unit: int, requests: int) -> None:  # noqa: B027  (nothing has to be done: no wire bounds it)
        """As many as anybody likes."""

    async def close(self) -> None:
        self._closed = True

    def _show(self, number: int, unit: int, pdu: bytes, *, sent: bool) -> None:
        for tap in self.taps:
            tap(TapFrame(self.address, "tcp", clock.utc_now(), sent, encode(number, unit, pdu)))


class MockLink(WirelessLink):
    """To devices in memory, by unit. `latency_s` is how long an answer takes, of the running loop's time."""

    latency_s = 0.001

    def __init__(self, address: str, timeout_s: float, devices: Mapping[int, MockDevice]) -> None:
        super().__init__(address, timeout_s)
        self._devices = devices

    async def exchange(
        self, unit: int, payload: bytes, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> bytes:
        try:
            return await super().exchange(unit, payload, priority=priority, timeout_s=timeout_s)
        except Refused as error:
            device = self._devices.get(unit)
            if device is not None and (unset := device.unset_in(payload)):
                error.likely = f"nobody has set {unset[0]} of the mock {device.name}, and its map has no code for that"
                error.next = f"in the test: mock[{device.name!r}].set(**{{{unset[0]!r}: …}})"
            raise

    async def reply(self, unit: int, payload: bytes, limit_s: float) -> bytes:
        device = self._devices.get(unit)
        if device is not None:
            device.requests.append(payload)
        if device is None or device.silent:
            await asyncio.sleep(limit_s)
            error: LinkError = NoAnswer(self.address, unit, limit_s)
            raise error
        await asyncio.sleep(self.latency_s)
        return device.answer(payload)
