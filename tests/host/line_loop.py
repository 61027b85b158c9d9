"""An event loop with a virtual clock and one serial line of the line model, with devices on it that answer from images.

Bytes are on the line at their own times, and reach the host as through an adapter: each millisecond, and when a burst ends. A
device answers 3.5 characters of silence and its `reply_s` after the request. So a minute of a line is measured in no time.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mallee.link.address import SerialAddress
from mallee.link.rtu_frames import crc16, encode, silence_s
from mallee.sim.line.faults import Faults
from mallee.sim.line.model import Line

T = TypeVar("T")
_START = datetime(2026, 1, 1, tzinfo=UTC)
_STEP_US = 1000


class LineDevice:
    """`answer(pdu) -> bytes | None` as a tests.host.peer.Peer has it. A `dead` one is silent."""

    def __init__(self, unit: int, answer: Callable[[bytes], bytes | None], reply_s: float = 0.0) -> None:
        self.unit, self.answer, self.reply_s = unit, answer, reply_s
        self.dead = False
        self.asked = 0
        self.broadcasts: list[bytes] = []
        self.heard = bytearray()
        self.last_us = 0


class _Selector(selectors.DefaultSelector):
    loop: LineLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        self.loop.pass_time(timeout)
        return super().select(0)


class LineLoop(asyncio.SelectorEventLoop):
    def __init__(self, line: Line, baud: int, devices: list[LineDevice]) -> None:
        selector = _Selector()
        selector.loop = self
        self.now_us = 0
        super().__init__(selector)
        self._clock_resolution = 1e-6
        self.line, self.devices = line, devices
        self._silence_us = round(silence_s(baud) * 1e6)
        self._character_us = line.character_ns / 1000
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self.received: Callable[[bytes], None] | None = None

    def time(self) -> float:
        return self.now_us / 1e6

    def utc_now(self) -> datetime:
        return _START + timedelta(microseconds=self.now_us)

    async def open_serial(self, name: str, received: Callable[[bytes], None], lost: object) -> _Port:
        self.received = received
        return _Port(self)

    def pass_time(self, timeout: float | None) -> None:
        """Until the next timer of the loop, or until something comes to the host."""
        limit_us = None if timeout is None else self.now_us + max(1, round(timeout * 1e6))
        while True:
            wakes = [] if limit_us is None else [limit_us]
            if self._events:
                wakes.append(self._events[0][0])
            if not self.line.idle:
                wakes.append(min(self.line.next_change_us or 1 << 62, self.now_us + _STEP_US))
            if not wakes:
                raise RuntimeError("everybody waits, and nothing is on its way")
            self.now_us = max(self.now_us, min(wakes))
            while self._events and self._events[0][0] <= self.now_us:
                heapq.heappop(self._events)[2]()
            if self._hear() or self.now_us == limit_us:
                return

    def _hear(self) -> bool:
        came = bytearray()
        for arrival in self.line.step(self.now_us):
            if arrival.listener == 0:
                came.append(arrival.byte)
            else:
                self._device_hears(self.devices[arrival.listener - 1], arrival.listener, arrival.byte, arrival.time_us)
        if came and self.received is not None:
            self.call_soon(self.received, bytes(came))
        return bool(came)

    def _device_hears(self, device: LineDevice, end: int, byte: int, time_us: int) -> None:
        if time_us - device.last_us > self._silence_us:
            device.heard.clear()
        device.last_us = time_us
        device.heard.append(byte)
        frame = bytes(device.heard)
        if len(frame) < 8 or frame[0] not in (0, device.unit) or crc16(frame) != 0:
            return
        if frame[0] == 0:
            device.broadcasts.append(frame[1:-2])
            device.answer(frame[1:-2])
            return
        device.asked += 1
        answer = None if device.dead else device.answer(frame[1:-2])
        if answer is not None:
            due_us = time_us + self._silence_us + round(device.reply_s * 1e6)
            data = encode(device.unit, answer)
            heapq.heappush(
                self._events, (due_us, next(self._order), lambda: self.line.send(end, data, max(due_us, self.now_us)))
            )


class _Port:
    """What a link writes to."""

    def __init__(self, loop: LineLoop) -> None:
        self._loop = loop

    def write(self, data: bytes) -> None:
        self._loop.line.send(0, data, self._loop.now_us)

    def close(self) -> None:
        self._loop.received = None


def run_on_line(
    main: Callable[[SerialAddress], Coroutine[Any, Any, T]],
    devices: list[LineDevice],
    *,
    baud: int = 19200,
    framing: str = "8E1",
    faults: Faults | None = None,
    seed: int = 0,
) -> T:
    """Run `main(address)` on a loop whose one serial line has these devices."""
    line = Line(1 + len(devices), baud=baud, framing=framing, faults=faults, seed=seed)
    with asyncio.Runner(loop_factory=lambda: LineLoop(line, baud, devices)) as runner:
        return runner.run(main(SerialAddress("line", baud, framing)))
