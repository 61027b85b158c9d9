"""A host process as part of the world: it asks for time over a socket pair, and gets it with what arrived for it.

Messages are MessagePack with a u32 length in front. Host to world: [sequence, until_us, events]; world to host: [sequence,
now_us, events, epoch_us], the sequence being that of the latest request taken. The world speaks first, with sequence 0.
A host may ask again before it was answered (a signal woke it): the later request holds.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from .eventlog import EventLog
from .host import HostEndpoint, HostEvent

_LENGTH = struct.Struct("<I")
FOREVER_US = 1 << 62
_PATIENCE_S = 60.0
"""Unpaced, a host that computes longer than this counts as dead."""
_PRESENT_S = 0.5
"""A world that runs says within this what time it is; one that ends its host may not run any more."""
_PACED_S = 0.05
"""Paced, the world goes on without a host that computes longer."""


def epoch_us(start: datetime) -> int:
    return round(start.timestamp() * 1e6)


class Channel:
    """Framed messages over a stream socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._buffer = bytearray()
        self.ended = False

    def send(self, message: Any) -> None:
        data = msgspec.msgpack.encode(message)
        try:
            self.socket.sendall(_LENGTH.pack(len(data)) + data)
        except OSError:
            self.ended = True

    def receive(self, wait_s: float | None) -> Any | None:
        """One message; None when none came in time, or ever will (`ended`)."""
        deadline = None if wait_s is None else time.monotonic() + wait_s
        while True:
            message = self._cut()
            if message is not None or self.ended:
                return message
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                part = self.socket.recv(1 << 16)
            except OSError:
                part = b""
            if not part:
                self.ended = True
            self._buffer += part

    def _cut(self) -> Any | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        data = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        return msgspec.msgpack.decode(data)

    def close(self) -> None:
        self.socket.close()


class PipedHost:
    """The world's side. `waiting`: the host sleeps until `until_us`; otherwise it computes and the world owes it nothing."""

    def __init__(
        self, connection: socket.socket, endpoint: HostEndpoint, now_us: int, start_utc: datetime, log: EventLog
    ) -> None:
        self.endpoint = endpoint
        self.waiting = False
        self.until_us = FOREVER_US
        self.ended = False
        self.gave_up = False
        self.late = 0
        """Times the paced world went on without it."""
        self._channel = Channel(connection)
        self._sequence = 0
        self._epoch_us = epoch_us(start_utc)
        self._log = log
        self._paused_until_us: int | None = None
        self._next_look_us = 0
        self._missed = False
        self.while_waiting: Callable[[], None] | None = None
        """Called now and then while the world waits for this host: a full pipe of its output would hold both up."""
        self._channel.send([0, now_us, [], self._epoch_us])

    def pause(self, until_us: int) -> None:
        self._paused_until_us = until_us

    def jump_clock(self, seconds: float) -> None:
        """What it is told as the date moves by this much from the next message on."""
        self._epoch_us += round(seconds * 1e6)

    def serve(self, now_us: int, paced: bool, stop: Callable[[], bool] | None = None) -> None:
        """Give the host what is due, and take what it asks for next. `stop` breaks off the waiting for it."""
        if self.ended:
            return
        if self._paused_until_us is not None:
            if now_us < self._paused_until_us:
                return
            self._paused_until_us = None
        while not self.ended:
            if self.waiting:
                if now_us < self.until_us and not self.endpoint.inbox:
                    self._look(now_us)
                    return
                self.waiting = False
                self._channel.send([self._sequence, now_us, self.endpoint.take(), self._epoch_us])
            # A host that missed its 50 ms once is not waited for again until it answers.
            patience = (0.0 if self._missed else _PACED_S) if paced else _PATIENCE_S
            request = self._await(patience, stop)
            if request is None:
                if self._channel.ended:
                    self._end(now_us, b"host ended")
                elif paced:
                    self.late += not self._missed
                    self._missed = True
                elif stop is None or not stop():
                    self.gave_up = True
                    self._end(now_us, b"host gave no answer for 60 s")
                return
            self._missed = False
            self._take(request)

    def _await(self, patience_s: float, stop: Callable[[], bool] | None) -> Any | None:
        deadline = time.monotonic() + patience_s
        while True:
            slice_s = min(0.02, max(0.0, deadline - time.monotonic()))
            request = self._channel.receive(slice_s)
            if request is not None or self._channel.ended or time.monotonic() >= deadline:
                return request
            if self.while_waiting is not None:
                self.while_waiting()
            if stop is not None and stop():
                return None

    def _look(self, now_us: int) -> None:
        """A sleeping host may have been woken by a signal, or killed; look now and then."""
        if now_us < self._next_look_us:
            return
        self._next_look_us = now_us + 10_000
        request = self._channel.receive(0)
        if request is not None:
            self._take(request)
        elif self._channel.ended:
            self._end(now_us, b"host ended")

    def _take(self, request: Any) -> None:
        sequence, until_us, events = request
        self._sequence = sequence
        self.until_us = FOREVER_US if until_us is None else until_us
        self.waiting = True
        self.endpoint.apply([tuple(event) for event in events])

    def _end(self, now_us: int, why: bytes) -> None:
        self.ended = True
        self.waiting = False
        self._log.record(now_us, "state", "host", why)
        self.close()

    def close(self) -> None:
        self.endpoint.close()
        self._channel.close()


class PipeDriver:
    """The host's side; mallee.sim.loop runs on it."""

    def __init__(self, connection: socket.socket) -> None:
        self.channel = Channel(connection)
        self._sequence = 0
        self.now_us = 0
        self.epoch_us = 0
        greeting = self.channel.receive(None)
        if greeting is None:
            raise OSError("the simulator at the other end is gone")
        _, self.now_us, _, self.epoch_us = greeting

    def synchronise(self) -> None:
        """Take over the present time: a paced world went on while this process was starting. Raises OSError."""
        self.present(None)
        if self.channel.ended:
            raise OSError("the simulator at the other end is gone")

    def ask(self, until_us: int | None, events: list[HostEvent]) -> None:
        self._sequence += 1
        self.channel.send([self._sequence, until_us, events])

    def hear(self) -> tuple[bool, list[HostEvent]]:
        """All that the world has said, if anything: whether that answers the latest request, and the events in it."""
        answered, arrived = False, list[HostEvent]()
        while (message := self.channel.receive(0)) is not None:
            sequence, self.now_us, events, self.epoch_us = message
            answered = sequence == self._sequence
            arrived += [tuple(event) for event in events]
        return answered, arrived

    def present(self, patience_s: float | None = _PRESENT_S) -> list[HostEvent]:
        """Take over what time it is, for who was woken by something that is not of this world; and what arrived meanwhile. A
        world that is not running now is not waited for."""
        self.ask(0, [])
        arrived: list[HostEvent] = []
        while not self.channel.ended:
            answered, came = self.hear()
            arrived += came
            if answered or not select.select([self.channel.socket], [], [], patience_s)[0]:
                break
        return arrived
