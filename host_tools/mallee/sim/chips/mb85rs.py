"""MB85RS64V: 8 KB of FRAM behind SPI. Fujitsu DS501-00015. The cells are a file, which outlives the controller as they do:
unbuffered, for what the system has been given outlives the process. It need not reach the disk, which is slow.

A byte is kept when its last bit has been clocked in, and not before; the write enable latch falls at the end of each write
(data sheet: WREN). SPI mode 0 or 3; anything else reads as an undriven line.
"""

import tearing
from micropython import const

SIZE = const(8192)
_WREN = const(0x06)
_WRDI = const(0x04)
_RDSR = const(0x05)
_READ = const(0x03)
_WRITE = const(0x02)
_RDID = const(0x9F)
_ID = b"\x04\x7f\x03\x02"  # Fujitsu, continuation code, 64 kbit, V
_WEL = const(0x02)


class Mb85rs:
    def __init__(self, bus, path):
        self.floats = -1  # absence.PRESENT: that module needs a world
        self._bus = bus
        try:
            self._file = open(path, "r+b", buffering=0)
        except OSError:
            self._file = open(path, "w+b", buffering=0)
            self._file.write(b"\xff" * SIZE)
        self._enabled = False
        self._selected = False
        self._command = -1
        self._clocked = 0  # bytes of this selection
        self._address = 0

    def select(self, level):
        if level:
            if self._selected and self._command == _WRITE:
                self._enabled = False
            if self._bus.chip is self:
                self._bus.chip = None
            self._selected = False
            return
        self._selected = True
        self._command, self._clocked = -1, 0
        self._bus.chip = self

    def transfer(self, out, into, mode):
        if self.floats >= 0:
            for i in range(len(into)):
                into[i] = self.floats
            return
        if not self._clocked and len(out) > 3 and out[0] == _READ and mode in (0, 3):
            self._read(out, into)
            return
        for i in range(len(out)):
            into[i] = self._byte(out[i]) if mode in (0, 3) else 0xFF

    def _read(self, out, into):
        """All of a read at once: a controller reads the whole chip at its start."""
        address = (out[1] << 8 | out[2]) % SIZE
        self._file.seek(address)
        data = self._file.read(min(len(out) - 3, SIZE - address))
        for i in range(3):
            into[i] = 0xFF
        into[3 : 3 + len(data)] = data
        if len(data) < len(out) - 3:
            self._file.seek(0)
            into[3 + len(data) :] = self._file.read(len(out) - 3 - len(data))
        self._command, self._clocked = _READ, len(out)
        self._address = address

    def _byte(self, byte):
        at = self._clocked
        self._clocked += 1
        if at == 0:
            self._command = byte
            if byte == _WREN:
                self._enabled = True
            elif byte == _WRDI:
                self._enabled = False
            return 0xFF
        if self._command == _RDID:
            return _ID[at - 1] if at <= len(_ID) else 0xFF
        if self._command == _RDSR:
            return _WEL if self._enabled else 0
        if self._command not in (_READ, _WRITE):
            return 0xFF
        if at <= 2:
            self._address = (self._address << 8 | byte) & 0xFFFF
            return 0xFF
        address = (self._address + at - 3) % SIZE  # the upper address bits are not connected, and the end wraps
        self._file.seek(address)
        if self._command == _READ:
            return self._file.read(1)[0]
        if self._enabled:
            tearing.take(tearing.FRAM, 1)
            self._file.write(bytes((byte,)))
        return 0xFF
