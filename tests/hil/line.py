"""An emulated controller on a line, started by its own main.py: asked in the board's time, or through ports by anybody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TypeVar

from mallee.device.device import Device
from mallee.hil.emulated.bus import Bus, Exchange
from mallee.hil.emulated.controller import EmulatedController
from mallee.hil.emulated.serving import Served
from mallee.link import pdus
from mallee.link.base import Priority
from mallee.link.failures import NoAnswer, Refused
from mallee.link.rtu_frames import encode, silence_s
from mallee.link.statistics import LinkStatistics
from mallee.link.tap import Tap
from pymodbus.pdu import ModbusPDU

T = TypeVar("T")
UNIT = 17
WRAPS_AFTER_us = 2_600_000  # from power-on: when the hard tick has just begun
GOLDEN_us = 38_197  # 100 ms by the golden ratio, twice: its multiples fill the 100 ms evenly, however many there are
SILENCE_us = 1e6 * silence_s(19200)


class BusLink:
    """A link in the board's own time: the board runs while its answer is waited for, and not otherwise."""

    address = "emulated"
    broadcasts = False
    generation = 1

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.statistics = LinkStatistics()
        self.taps: list[Tap] = []

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        try:
            answer = pdus.answer(pdu, self.bus.ask(pdus.encode(pdu), unit))
        except TimeoutError as error:
            raise NoAnswer(self.address, unit, 0.5) from error
        if answer.isError():
            raise Refused(self.address, unit, pdu.function_code, answer.exception_code)
        return answer

    async def exchange(
        self, unit: int, payload: bytes, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> bytes:
        try:
            answer = self.bus.ask(payload, unit)
        except TimeoutError as error:
            raise NoAnswer(self.address, unit, 0.5) from error
        if answer[0] & 0x80:
            raise Refused(self.address, unit, payload[0], answer[1])
        return answer

    async def broadcast(self, payload: bytes) -> None:
        raise ValueError("this link sends no broadcasts")

    def allow_in_flight(self, unit: int, requests: int) -> None: ...

    async def close(self) -> None: ...


class OnLine:
    """`do` runs a scenario with the Device in the board's time; `ports` lets the board run beside the test."""

    def __init__(self, image: Path, profile: str, prepare: Callable[[EmulatedController], None]) -> None:
        self.profile = profile
        self.controller = EmulatedController(image, profile, unit=UNIT, wraps_after_us=WRAPS_AFTER_us)
        self.pico, self.bus, self.bench = self.controller.pico, self.controller.bus, self.controller.bench
        prepare(self.controller)
        self.served = Served(self.controller)
        self.controller.boot()
        self.printed = ""
        for _ in range(40):  # it answers as soon as its main loop runs
            if self.bus.exchange(encode(UNIT, pdus.encode(pdus.read_input(0, 1))), 100_000).answer:
                break
        self.pico.run(250_000)  # every chip was read
        self.device = asyncio.run(Device.connect(BusLink(self.bus), UNIT, name=profile))

    def do(self, scenario: Callable[[Device], Awaitable[T]]) -> T:
        async def main() -> T:
            return await scenario(self.device)

        return asyncio.run(main())

    def value(self, name: str) -> object:
        return self.do(lambda device: device.read(name)).value

    def run_until(self, name: str, value: object, limit_ms: int) -> None:
        """Ask every 50 ms until the point has that value."""
        end_us = self.pico.now_us + 1000 * limit_ms
        while (found := self.value(name)) != value:
            assert self.pico.now_us < end_us, f"{name} is {found!r}, not {value!r}, after {limit_ms} ms"
            self.pico.run(50_000)

    @contextmanager
    def ports(self) -> Iterator[str]:
        """The line's port, while the board runs in a thread of its own."""
        finish = threading.Event()
        thread = threading.Thread(target=lambda: self.served.run(finish.is_set), daemon=True)
        thread.start()
        try:
            yield self.served.bus_end.name
        finally:
            finish.set()
            thread.join(30)
        assert not thread.is_alive()


@contextmanager
def told(what: str, pico) -> Iterator[None]:
    """Print how long something took, here and on the board."""
    began_s, began_us = monotonic(), pico.now_us
    yield
    print(f"{what}: {(pico.now_us - began_us) / 1e6:.2f} s of the board's time, {monotonic() - began_s:.0f} s here")


def exchanges(bus: Bus, unit: int, block: tuple[int, int], short: int = 39, long: int = 1) -> list[Exchange]:
    """`short` reads that lie evenly over the 100 ms after which the board's tasks repeat, wherever the first one is: a median of
    such reads does not hang on the moment at which they begin. And `long` ones of the whole `block` (address, registers)."""
    request = encode(unit, pdus.encode(pdus.read_input(0, 2)))
    done, next_us = [], bus.pico.now_us
    for _ in range(short):
        while next_us < bus.pico.now_us:
            next_us += GOLDEN_us
        done.append(bus.exchange(request, after_us=next_us - bus.pico.now_us))
    request = encode(unit, pdus.encode(pdus.read_input(*block)))
    done += [bus.exchange(request, after_us=index * 7100) for index in range(long)]
    return done
