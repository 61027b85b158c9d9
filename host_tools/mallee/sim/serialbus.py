"""A serial line of the world: UARTs of controllers and the ports of hosts, joined by the line model in virtual time."""

from __future__ import annotations

from collections.abc import Callable

from . import exchange
from .events import EventQueue
from .exchange import BoardEvent
from .line.model import Line
from .network import ClientEnd, Network, Server


class SerialBus:
    """End 0 of the line is the hosts' port; controllers get the next ones in the order in which they are attached.

    With several controllers on one line the world's grid ought to be about a character: a controller runs ahead of a byte of
    another one by at most a grid step, and hears it late then.
    """

    def __init__(self, name: str, line: Line, network: Network, queue: EventQueue, now: Callable[[], int]) -> None:
        self.line = line
        self._network = network
        self._queue = queue
        self._now = now
        self._servers: list[tuple[Server, int]] = []
        self._client: ClientEnd | None = None
        self._wakes: set[int] = set()
        network.lines[name] = self

    def attach(self, server: Server, uart: int = 0) -> None:
        end = len(self._servers) + 1
        self._servers.append((server, uart))

        def hear(event: BoardEvent, time_us: int) -> None:
            if event.kind == exchange.SERIAL and event.connection == uart:
                self.line.send(end, event.data, time_us)
                self._wake()

        server.on_serial = hear

    def host_end(self, client: ClientEnd) -> HostEnd:
        self._client = client
        return HostEnd(self)

    def release(self) -> None:
        self._client = None

    def send_from_host(self, data: bytes) -> None:
        self.line.send(0, data, self._now())
        self._wake()

    def _wake(self) -> None:
        next_us = self.line.next_us
        if next_us is not None and next_us not in self._wakes:
            self._wakes.add(next_us)
            self._queue.at(max(next_us, self._now()), lambda: self._step(next_us))

    def _step(self, wake_us: int) -> None:
        self._wakes.discard(wake_us)
        for arrival in self.line.step(self._now()):
            if arrival.listener == 0:
                if self._client is not None:
                    self._client.on_data(bytes((arrival.byte,)))
                continue
            server, uart = self._servers[arrival.listener - 1]
            if server.up:
                self._network.to_server(server, exchange.SERIAL, uart, bytes((arrival.byte,)))
        self._wake()


class HostEnd:
    """A host's port. What it writes is on the line at once; there is nothing else to a serial port."""

    def __init__(self, bus: SerialBus) -> None:
        self._bus = bus

    def send(self, data: bytes) -> None:
        self._bus.send_from_host(data)

    def close(self) -> None:
        self._bus.release()

    abort = end_writing = close

    def pause_reading(self) -> None:
        """A line cannot be told to wait."""

    resume_reading = pause_reading
