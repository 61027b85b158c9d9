"""An event loop with a virtual clock and one serial line of the line model, with devices on it that answer from images.

Bytes are on the line at their own times, and reach the host as through an adapter: each millisecond, and when a burst ends; a
slow one holds them back for its latency timer. A port that is opened at another baud rate or framing than the line's, or with
swapped wires, hears and says what a receiver makes of that. A device answers 3.5 characters of silence and its `reply_s` after
the request. So a minute of a line is measured in no time.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mallee.link.address import SerialAddress
from mallee.link.rtu_frames import crc16, encode, request_length, silence_s
from mallee.sim.line.faults import Faults
from mallee.sim.line.model import Line
from mallee.sim.line.timing import character_ns
from mallee.sim.line.uart import Misreader

T = TypeVar("T")
_START = datetime(2026, 1, 1, tzinfo=UTC)
_STEP_US = 1000
_SKIPPED = 3  # bytes of noise in front of a request that a device does not mind
_PACKET_BYTES = 62  # an adapter hands over so many at once, however long its timer is (FTDI AN232B-04)


class LineDevice:
    """`answer(pdu) -> bytes | None` as a tests.host.peer.Peer has it. A `dead` one is silent."""

    def __init__(self, unit: int, answer: Callable[[bytes], bytes | None], reply_s: float = 0.0) -> None:
        self.unit, self.answer, self.reply_s = unit, answer, reply_s
        self.dead = False
        self.asked = 0
        self.broadcasts: list[bytes] = []
        self.heard = bytearray()
        self.last_us = 0


@dataclass(frozen=True)
class LineMaster:
    """Another master: sends its frames one after the other, whatever is answered."""

    frames: Sequence[bytes]
    interval_s: float = 0.25
    begins_s: float = 0.1


class _Selector(selectors.DefaultSelector):
    loop: LineLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        ready = super().select(0)  # real sockets take no time of the line
        if ready:
            return ready
        self.loop.pass_time(timeout)
        return super().select(0)


class LineLoop(asyncio.SelectorEventLoop):
    def __init__(
        self,
        line: Line,
        baud: int,
        devices: list[LineDevice],
        *,
        framing: str = "8E1",
        masters: Sequence[LineMaster] = (),
        swapped: bool = False,
        biased: bool = True,
        strict: bool = False,
        latency_ms: int = 1,
    ) -> None:
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
        self.written = bytearray()
        """All that the host ever wrote to its port."""
        self._speaks, self._swapped, self._biased = (baud, framing), swapped, biased
        self._strict = strict
        self._latency_us = latency_ms * 1000
        self._ear: Misreader | None = None
        self._mouth: Misreader | None = None
        self._held = bytearray()
        self._delivered = False
        for number, master in enumerate(masters):
            self._plan(master, 1 + len(devices) + number, 0)

    def time(self) -> float:
        return self.now_us / 1e6

    def utc_now(self) -> datetime:
        return _START + timedelta(microseconds=self.now_us)

    async def open_serial(self, address: SerialAddress, received: Callable[[bytes], None], lost: object) -> _Port:
        self.received = received
        port = address.baud, address.framing
        same = port == self._speaks and not self._swapped
        self._ear = None if same else Misreader(self._speaks, port, swapped=self._swapped)
        self._mouth = None if same else Misreader(port, self._speaks, swapped=self._swapped, strict=self._strict)
        self._port_character_ns = character_ns(*port)
        return _Port(self)

    def at(self, time_us: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time_us, next(self._order), action))

    def _plan(self, master: LineMaster, end: int, number: int) -> None:
        due_us = round((master.begins_s + number * master.interval_s) * 1e6)

        def speak() -> None:
            self.line.send(end, master.frames[number % len(master.frames)], self.now_us)
            self._plan(master, end, number + 1)

        self.at(due_us, speak)

    def write(self, data: bytes) -> None:
        """Of the host. At another baud rate a line carries what its own receivers make of it."""
        self.written += data
        if self._mouth is None:
            self.line.send(0, data, self.now_us)
            return
        mouth, ended_ns = self._mouth, self.now_us * 1000
        for byte in data:
            ended_ns += self._port_character_ns
            mouth.feed(byte, ended_ns)
        if self._swapped and self._biased and self._ear is not None:
            self._ear.driven(self.now_us * 1000, ended_ns)
            self.at((ended_ns + 12 * self._port_character_ns) // 1000, lambda: None)
        done_us = ended_ns // 1000 + 2 * round(self._character_us)
        self.at(done_us, lambda: self.line.send(0, mouth.read(done_us * 1000), done_us))

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
            self._hear()
            if self._delivered or self.now_us == limit_us:
                self._delivered = False
                return

    def _hear(self) -> None:
        came = bytearray()
        for arrival in self.line.step(self.now_us):
            if arrival.listener == 0:
                if self._ear is None:
                    came.append(arrival.byte)
                else:
                    self._ear.feed(arrival.byte, arrival.time_us * 1000)
                    self.at(self.now_us + 12 * self._port_character_ns // 10_000, lambda: None)  # its last bits
            elif arrival.listener <= len(self.devices):
                self._device_hears(self.devices[arrival.listener - 1], arrival.listener, arrival.byte, arrival.time_us)
        if self._ear is not None:
            came += self._ear.read(self.now_us * 1000)
        self._adapter_has(bytes(came))

    def _adapter_has(self, came: bytes) -> None:
        if not came:
            return
        if self._latency_us <= _STEP_US:
            self._hand_over(came)
            return
        if not self._held:
            self.at(self.now_us + self._latency_us - self.now_us % self._latency_us, self._timer)
        self._held += came
        if len(self._held) >= _PACKET_BYTES:
            self._timer()

    def _timer(self) -> None:
        held = bytes(self._held)
        self._held.clear()
        if held:
            self._hand_over(held)

    def _hand_over(self, data: bytes) -> None:
        if self.received is not None:
            self.call_soon(self.received, data)
        self._delivered = True

    def _device_hears(self, device: LineDevice, end: int, byte: int, time_us: int) -> None:
        if time_us - device.last_us > self._silence_us:
            device.heard.clear()
        device.last_us = time_us
        device.heard.append(byte)
        heard = bytes(device.heard)
        at = next((n for n in range(_SKIPPED) if heard[n : n + 1] == bytes((device.unit,))), 0)
        frame = heard[at:]
        if len(frame) < 8 or frame[0] not in (0, device.unit) or crc16(frame) != 0:
            return
        if request_length(frame) not in (None, len(frame)):  # what another unit with this address answers
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
            self.at(due_us, lambda: self.line.send(end, data, max(due_us, self.now_us)))


class _Port:
    """What a link writes to."""

    def __init__(self, loop: LineLoop) -> None:
        self._loop = loop

    def write(self, data: bytes) -> None:
        self._loop.write(data)

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
    masters: Sequence[LineMaster] = (),
    swapped: bool = False,
    biased: bool = True,
    strict: bool = False,
    echo: bool = False,
    latency_ms: int = 1,
) -> T:
    """Run `main(address)` on a loop whose one serial line has these devices and other masters. `swapped`: the host's wires are,
    and silence is low to it where the line is `biased`; `echo`: its adapter repeats what is sent. `strict`: devices check
    parity."""
    ends = 1 + len(devices) + len(masters)
    line = Line(ends, baud=baud, framing=framing, faults=faults, seed=seed, echo=(0,) if echo else ())

    def loop() -> LineLoop:
        return LineLoop(
            line,
            baud,
            devices,
            framing=framing,
            masters=masters,
            swapped=swapped,
            biased=biased,
            strict=strict,
            latency_ms=latency_ms,
        )

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main(SerialAddress("line", baud, framing)))
