"""Modbus TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b).

One read is not one frame: bytes are gathered per client until the length in the header is there, and that length is bounded
before it is believed. A broken client is closed; it costs the others nothing.
"""

import select
import socket

from micropython import const

from core.wire import copy, get16, put16

_HEADER = const(7)  # transaction, protocol, length, unit
_ADU_MAX = const(260)
_PIPELINE = const(16)
_EAGAIN = const(11)
IDLE_MS = const(300_000)


class Client:
    def __init__(self):
        self.socket = None
        self.buffer = bytearray(_ADU_MAX)
        self.view = memoryview(self.buffer)
        self.filled = 0
        self.idle_ms = 0
        self.served = 0  # requests answered: who has none is a stranger
        self.out = bytearray(_ADU_MAX)
        self.unsent = b""  # what the socket did not take yet; nothing more is served until it is gone


class TcpServer:
    # Of a serial line only: not available here.
    overruns = unanswered = noise = gaps = foreign = broadcasts = None

    def __init__(self, server, port, unit, clients=4, listen=True):
        self.server = server
        self.unit = unit
        self.clients = [Client() for _ in range(clients)]
        self.evictions = 0
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
        client.unsent = b""

    def _serve(self, client):
        for _ in range(_PIPELINE):
            if client.unsent and not self._flush(client):
                return
            try:
                got = client.socket.readinto(client.view[client.filled :])
            except OSError:
                got = 0
            if got is None:
                return
            if not got:
                self._close(client)
                return
            client.filled += got
            client.idle_ms = 0
            if not self._frames(client):
                return

    def _frames(self, client):
        """Answer every complete frame in the buffer; False when the client was closed or blocks."""
        buffer = client.buffer
        while client.filled >= _HEADER:
            length = get16(buffer, 4)  # unit and PDU
            if get16(buffer, 2) != 0 or not 2 <= length <= _ADU_MAX - 6:
                self.server.errors += 1  # out of step: there is no way to find the next frame
                self._close(client)
                return False
            end = 6 + length
            if client.filled < end:
                return True
            if buffer[6] in (0, 255, self.unit):
                client.served = 1
                size = self.server.handle(buffer, _HEADER, length - 1, client.out, _HEADER)
                copy(client.out, 0, buffer, 0, _HEADER)
                put16(client.out, 4, size + 1)
                client.unsent = client.out[: _HEADER + size]
            copy(buffer, 0, buffer, end, client.filled - end)
            client.filled -= end
            if client.unsent and not self._flush(client):
                return False
        return True

    def _flush(self, client):
        """Send what is left of an answer; wait for room with the poll object when the socket takes no more."""
        try:
            sent = client.socket.send(client.unsent)
        except OSError as error:
            if error.errno == _EAGAIN:
                sent = 0
            else:
                self._close(client)
                return False
        client.unsent = client.unsent[sent:]
        self.poll.modify(client.socket, select.POLLOUT if client.unsent else select.POLLIN)
        return not client.unsent
