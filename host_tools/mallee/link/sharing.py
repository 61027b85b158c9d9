"""A serial port has one user. The host that has it open lets other programs of the same person ask through it: Modbus TCP over a
socket in the person's own folder, so that `mallee get`, `set`, `doctor` and `update` work beside a running `mallee run`.

Guests come after the host's own requests: what they read waits until no poll does. The socket is no network port, and its folder
is its owner's alone, as the serial port was. On systems without such sockets nothing is shared.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import cast

from ..paths import lines_dir
from .address import SerialAddress
from .base import Link, Priority
from .connection import Connection
from .failures import (
    GATEWAY_PATH,
    GATEWAY_TARGET,
    Closed,
    LinkDown,
    LinkError,
    Malformed,
    NoAnswer,
    Refused,
)
from .mbap import Frame, MbapStream, encode
from .rtu import SerialLink
from .tcp import TcpLink

_WRITES = frozenset((5, 6, 15, 16))
_PATH_MAX = 103  # of a socket's name, unix(7); macOS has 4 less
_GUEST_MAX = 16  # requests that one guest has waiting; more are read when these are answered
_GUEST_S = 2.0  # for a guest's turn, which comes after every poll
_AGAIN_S = 5.0  # between two looks whether another host has let go of the port


def place_of(device: str) -> Path:
    """Where the socket of a serial port is."""
    return lines_dir() / f"{hashlib.sha256(device.encode()).hexdigest()[:16]}.sock"


def shared_now(address: SerialAddress) -> bool:
    """A host of this person has the port, and shares it. Virtual lines of a simulation's own loop are never anybody else's."""
    with contextlib.suppress(RuntimeError):
        if hasattr(asyncio.get_running_loop(), "open_serial"):
            return False
    return _answers(place_of(address.device))


class SharedLine(TcpLink):
    """A serial line through the host that has its port."""

    def __init__(self, address: SerialAddress, *, timeout_s: float = 1.0) -> None:
        super().__init__("localhost", 1, timeout_s=max(timeout_s, _GUEST_S))
        self.address = str(address)
        self._place = place_of(address.device)

    async def _dial(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(lambda: Connection(self), str(self._place))
        return connection

    async def exchange(
        self, unit: int, payload: bytes, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> bytes:
        try:
            return await super().exchange(unit, payload, priority=priority, timeout_s=timeout_s)
        except Refused as error:
            if error.exception_code == GATEWAY_TARGET:
                raise NoAnswer(self.address, unit, self.timeout_s) from error
            if error.exception_code == GATEWAY_PATH:
                raise LinkDown(self.address, "the host that has this port cannot send on it now") from error
            raise


@contextlib.asynccontextmanager
async def sharing(links: Iterable[Link]) -> AsyncIterator[list[str]]:
    """While it lasts other programs reach the serial ports of `links`; what cannot be shared is told, as sentences. What another
    host shares already is shared when that one has gone."""
    troubles: list[str] = []
    waiting: list[asyncio.Task[None]] = []
    async with contextlib.AsyncExitStack() as stack:
        for link in links:
            if not isinstance(link, SerialLink):
                continue
            try:
                await stack.enter_async_context(_shared(link))
            except (OSError, ValueError) as error:
                troubles.append(f"other programs cannot use {link.device} meanwhile: {_reason(error)}")
                waiting.append(asyncio.ensure_future(_later(link)))
        try:
            yield troubles
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def _later(link: SerialLink) -> None:
    while True:
        await asyncio.sleep(_AGAIN_S)
        with contextlib.suppress(OSError, ValueError):
            async with _shared(link):
                await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _shared(link: SerialLink) -> AsyncIterator[None]:
    """Raises OSError, ValueError."""
    place = place_of(link.device)
    if not hasattr(socket, "AF_UNIX"):
        raise ValueError("this system has no sockets in folders")
    if len(os.fsencode(place)) > _PATH_MAX:
        raise ValueError(f"the name {place} is too long for a socket")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.parent.chmod(0o700)
    if _answers(place):
        raise ValueError("another host shares it already")
    place.unlink(missing_ok=True)  # of a host that was killed
    guests: set[_Guest] = set()
    server = await asyncio.get_running_loop().create_unix_server(lambda: _Guest(link, guests), str(place))
    try:
        place.chmod(0o600)
        yield
    finally:
        server.close()
        for guest in list(guests):
            guest.end()
        place.unlink(missing_ok=True)


class _Guest(asyncio.Protocol):
    """One program that asks through this host."""

    def __init__(self, link: Link, guests: set[_Guest]) -> None:
        self._link, self._guests = link, guests
        self._stream = MbapStream()
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._guests.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._guests.discard(self)
        for task in self._tasks:
            task.cancel()

    def end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        try:
            frames = self._stream.feed(data)
        except Malformed:
            self._transport.abort()
            return
        for frame in frames:
            task = asyncio.ensure_future(self._serve(frame))
            self._tasks.add(task)
            task.add_done_callback(self._served)
        if len(self._tasks) >= _GUEST_MAX:
            self._transport.pause_reading()

    def _served(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._transport is not None and not self._transport.is_closing() and len(self._tasks) < _GUEST_MAX:
            self._transport.resume_reading()

    async def _serve(self, frame: Frame) -> None:
        assert self._transport is not None
        function = frame.pdu[0]
        priority = Priority.WRITE if function in _WRITES else Priority.PROBE
        try:
            answer = await self._link.exchange(frame.unit, frame.pdu, priority=priority, timeout_s=_GUEST_S)
        except Refused as error:
            answer = bytes((function | 0x80, error.exception_code))
        except NoAnswer:
            answer = bytes((function | 0x80, GATEWAY_TARGET))
        except Closed:
            self.end()
            return
        except LinkError:
            answer = bytes((function | 0x80, GATEWAY_PATH))
        if not self._transport.is_closing():
            self._transport.write(encode(frame.transaction, frame.unit, answer))


def _answers(place: Path) -> bool:
    if not hasattr(socket, "AF_UNIX") or not place.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(str(place))
        except OSError:
            return False
    return True


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
