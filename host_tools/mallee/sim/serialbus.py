"""A serial line of the world: UARTs of controllers and the ports of hosts, joined by the line model in virtual time.

Bytes are on the line at their own times. Their hearers get them each millisecond, and at once when a burst ends: a USB adapter
hands over no sooner (FTDI AN232B-04: its shortest latency timer is 1 ms), and the firmware may look that late by its own rules.
While the line is busy or an answer may begin, no controller runs ahead of it by more than that.
"""

from __future__ import annotations

from collections.abc import Callable

from . import exchange
from .ends import ClientEnd
from .events import EventQueue
from .exchange import BoardEvent
from .line.faults import Faults
from .line.model import Line
from .network import Network, Server

_STEP_US = 1000
_SILENCE_US = 1750  # MODBUS over Serial Line V1.02, 2.5.1.1, above 19200 Bd


class SerialBus:
    """A `line` with one end, 0, which is the first host's; `attach` and `host_end` add what more is needed. A port that a host
    closes is the next host's: each has an adapter of its own."""

    def __init__(self, name: str, line: Line, network: Network, queue: EventQueue, now: Callable[[], int]) -> None:
        self.name = name
        self.line = line
        self._network = network
        self._queue = queue
        self._now = now
        self._servers: dict[int, tuple[Server, int]] = {}
        self._clients: dict[int, ClientEnd] = {}
        self._free = [0]
        self._wakes: set[int] = set()
        self._watched_until_us = 0
        self._armed: dict[int, Callable[[int], None]] = {}
        character_us = line.character_ns / 1000
        self._step_us = max(_STEP_US, round(character_us))
        self._watch_us = max(_SILENCE_US, round(3.5 * character_us)) + _STEP_US
        network.lines[name] = self

    def attach(self, server: Server, uart: int = 0) -> int:
        """Put a controller on the line; returns its end."""
        end = self.line.add_end()
        self._servers[end] = server, uart

        def hear(event: BoardEvent, time_us: int) -> None:
            if event.kind == exchange.SERIAL and event.connection == uart:
                self.line.send(end, event.data, time_us)
                armed = self._armed.pop(end, None)
                if armed is not None:
                    armed(time_us)
                self._wake()

        def down() -> None:
            self.catch_up()
            self.line.stop(end)

        server.on_serial, server.on_down = hear, down
        return end

    def end_of(self, server: Server) -> int:
        return next(end for end, (each, _) in self._servers.items() if each is server)

    def when_it_sends(self, end: int, action: Callable[[int], None]) -> None:
        """Call `action(time_us)` once, when this end next begins to send."""
        self._armed[end] = action

    def host_end(self, client: ClientEnd) -> HostEnd:
        end = self._free.pop(0) if self._free else self.line.add_end(master=True)
        self._clients[end] = client
        return HostEnd(self, end)

    def release(self, end: int) -> None:
        if self._clients.pop(end, None) is not None:
            self._free = sorted([*self._free, end])

    def send(self, end: int, data: bytes) -> None:
        """What a host writes is on the line at once."""
        self.line.send(end, data, self._now())
        self._wake()

    def disturb(self, faults: Faults) -> None:
        """From now on these faults, in place of those that were."""
        self.catch_up()
        self.line.disturb(faults, self._now())
        self._wake()

    def _wake(self) -> None:
        now_us = self._now()
        next_us = self.line.next_change_us
        if not self.line.idle or now_us < self._watched_until_us:
            next_us = min(now_us + self._step_us, next_us or 1 << 62)
        if next_us is not None and (not self._wakes or next_us < min(self._wakes)):
            self._wakes.add(next_us)
            self._queue.at(max(next_us, now_us), lambda: self._step(next_us))

    def _step(self, wake_us: int) -> None:
        self._wakes.discard(wake_us)
        self.catch_up()
        self._wake()

    def catch_up(self) -> None:
        """Hand over every byte that has ended by now: before the line changes, and each millisecond."""
        now_us = self._now()
        heard: dict[int, bytearray] = {}
        senders: set[int] = set()
        for arrival in self.line.step(now_us):
            heard.setdefault(arrival.listener, bytearray()).append(arrival.byte)
            senders.add(arrival.sender)
        if heard:
            self._watched_until_us = now_us + self._watch_us
        for listener, data in heard.items():
            if listener in self._servers:
                server, uart = self._servers[listener]
                if server.up:
                    self._network.to_server(server, exchange.SERIAL, uart, bytes(data))
            elif listener in self._clients:
                for sender in senders & self._servers.keys():
                    self._servers[sender][0].heard_us = now_us
                self._network.record("line", f"{self.name}:{listener}", bytes(data))
                self._clients[listener].on_data(bytes(data))


class HostEnd:
    """A host's port. What it writes is on the line at once; there is nothing else to a serial port."""

    def __init__(self, bus: SerialBus, end: int) -> None:
        self._bus = bus
        self._end = end
        self._open = True

    def send(self, data: bytes) -> None:
        if self._open:
            self._bus.send(self._end, data)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._bus.release(self._end)

    abort = end_writing = close

    def pause_reading(self) -> None:
        """A line cannot be told to wait."""

    resume_reading = pause_reading
