"""UART of a virtual board. Its line is in the world (mallee.sim.line): bytes leave with their whole burst and arrive one by one,
each at the end of its character."""

import _world
from micropython import const

_SERIAL = const(9)  # kind of event, both ways; the connection is the number of the UART
_OPEN_SERIAL = const(10)  # baud (u32), framing
_POLLIN = const(1)
_POLLOUT = const(4)

_uarts = {}
_head = bytearray(8)


class UART:
    """machine.UART of the RP2 port, as far as a polled one goes: no interrupts, no break."""

    def __init__(
        self, id, baudrate=9600, bits=8, parity=None, stop=1, *, tx=None, rx=None, txbuf=256, rxbuf=256, timeout=0
    ):
        if id not in (0, 1):
            raise ValueError("UART(%d) doesn't exist" % id)
        self._id = id
        self._buffer = bytearray(rxbuf)
        self._filled = 0
        self.lost = 0  # bytes that found the buffer full
        self._room = txbuf
        self._busy_until = 0
        character_bits = 1 + bits + (parity is not None) + stop
        self._character_ns = character_bits * 1_000_000_000 // baudrate
        for i in range(4):
            _head[i] = baudrate >> (8 * i) & 0xFF
        _head[4] = character_bits
        _uarts[id] = self
        _world.put_event(_OPEN_SERIAL, id, _head, 5)

    def any(self):
        return self._filled

    def readinto(self, buffer, count=-1):
        count = min(len(buffer) if count < 0 else count, self._filled)
        if not count:
            return None
        _world.copy(buffer, 0, self._buffer, 0, count)
        self._filled -= count
        _world.copy(self._buffer, 0, self._buffer, count, self._filled)
        return count

    def read(self, count=-1):
        buffer = bytearray(self._filled if count < 0 else count)
        got = self.readinto(buffer)
        return None if got is None else bytes(buffer[:got])

    def write(self, data, count=-1):
        """The burst begins at once. A board blocks while more is written than its buffer holds; so does this."""
        self.flush()
        count = len(data) if count < 0 else count
        self._busy_until = _world.now + (count * self._character_ns + 999) // 1000
        _world.put_event(_SERIAL, self._id, data, count)
        if count > self._room:
            _world.advance(self._busy_until - self._room * self._character_ns // 1000, False)
        return count

    def txdone(self):
        return _world.now >= self._busy_until

    def flush(self):
        _world.advance(self._busy_until, False)

    def poll_state(self):
        return (_POLLIN if self._filled else 0) | _POLLOUT

    def deinit(self):
        _uarts.pop(self._id, None)

    def _take(self, buffer, start, length):
        kept = min(length, len(self._buffer) - self._filled)
        _world.copy(self._buffer, self._filled, buffer, start, kept)
        self._filled += kept
        self.lost += length - kept


def _on_serial(identity, buffer, start, length):
    uart = _uarts.get(identity)
    if uart is not None:
        uart._take(buffer, start, length)


_world.on_serial = _on_serial
