"""asyncio on the simulator's clock: where asyncio would sleep, the world goes on; connections are virtual.

In this process: `run_in_world(world, coroutine)`. In a child process that the simulator started: `child_loop_factory(fd)`.
Functions given to `run_in_executor` run at once, in no virtual time, so that runs stay reproducible.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress
from . import host
from .host import HostEvent
from .network import numeric
from .pipe import PipeDriver
from .transport import VirtualTransport
from .world import World

T = TypeVar("T")
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_LIMIT_S = 7 * 86400.0


class Driver(Protocol):
    """Who lets time pass for a loop."""

    @property
    def now_us(self) -> int: ...
    @property
    def epoch_us(self) -> int: ...
    def wait(
        self, until_us: int | None, events: list[HostEvent], real: selectors.BaseSelector
    ) -> tuple[list[HostEvent], list[tuple[selectors.SelectorKey, int]]]:
        """Until then, or until something comes: virtual events, and real file descriptors that are ready."""
        ...


class WorldDriver:
    """A world in this process. It stops a program that waits for nothing after a week of virtual time."""

    def __init__(self, world: World, limit_s: float = _LIMIT_S) -> None:
        self.world = world
        self._endpoint = world.endpoint()
        self._limit_us = world.now_us + round(limit_s * 1e6)

    @property
    def now_us(self) -> int:
        return self.world.now_us

    @property
    def epoch_us(self) -> int:
        return round(self.world.start_utc.timestamp() * 1e6)

    def wait(
        self, until_us: int | None, events: list[HostEvent], real: selectors.BaseSelector
    ) -> tuple[list[HostEvent], list[tuple[selectors.SelectorKey, int]]]:
        if self.now_us >= self._limit_us:
            raise TimeoutError("the coroutine still waits at the limit of virtual time that it was given")
        limit = self._limit_us if until_us is None else min(until_us, self._limit_us)
        return self.world.advance(self._endpoint, limit, events), []

    def close(self) -> None:
        self._endpoint.close()


class _ChildDriver:
    """A world at the other end of a pipe. Signals and real sockets wake the loop as they always do."""

    def __init__(self, pipe: PipeDriver) -> None:
        self._pipe = pipe
        self._registered: selectors.BaseSelector | None = None
        self._gone = False
        self._gone_us = 0

    @property
    def now_us(self) -> int:
        return self._gone_us if self._gone else self._pipe.now_us

    @property
    def epoch_us(self) -> int:
        return self._pipe.epoch_us

    def wait(
        self, until_us: int | None, events: list[HostEvent], real: selectors.BaseSelector
    ) -> tuple[list[HostEvent], list[tuple[selectors.SelectorKey, int]]]:
        if self._gone:
            # Cleaning up without a world: sleeping takes no time any more.
            self._gone_us = max(self._gone_us, until_us or 0)
            return [], []
        if self._registered is not real:
            real.register(self._pipe.channel.socket, selectors.EVENT_READ, self)
            self._registered = real
        self._pipe.ask(until_us, events)
        while True:
            ready = real.select(None)
            others = [(key, mask) for key, mask in ready if key.data is not self]
            arrived: list[HostEvent] = []
            if len(others) < len(ready):
                answered, arrived = self._pipe.hear()
                if self._pipe.channel.ended:
                    self._lost(real)
                if answered or arrived:
                    return arrived, others
            if others:  # time went on until they came
                return self._pipe.present(), others

    def _lost(self, real: selectors.BaseSelector) -> None:
        self._gone_us = self._pipe.now_us
        self._gone = True
        real.unregister(self._pipe.channel.socket)
        raise MalleeError(
            "the simulator that gave this process its time has ended",
            "the demo was stopped or killed",
            "start the demo again",
            ExitCode.NO_ANSWER,
        )


class _Selector(selectors.BaseSelector):
    """The loop's selector: real descriptors first, then virtual time."""

    def __init__(self, driver: Driver) -> None:
        self._real = selectors.DefaultSelector()
        self._driver = driver
        self.loop: WorldLoop | None = None

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Any:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return [r for r in self._real.select(0) if r[0].data is not self._driver]
        ready = [r for r in self._real.select(0) if r[0].data is not self._driver]
        if ready:
            return ready
        until = None if timeout is None else self._driver.now_us + math.ceil(timeout * 1e6)
        loop = self.loop
        assert loop is not None
        arrived, ready = self._driver.wait(until, loop.take_outgoing(), self._real)
        loop.dispatch(arrived)
        return ready


