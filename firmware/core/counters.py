"""What must not be lost with the power: a few numbers in two slots of a memory, each with sequence number and CRC.

A slot is written whole, and never the newest one: power that goes in the middle of it leaves the other. `memory` has
read(address, target, at) and write(address, data, at) of 16 bytes each (drivers.mb85rs).
"""

from binascii import crc32

from micropython import const

from core.wire import get32

_PIECE = const(16)
_HEAD = const(4)  # sequence number
_CRC = const(4)


class Counters:
    """`data` holds `size` bytes, whatever they mean; load() fills it from the memory, save() keeps it."""

    def __init__(self, memory, size, at=0):
        self.memory = memory
        self.data = bytearray(size)
        self._pieces = (_HEAD + size + _CRC + _PIECE - 1) // _PIECE
        self._slot = bytearray(self._pieces * _PIECE)
        self._at = at
        self._body = len(self._slot) - _CRC
        self.sequence = 0
        self._unwritten = 0  # pieces of the slot that is being written
        self.saves = 0

    @property
    def end(self):
        """Address behind both slots."""
        return self._at + 2 * len(self._slot)

    def load(self):
        """Take over the newer slot that is whole; False where there is none, and `data` stays zero."""
        best = -1
        for number in range(2):
            sequence = self._read(number)
            if sequence > best:
                best = sequence
        if best < 0:
            return False
        if self._read(best & 1) != best:  # the other one was read over it
            return False
        self.data[:] = self._slot[_HEAD : _HEAD + len(self.data)]
        self.sequence = best
        return True

    def save(self):
        """Begin to write `data` to the older slot, as it is now; step() does it, a piece a call. Nothing while one is under
        way: what changes too often to be written is written in the next turn."""
        if self._unwritten:
            return
        self.sequence += 1
        slot, sequence = self._slot, self.sequence
        for i in range(len(self.data)):
            slot[_HEAD + i] = self.data[i]
        for i in range(_HEAD + len(self.data), self._body):
            slot[i] = 0
        slot[0], slot[1], slot[2], slot[3] = (
            sequence >> 24 & 0xFF,
            sequence >> 16 & 0xFF,
            sequence >> 8 & 0xFF,
            sequence & 0xFF,
        )
        crc = crc32(memoryview(slot)[: self._body])
        for i in range(4):
            slot[self._body + i] = crc >> 24 - 8 * i & 0xFF
        self._unwritten = self._pieces

    def step(self):
        """Write the next piece of what save() began; True while there is one."""
        if not self._unwritten:
            return False
        piece = self._pieces - self._unwritten
        self.memory.write(self._place(self.sequence & 1) + piece * _PIECE, self._slot, piece * _PIECE)
        self._unwritten -= 1
        if not self._unwritten:
            self.saves += 1
        return self._unwritten > 0

    def flush(self):
        """Write all of it now: at the start, before anything else can happen."""
        while self.step():
            pass

    def _place(self, number):
        return self._at + number * len(self._slot)

    def _read(self, number):
        """Sequence number of a slot that is whole, or -1. Fills the buffer."""
        for piece in range(self._pieces):
            self.memory.read(self._place(number) + piece * _PIECE, self._slot, piece * _PIECE)
        if crc32(memoryview(self._slot)[: self._body]) != get32(self._slot, self._body):
            return -1
        sequence = get32(self._slot, 0)
        return sequence if sequence & 1 == number and sequence else -1
