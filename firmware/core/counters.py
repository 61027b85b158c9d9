"""What must not be lost with the power: a few numbers in two slots of a memory, each with sequence number and CRC.

A slot is written whole, and never the newest one: power that goes in the middle of it leaves the other. `memory` has
read(address, target, at) and write(address, data, at) of 16 bytes each (drivers.mb85rs).
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
from binascii import crc32

from micropython import const

from core.starting import at_start
from core.wire import copy, get32, put16, same

_PIECE = const(16)
_HEAD = const(4)  # sequence number
_CRC = const(4)


@at_start
def slot_size(size):
    """Bytes of one slot that keeps `size` bytes."""
    return (_HEAD + size + _CRC + _PIECE - 1) // _PIECE * _PIECE


class Counters:
    """`data` holds `size` bytes, whatever they mean; load() fills it from the memory, save() keeps it."""

    @at_start
    def __init__(self, memory, size, at=0):
        self.memory = memory
        self.data = bytearray(size)
        self._slot = bytearray(slot_size(size))
        self._pieces = len(self._slot) // _PIECE
        self._at = at
        self._body = len(self._slot) - _CRC
        self._checked = memoryview(self._slot)[: self._body]
        self._back = bytearray(_PIECE)
        self.sequence = 0
        self._unwritten = 0  # pieces of the slot that is being written
        self.saves = 0
        self.failed = False  # the last save did not read back as it was written

    @property
    def end(self):
        """Address behind both slots."""
        return self._at + 2 * len(self._slot)

    @at_start
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
        copy(slot, _HEAD, self.data, 0, len(self.data))  # what load() read behind it goes along, whatever it is
        put16(slot, 0, sequence >> 16)
        put16(slot, 2, sequence)
        crc = crc32(self._checked)
        put16(slot, self._body, crc >> 16)
        put16(slot, self._body + 2, crc)
        self._unwritten = self._pieces

    def step(self):
        """Write the next piece of what save() began; True while there is one."""
        if not self._unwritten:
            return False
        at = (self._pieces - self._unwritten) * _PIECE
        place = self._place(self.sequence & 1) + at
        self.memory.write(place, self._slot, at)
        self._unwritten -= 1
        if not self._unwritten:
            self.memory.read(
                place, self._back, 0
            )  # the piece with the CRC: a memory that is gone must not look like one
            self.failed = not same(self._back, 0, self._slot, at, _PIECE)
            self.saves += not self.failed
        return self._unwritten > 0

    @property
    def busy(self):
        """A save is under way."""
        return self._unwritten > 0

    def abandon(self):
        """Forget the save that is under way: the memory refused it. Its slot is not whole, and is the next one again."""
        if self._unwritten:
            self._unwritten = 0
            self.sequence -= 1

    def flush(self):
        """Write all of it now: at the start, before anything else can happen."""
        while self.step():
            pass

    def _place(self, number):
        return self._at + number * len(self._slot)

    @at_start
    def _read(self, number):
        """Sequence number of a slot that is whole, or -1. Fills the buffer."""
        for piece in range(self._pieces):
            self.memory.read(self._place(number) + piece * _PIECE, self._slot, piece * _PIECE)
        if crc32(self._checked) != get32(self._slot, self._body):
            return -1
        sequence = get32(self._slot, 0)
        return sequence if sequence & 1 == number and sequence else -1
