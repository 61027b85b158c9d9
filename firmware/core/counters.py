"""What must not be lost with the power: a few numbers in two slots of a memory, each with sequence number and CRC.

A slot is written whole, and never the newest one: power that goes in the middle of it leaves the other. `memory` has
read(address, target, at) and write(address, data, at) of 16 bytes each (drivers.mb85rs).
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
from binascii import crc32

from micropython import const

from core.starting import at_start
from core.wire import copy, get32, put16, same, zero

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
        self._checked = memoryview(self._slot)[: len(self._slot) - _CRC]
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
        """Take over the newest slot that is whole; False where there is none, and `data` stays zero. An older firmware may have
        kept fewer bytes: its shorter slots are looked for too, and what they do not have stays zero, but for up to 15 bytes
        behind what it kept, which may be anything."""
        for pieces in range(self._pieces, 0, -1):
            best, found = 0, -1
            for place in (0, pieces * _PIECE, self._place(1)):  # behind each other in FRAM, each in its own file
                sequence = self._read(place, pieces)
                if sequence > best and sequence & 1 == (place > 0):
                    best, found = sequence, place
            if found >= 0:
                self._read(found, pieces)  # another one was read over it
                count = min(len(self.data), pieces * _PIECE - _HEAD - _CRC)
                copy(self.data, 0, self._slot, _HEAD, count)
                self.sequence = best
                if pieces < self._pieces:
                    self._make_room(found, pieces)
                return True
        zero(self._slot, 0, len(self._slot))
        return False

    @at_start
    def _make_room(self, found, pieces):
        """The slots of an older firmware are shorter. Until the first long one is whole, no cut may cost the newest short one: so
        that lies in the first of the short places, and the second of the long ones is written first, its number being odd."""
        slot = self._slot
        if found == pieces * _PIECE:  # else it lies there, or has a file of its own
            self.sequence += 1
            self._seal(pieces)
            for at in range(0, pieces * _PIECE, _PIECE):
                self.memory.write(at + self._at, slot, at)
        zero(slot, 0, len(slot))

    def save(self):
        """Begin to write `data` to the older slot, as it is now; step() does it, a piece a call. Nothing while one is under
        way: what changes too often to be written is written in the next turn."""
        if self._unwritten:
            return
        self.sequence += 1
        copy(self._slot, _HEAD, self.data, 0, len(self.data))  # what load() read behind it goes along, whatever it is
        self._seal(self._pieces)
        self._unwritten = self._pieces

    def _seal(self, pieces):
        """Sequence number and CRC of a slot of so many pieces."""
        slot, sequence, end = self._slot, self.sequence, pieces * _PIECE - _CRC
        put16(slot, 0, sequence >> 16)
        put16(slot, 2, sequence)
        crc = crc32(self._checked if pieces == self._pieces else memoryview(slot)[:end])
        put16(slot, end, crc >> 16)
        put16(slot, end + 2, crc)

    def step(self):
        """Write the next piece of what save() began; True while there is one."""
        if not self._unwritten:
            return False
        at = (self._pieces - self._unwritten) * _PIECE
        place = self._at + self._place(self.sequence & 1) + at
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
        return number * len(self._slot)

    @at_start
    def _read(self, place, pieces):
        """Sequence number of a slot that is whole, or -1. Fills the buffer."""
        slot, end = self._slot, pieces * _PIECE - _CRC
        for at in range(0, pieces * _PIECE, _PIECE):
            self.memory.read(self._at + place + at, slot, at)
        if crc32(memoryview(slot)[:end]) != get32(slot, end):
            return -1
        return get32(slot, 0)
