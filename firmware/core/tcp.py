"""Modbus TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b).

One read is not one frame: bytes are gathered per client until the length in the header is there, and that length is bounded
before it is believed. A broken client is closed; it costs the others nothing. Serving a request allocates nothing.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
import select
import socket

import micropython
from micropython import const

from core.starting import at_start
from core.wire import copy

_HEADER = const(7)  # transaction, protocol, length, unit
_ADU_MAX = const(260)
_PIPELINE = const(16)
_IPPROTO_TCP = const(6)  # numbers, because not every port names them
_TCP_NODELAY = const(1)
IDLE_MS = const(300_000)


class Client:
    @at_start
    def __init__(self):
        self.socket = None
        self.buffer = bytearray(_ADU_MAX)
        self.filled = 0
        self.idle_ms = 0
        self.served = 0  # requests answered: who has none is a stranger
        self.out = bytearray(_ADU_MAX)
        self.size = 0  # of the answer in `out`; nothing more is served until the socket has taken it
        self.sent = 0
        self.blocked = False  # poll waits for room


class TcpServer:
    # Of a serial line only: not available here.
    overruns = unanswered = noise = gaps = broadcasts = None

    @at_start
    def __init__(self, server, port, unit, clients=4, listen=True):
        self.server = server
        self.unit = unit
        self.clients = [Client() for _ in range(clients)]
        self.evictions = 0
        self.foreign = 0  # requests for units that are not here
        self._input = bytearray(_ADU_MAX)
        self.poll = select.poll()
        self.listener = None
        self._port = port
        if listen:
            self.listen()

    def listen(self):
        """Raises OSError where the port cannot be had."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(socket.getaddrinfo("0.0.0.0", self._port)[0][-1])
        self.listener.listen(len(self.clients))
        self.listener.setblocking(False)
        self.poll.register(self.listener, select.POLLIN)

    def close(self):
        """The network went away: so do the clients, and the listener until `listen` is called again."""
        for client in self.clients:
            if client.socket is not None:
                self._close(client)
        if self.listener is not None:
            self.poll.unregister(self.listener)
            self.listener.close()
            self.listener = None

    @property
    def connected(self):
        return sum(1 for client in self.clients if client.socket is not None)

    def wait(self, ms):
        """Serve what comes for at most `ms` milliseconds, and at least what is there already."""
        for ready in self.poll.ipoll(ms):
            stream = ready[0]
            if stream is self.listener:
                self._accept(stream)
                continue
            for client in self.clients:
                if client.socket is stream:
                    self._serve(client)
                    break

    def age(self, ms):
        """Idle clients are closed: a host that vanished without a word must not hold a place for ever."""
        for client in self.clients:
            if client.socket is not None:
                client.idle_ms += ms
                if client.idle_ms > IDLE_MS:
                    self.evictions += 1
                    self._close(client)

    def _accept(self, listener):
        try:
            stream, _ = listener.accept()
        except OSError:
            return
        free = None
        for client in self.clients:
            if client.socket is None:
                free = client
                break
        if free is None:
            free = max(self.clients, key=lambda client: (client.served == 0, client.idle_ms))
            self.evictions += 1
            self._close(free)
        stream.setblocking(False)
        try:
            stream.setsockopt(
                _IPPROTO_TCP, _TCP_NODELAY, 1
            )  # else the second of two answers waits for an acknowledgement
        except OSError:
            pass  # a port without it
        free.socket = stream
        free.filled = free.idle_ms = free.served = 0
        self.poll.register(stream, select.POLLIN)

    def _close(self, client):
        try:
            self.poll.unregister(client.socket)
            client.socket.close()
        except OSError:
            pass
        client.socket = None
        client.size = 0
        client.blocked = False

    @micropython.native
    def _serve(self, client):
        for _ in range(_PIPELINE):
            if client.size and not (self._flush(client) and self._frames(client)):
                return  # whole requests may have waited in the buffer for room: nothing more need come to wake them
            room = _ADU_MAX - client.filled
            try:
                got = client.socket.readinto(self._input, room)
            except OSError:
                got = 0
            if got is None:
                return
            if not got:
                self._close(client)
                return
            copy(client.buffer, client.filled, self._input, 0, got)
            client.filled += got
            client.idle_ms = 0
            if not self._frames(client) or got < room:
                return  # a short read: nothing more is there now, and poll tells when there is

    @micropython.native
    def _frames(self, client):
        """Answer every complete frame in the buffer; False when the client was closed or blocks."""
        buffer = client.buffer
        while client.filled >= _HEADER:
            length = buffer[4] << 8 | buffer[5]  # unit and PDU
            if buffer[2] or buffer[3] or not 2 <= length <= _ADU_MAX - 6:
                self.server.diagnostics.bad_frame()  # out of step: there is no way to find the next frame
                self._close(client)
                return False
            end = 6 + length
            if client.filled < end:
                return True
            unit = buffer[6]
            if unit == self.unit or unit == 0 or unit == 255:
                client.served = 1
                size = self.server.handle(buffer, _HEADER, length - 1, client.out, _HEADER)
                out = client.out
                copy(out, 0, buffer, 0, _HEADER)
                out[4], out[5] = size + 1 >> 8, size + 1 & 0xFF
                client.size, client.sent = _HEADER + size, 0
            else:
                self.foreign += 1
            client.filled -= end
            if client.filled:
                copy(buffer, 0, buffer, end, client.filled)
            if client.size and not self._flush(client):
                return False
        return True

    @micropython.native
    def _flush(self, client):
        """Send what is left of an answer; wait for room with the poll object when the socket takes no more."""
        try:
            client.sent += client.socket.write(client.out, client.sent, client.size - client.sent) or 0
        except OSError:
            self._close(client)
            return False
        blocked = client.sent < client.size
        if blocked != client.blocked:
            self.poll.modify(client.socket, select.POLLOUT if blocked else select.POLLIN)
            client.blocked = blocked
        if blocked:
            return False
        client.size = 0
        return True