class WorldLoop(asyncio.SelectorEventLoop):
    """Its `time()` is virtual seconds since the world began; `utc_now()` the virtual date."""

    def __init__(self, driver: Driver) -> None:
        selector = _Selector(driver)
        self._driver = driver
        self._outgoing: list[HostEvent] = []
        self._transports: dict[int, VirtualTransport] = {}
        self._connecting: dict[int, asyncio.Future[None]] = {}
        self._number = 0
        super().__init__(selector)
        selector.loop = self
        self._clock_resolution = 1e-6  # asyncio takes timers within it as due

    def time(self) -> float:
        return self._driver.now_us / 1e6

    def utc_now(self) -> datetime:
        return _ZERO + timedelta(microseconds=self._driver.epoch_us + self._driver.now_us)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def put(self, event: HostEvent) -> None:
        """Something the host does; the world hears of it when time next passes."""
        self._outgoing.append(event)

    def take_outgoing(self) -> list[HostEvent]:
        events, self._outgoing = self._outgoing, []
        return events

    def dispatch(self, events: list[HostEvent]) -> None:
        for kind, number, data in events:
            waiting = self._connecting.get(number)
            if waiting is not None:
                if not waiting.done():
                    if kind == host.CONNECTED:
                        waiting.set_result(None)
                    elif kind in (host.REFUSED, host.RESET):
                        waiting.set_exception(ConnectionRefusedError(111, "Connection refused"))
                    elif kind == host.TIMED_OUT:
                        waiting.set_exception(TimeoutError(110, "Connection timed out"))
                continue
            transport = self._transports.get(number)
            if transport is not None:
                # Through call_soon, as a real transport would: protocol errors then reach the loop's handler.
                self.call_soon(transport.arrived, kind, data)

    def forget(self, number: int) -> None:
        self._transports.pop(number, None)

    async def open_serial(
        self, address: SerialAddress, received: Callable[[bytes], None], lost: Callable[[Exception], None]
    ) -> VirtualTransport:
        """The host's end of the world's serial line of that name; refused where there is none."""
        transport, _ = await self.create_connection(lambda: _SerialEnd(received, lost), address.device, 0)
        return transport

    async def create_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], host: str | None = None, port: int | None = None, **options: Any
    ) -> tuple[VirtualTransport, Any]:
        """A virtual connection. Every address is virtual; where no controller has it the connection is refused."""
        if options.get("ssl") or options.get("sock") is not None or host is None or port is None:
            return await super().create_connection(protocol_factory, host, port, **options)  # type: ignore[return-value]
        self._number += 1
        number = self._number
        self.put((1, number, (numeric(host), int(port))))
        connected = self._connecting[number] = self.create_future()
        try:
            await connected
        except asyncio.CancelledError:
            self.put((4, number, b""))
            raise
        finally:
            del self._connecting[number]
        protocol = protocol_factory()
        transport = VirtualTransport(self, number, protocol, (host, int(port)))
        self._transports[number] = transport
        protocol.connection_made(transport)
        return transport, protocol


class _SerialEnd(asyncio.Protocol):
    """Bytes of a virtual line, for whoever opened it."""

    def __init__(self, received: Callable[[bytes], None], lost: Callable[[Exception], None]) -> None:
        self._received, self._lost = received, lost

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._lost(exc)


def run_in_world(world: World, coroutine: Coroutine[Any, Any, T], *, limit_s: float = _LIMIT_S) -> T:
    """Run a coroutine in this process on the world's clock; the world goes on exactly as long as the coroutine takes.

    Raises TimeoutError after `limit_s` virtual seconds.
    """
    driver = WorldDriver(world, limit_s)
    try:
        with asyncio.Runner(loop_factory=lambda: WorldLoop(driver)) as runner:
            return runner.run(coroutine)
    finally:
        driver.close()


def child_loop_factory(fd: int) -> Callable[[], asyncio.AbstractEventLoop]:
    """A loop factory for asyncio.Runner in a process whose time comes from the simulator over descriptor `fd`.

    Raises OSError when the descriptor is not such a pipe.
    """
    pipe = PipeDriver(socket.socket(fileno=fd))
    pipe.synchronise()
    return lambda: WorldLoop(_ChildDriver(pipe))
