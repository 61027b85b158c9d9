"""The module `socket` of a virtual board: TCP servers over the world's virtual network, with lwIP's behaviour.

A connection has a receive window and a send window of 4096 bytes; a peer that does not read makes `send` take less, then
raise EAGAIN. Outgoing connections do not exist yet: controllers answer, they do not call.
"""

import _world
from micropython import const

AF_INET = const(2)
SOCK_STREAM = const(1)
SOL_SOCKET = const(0xFFF)
SO_REUSEADDR = const(4)
SO_KEEPALIVE = const(8)
IPPROTO_TCP = const(6)
TCP_NODELAY = const(1)

# Events, both ways.
_OPEN = const(1)
_DATA = const(2)
_FIN = const(3)
_RESET = const(4)
_ROOM = const(5)  # length bytes (u32) were taken by the reader
_LISTEN = const(6)
_UNLISTEN = const(7)
_ACCEPTED = const(8)

_WINDOW = const(4096)
_POLLIN = const(1)
_POLLOUT = const(4)
_POLLERR = const(8)
_POLLHUP = const(16)
_EAGAIN = const(11)
_EINVAL = const(22)
_ECONNRESET = const(104)
_EBADF = const(9)
_ENOTCONN = const(107)

_connections = {}
_listeners = {}
_word = bytearray(4)


def _put(kind, connection, data=b"", length=0):
    if not _world.put_event(kind, connection, data, length):
        raise OSError(12)  # ENOMEM: more control events at one instant than one exchange holds


def _put_word(kind, connection, value):
    for i in range(4):
        _word[i] = value >> (8 * i) & 0xFF
    _put(kind, connection, _word, 4)


class socket:
    def __init__(self, family=AF_INET, kind=SOCK_STREAM, protocol=0):
        if kind != SOCK_STREAM:
            raise OSError(_EINVAL)
        self._id = 0
        self._port = 0
        self._queue = None  # of a listener: connections not accepted yet
        self._receive = None
        self._head = 0
        self._filled = 0
        self._room = _WINDOW
        self._blocking = True
        self._ended = False  # the peer sent FIN
        self._reset = False
        self._closed = False

    def setsockopt(self, level, option, value):
        pass

    def settimeout(self, seconds):
        self._blocking = seconds is None or seconds > 0

    def setblocking(self, flag):
        self._blocking = flag

    def fileno(self):
        return self._id

    def bind(self, address):
        self._port = address[1]

    def listen(self, backlog=2):
        if not self._port:
            raise OSError(_EINVAL)
        if self._port in _listeners:
            raise OSError(98)  # EADDRINUSE
        self._queue = []
        _listeners[self._port] = self
        _put_word(_LISTEN, self._port, max(1, backlog))

    def accept(self):
        if self._queue is None:
            raise OSError(_EINVAL)
        while not self._queue:
            self._block()
        connection, address = self._queue.pop(0)
        _put(_ACCEPTED, connection._id)
        return connection, address

    def poll_state(self):
        if self._closed:
            return 32  # POLLNVAL
        if self._queue is not None:
            return _POLLIN if self._queue else 0
        if self._reset:
            return _POLLERR | _POLLHUP | _POLLIN
        state = _POLLIN if self._filled or self._ended else 0
        if self._room and self._id:
            state |= _POLLOUT
        return state

    def readinto(self, buffer, count=-1):
        """Bytes read; 0 at the end of the stream; None when nothing is there and the socket does not block."""
        self._check()
        while not self._filled:
            if self._reset:
                raise OSError(_ECONNRESET)
            if self._ended:
                return 0
            if not self._blocking:
                return None
            self._block()
        count = len(buffer) if count < 0 else min(count, len(buffer))
        count = min(count, self._filled)
        first = min(count, _WINDOW - self._head)
        _world.copy(buffer, 0, self._receive, self._head, first)
        _world.copy(buffer, first, self._receive, 0, count - first)
        self._head = (self._head + count) % _WINDOW
        self._filled -= count
        _put_word(_ROOM, self._id, count)
        return count

    def recv(self, count):
        buffer = bytearray(count)
        got = self.readinto(buffer)
        if got is None:
            raise OSError(_EAGAIN)
        return bytes(buffer[:got])

    def read(self, count=-1):
        buffer = bytearray(count if count >= 0 else _WINDOW)
        got = self.readinto(buffer)
        return None if got is None else bytes(buffer[:got])

    def recv_into(self, buffer, count=-1):
        got = self.readinto(buffer, count)
        if got is None:
            raise OSError(_EAGAIN)
        return got

    def send(self, data):
        self._check()
        if self._reset:
            raise OSError(_ECONNRESET)
        while True:
            count = min(len(data), self._room, _world.OUT_SIZE - 8 - _world.out_length)
            if count > 0 or not len(data):
                break
            if not self._blocking:
                raise OSError(_EAGAIN)
            self._block()
        self._room -= count
        _put(_DATA, self._id, data, count)
        return count

    def sendall(self, data):
        data = memoryview(data)
        while data:
            data = data[self.send(data) :]

    def write(self, data, *span):
        """write(data), write(data, count) or write(data, start, count), as MicroPython's streams have it."""
        start = span[0] if len(span) > 1 else 0
        data = memoryview(data)[start : start + span[-1] if span else len(data)]
        try:
            return self.send(data)
        except OSError as error:
            if error.errno == _EAGAIN:
                return None
            raise

    def close(self):
        if self._closed:
            return
        self._closed = True
        if self._queue is not None:
            for connection, _ in self._queue:
                connection.close()
            del _listeners[self._port]
            _put(_UNLISTEN, self._port)
        elif self._id:
            _connections.pop(self._id, None)
            if not self._reset:
                # Unread data at close is answered with a reset, as TCP does (RFC 1122, 4.2.2.13).
                _put(_RESET if self._filled else _FIN, self._id)

    def _check(self):
        if self._closed:
            raise OSError(_EBADF)
        if not self._id:
            raise OSError(_ENOTCONN)

    def _block(self):
        if not self._blocking:
            raise OSError(_EAGAIN)
        _world.advance(1 << 60, True)

    def _take(self, buffer, start, length):
        """Data from the world; it keeps to the window."""
        if self._receive is None:
            self._receive = bytearray(_WINDOW)
        tail = (self._head + self._filled) % _WINDOW
        first = min(length, _WINDOW - tail)
        _world.copy(self._receive, tail, buffer, start, first)
        _world.copy(self._receive, 0, buffer, start + first, length - first)
        self._filled += length


def _on_event(kind, identity, buffer, start, length):
    if kind == _OPEN:
        port = buffer[start] | buffer[start + 1] << 8
        listener = _listeners.get(port)
        if listener is None:
            _put(_RESET, identity)
            return
        connection = socket()
        connection._id = identity
        _connections[identity] = connection
        listener._queue.append((connection, ("127.0.0.1", buffer[start + 2] | buffer[start + 3] << 8)))
        return
    connection = _connections.get(identity)
    if connection is None:
        return  # closed here while it was under way
    if kind == _DATA:
        connection._take(buffer, start, length)
    elif kind == _ROOM:
        connection._room += buffer[start] | buffer[start + 1] << 8 | buffer[start + 2] << 16
    elif kind == _FIN:
        connection._ended = True
    elif kind == _RESET:
        connection._reset = True
        connection._filled = 0
        del _connections[identity]


_world.on_event = _on_event


def getaddrinfo(host, port, *ignored):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]
