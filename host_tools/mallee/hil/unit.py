"""One controller on a bus, connected to when it is asked first, and whatever else is done on its line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from .. import clock
from ..device.device import Device
from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress, TcpAddress, parse_address
from ..link.failures import LinkError
from ..link.rtu_frames import silence_s, whole
from ..link.serial_port import open_port
from ..link.statistics import BusSummary
from ..link.tap import TapFrame
from .boardtime import BoardTime
from .line import Line
from .trace import Trace

T = TypeVar("T")
_MEASURED_S = 1.0
_AGAIN_S = 0.2


class Unit:
    """`line` and `unit` say where it is. `trace` has what was said on the line since it was cleared."""

    def __init__(self, line: Line, unit: int, name: str = "") -> None:
        self.line = line
        self.unit = unit
        self.name = name
        self.trace = Trace()
        line.tap(self.trace)
        self.asked = False
        """A test has wanted something of it, whether it answered or not."""
        self.known: Device | None = None
        """As it was when it answered last, for reports; None: it never has."""

    @property
    def time(self) -> BoardTime:
        return self.line.time

    @property
    def address(self) -> str:
        """ "": it has no line."""
        return self.line.address

    def do(self, scenario: Callable[[Device], Awaitable[T]]) -> T:
        """Run `scenario(device)` to its end in the board's time."""

        async def main() -> T:
            return await scenario(await self._connected())

        self.asked = True
        return self.time.complete(main())

    @property
    def device(self) -> Device | None:
        """None before it was asked anything, and when its line was let go of."""
        return None if self.known is None or self.known.link is not self.line.link else self.known

    async def _connected(self) -> Device:
        device = self.device
        if device is None:
            device = self.known = await Device.connect(self.line.open(), self.unit, name=self.name)
        return device

    def answers(self) -> bool:
        """Asked once, now."""
        try:
            self.do(lambda device: device.identify())
        except LinkError:
            return False
        return True

    def wait_until_it_runs(self, within_s: float) -> float:
        """Let time pass until it answers, and its program has run for a second: then it has measured everything once. Returns its
        uptime in seconds. Raises MalleeError."""
        end_s = self.time.now_s + within_s
        seen = ""
        while self.time.now_s < end_s or not seen:
            try:
                uptime_s = self.do(lambda device: device.read("uptime")).number
                if uptime_s is not None and uptime_s >= _MEASURED_S:
                    self.do(lambda device: device.identify())  # it may have other firmware than before
                    return uptime_s
                seen = "it answers, but its program has not run for a second"
            except LinkError as error:
                seen = error.what
            self.time.run(_AGAIN_S)
        raise MalleeError(
            f"unit {self.unit} on {self.address} does not run after {within_s:g} s: {seen}",
            "it is off, its firmware does not start, its bus is not wired, or it has another unit, baud or framing",
            f"`mallee scan '{self.address}'` says who answers there; docs/hil.md has the wiring",
            ExitCode.NO_ANSWER,
        )

    def statistics(self) -> BusSummary:
        """Of everything that was asked on its line."""
        return self.line.statistics()

    def close(self) -> None:
        """Others on its line go on."""
        self.line.untap(self.trace)
        with suppress(Exception):
            self.line.release()

    def raw(self, data: bytes, within_s: float) -> bytes:
        """Put these bytes on the line as they are; everything that comes within that time. Raises MalleeError."""
        self.line.release()
        return self.time.complete(self._raw(parse_address(self.address), data, within_s))

    async def _raw(self, address: TcpAddress | SerialAddress, data: bytes, within_s: float) -> bytes:
        heard = bytearray()
        if isinstance(address, TcpAddress):
            self._show("tcp", data, sent=True)
            reader, writer = await asyncio.open_connection(address.host, address.port)
            try:
                writer.write(data)
                with suppress(TimeoutError):
                    async with asyncio.timeout(within_s):
                        while part := await reader.read(4096):
                            heard += part
            finally:
                writer.close()
            self._show("tcp", bytes(heard), sent=False)
            return bytes(heard)
        lost: list[Exception] = []
        port = await open_port(address, heard.extend, lost.append)
        try:
            await asyncio.sleep(silence_s(address.baud))
            self._show("rtu", data, sent=True)
            port.write(data)
            await asyncio.sleep(within_s)
        finally:
            port.close()
        if lost:
            raise lost[0]
        self._show("rtu", bytes(heard), sent=False)
        return bytes(heard)

    def _show(self, form: str, data: bytes, *, sent: bool) -> None:
        if not data:
            return
        good = form == "tcp" or whole(data, 0, len(data))
        shown = "tcp" if form == "tcp" else "rtu"
        self.trace(TapFrame(self.address, shown, clock.utc_now(), sent, data, good))
