"""Real sockets for masters outside the simulation: each controller's port on this machine, bridged to the virtual network.

Bytes enter at the virtual time that the wall clock stands for. A client that does not read holds up only itself.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
from typing import TYPE_CHECKING

from ..errors import ExitCode, MalleeError

if TYPE_CHECKING:
    from .ends import HostSide
    from .world import World

_HELD_LIMIT = 1 << 16
_BACKLOG = 16


class _Bridge:
    """One real client."""

    def __init__(self, gateway: Gateway, real: socket.socket, host: str, port: int) -> None:
        self._gateway = gateway
        self._real = real
        self._held = bytearray()
        self._ending = False
        self._reading = True
        self._interest = 0
        real.setblocking(False)
        real.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._virtual: HostSide | None = gateway.world.network.connect(host, port, self)
        self._watch()

    # From the virtual side.

    def on_connected(self) -> None:
        pass

    def on_refused(self) -> None:
        self._drop()

    on_timeout = on_refused

    def on_reset(self) -> None:
        self._virtual = None
        self._drop()

    def on_data(self, data: bytes) -> None:
        self._held += data
        self._flush()
        if len(self._held) > _HELD_LIMIT and self._virtual is not None:
            self._virtual.pause_reading()

    def on_fin(self) -> None:
        self._ending = True
        self._flush()

    # From the real side.

    def ready(self, events: int) -> None:
        if events & selectors.EVENT_READ:
            self._read()
        if events & selectors.EVENT_WRITE:
            self._flush()

    def _read(self) -> None:
        try:
            data = self._real.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if self._virtual is None:
            self.close()
        elif data:
            self._virtual.send(data)
        else:
            self._reading = False
            self._virtual.end_writing()
            if self._ending and not self._held:
                self.close()
            else:
                self._watch()

    def _flush(self) -> None:
        try:
            while self._held:
                del self._held[: self._real.send(self._held)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if not self._held:
            if self._virtual is not None:
                self._virtual.resume_reading()
            if self._ending:
                if not self._reading:
                    self.close()
                    return
                with contextlib.suppress(OSError):
                    self._real.shutdown(socket.SHUT_WR)
        self._watch()

    def _watch(self) -> None:
        wanted = (selectors.EVENT_READ if self._reading else 0) | (selectors.EVENT_WRITE if self._held else 0)
        if wanted == self._interest:
            return
        io = self._gateway.world.io
        if not self._interest:
            io.register(self._real, wanted, self.ready)
        elif wanted:
            io.modify(self._real, wanted, self.ready)
        else:
            io.unregister(self._real)
        self._interest = wanted

    def _drop(self) -> None:
        """Close with a reset, as the virtual side did."""
        with contextlib.suppress(OSError):
            self._real.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        virtual, self._virtual = self._virtual, None
        if virtual is not None:
            virtual.abort() if self._reading and not self._ending else virtual.close()
        if self._interest:
            self._interest = 0
            self._gateway.world.io.unregister(self._real)
        self._real.close()
        self._gateway.bridges.discard(self)


class Gateway:
    """Listens for every controller of `world`. Raises MalleeError when a port is taken."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bridges: set[_Bridge] = set()
        self.clients = 0
        """Connections taken since the start."""
        self._listeners: list[socket.socket] = []
        try:
            for (host, port), server in world.network.servers.items():
                self._listen(server.name, host, port)
            for (host, port), service in world.network.services.items():
                self._listen(service.name, host, port)
        except MalleeError:
            self.close()
            raise

    def _listen(self, name: str, host: str, port: int) -> None:
        listener = socket.socket()
        self._listeners.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError as error:
            raise MalleeError(
                f"{name}: cannot listen on {host}:{port}: {error.strerror or error}",
                "another demo is running, or another program has this port",
                "end the other one, or give this pod's controllers other ports in the pod file",
                ExitCode.USAGE,
            ) from error
        listener.setblocking(False)

        def accept(events: int) -> None:
            try:
                real, _ = listener.accept()
            except OSError:
                return
            self.clients += 1
            self.bridges.add(_Bridge(self, real, host, port))

        self.world.io.register(listener, selectors.EVENT_READ, accept)

    def close(self) -> None:
        for bridge in list(self.bridges):
            bridge.close()
        for listener in self._listeners:
            with contextlib.suppress(KeyError, ValueError):
                self.world.io.unregister(listener)
            listener.close()
        self._listeners.clear()
