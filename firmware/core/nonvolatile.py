"""What outlives the power: counters, the lease's epoch and the journal. In FRAM where there is one; else counters in two files of
the flash, seldom, and the journal in RAM.

Counters, 16 bytes of every controller and behind them what the profile declares: layout version, profile, boot count (4 bytes),
starts after an error (4), holder (2) and epoch (4) of the last lease.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
from time import ticks_diff, ticks_us

from maps.common import MemoryKind, ResetReason
from micropython import const

from core.counters import Counters, slot_size
from core.journal import RECORD, Journal, Ring
from core.starting import at_start
from core.wire import copy, get32, put16

LAYOUT = const(1)
_BOOTS = const(2)
_FAULTS = const(6)
_LEASE = const(10)
_HEAD = const(16)
_JOURNAL_FIRST = const(512)  # in FRAM; counters may grow up to here without moving it
_RAM_RECORDS = const(64)
_FILE_S = const(300)  # between two saves to flash, which wears and stops interrupts
_URGENT_S = const(60)  # the same, when a lease was taken


class FilePair:
    """The two slots of core.counters as two files: a slot goes to flash when its last piece is there."""

    @at_start
    def __init__(self, slot, names=("counters.a", "counters.b")):
        self._names = names
        self._slot = slot
        self._data = bytearray(2 * slot)
        self.worst_write_us = 0
        for number in range(2):
            try:
                with open(names[number], "rb") as file:
                    file.readinto(memoryview(self._data)[number * slot : (number + 1) * slot])
            except OSError:
                pass

    def read(self, address, target, at):
        copy(target, at, self._data, address, RECORD)

    def write(self, address, data, at):
        """Raises OSError when the flash is full or worn."""
        copy(self._data, address, data, at, RECORD)
        end = address + RECORD
        if end % self._slot == 0:
            began = ticks_us()
            with open(self._names[end // self._slot - 1], "wb") as file:
                file.write(memoryview(self._data)[end - self._slot : end])
            self.worst_write_us = max(self.worst_write_us, ticks_diff(ticks_us(), began))


class Nonvolatile:
    """`fram` is the chip, or None. `profile` has COUNTER_BYTES, save(data, at), restore(data, at) and may_be_blind()."""

    @at_start
    def __init__(self, fram, profile, lease):
        self._profile = profile
        self._lease = lease
        size = _HEAD + profile.COUNTER_BYTES
        self.files = None
        if fram is None:
            self.files = FilePair(slot_size(size))
            ring = Ring(RECORD * _RAM_RECORDS)
            self.journal = Journal(ring, 0, ring.size)
        else:
            self.journal = Journal(fram, _JOURNAL_FIRST, fram.size)
        self.counters = Counters(fram or self.files, size)
        self._stored = True  # the last save was kept
        self._since_s = _FILE_S
        self.urgent = False  # a lease was taken: its epoch must not come twice
        self.boot_count = None
        self.fault_starts = None

    @property
    def kind(self):
        """Where counters are kept now."""
        if not self._stored or self.counters.failed:
            return MemoryKind.NONE
        return MemoryKind.FRAM if self.files is None else MemoryKind.FILE

    @property
    def worst_write_us(self):
        """Of flash, which stops interrupts; FRAM does not."""
        return self.files.worst_write_us if self.files is not None else 0

    @at_start
    def start(self, reason):
        """Take over what was kept, count this start, and keep that at once: nothing runs yet that a flash write could harm."""
        data = self.counters.data
        number = self._profile.NUMBER
        if self.counters.load() and data[0] == LAYOUT and data[1] == number:
            self._lease.restore(data, _LEASE)
            self._profile.restore(data, _HEAD)
        else:
            for i in range(len(data)):
                data[i] = 0
        data[0], data[1] = LAYOUT, number
        self.boot_count = _add(data, _BOOTS, 1)
        self.fault_starts = _add(data, _FAULTS, reason == ResetReason.FAULT)
        self._save()
        self._flush()
        self._since_s = _URGENT_S
        if self.kind == MemoryKind.NONE:
            self.boot_count = self.fault_starts = None  # what is not kept is not known

    def step(self):
        """Each turn of housekeeping: two pieces of the counters, or one record of the journal: 0.6 ms on a Pico."""
        if self.files is None:
            if self.urgent:
                self._save()
            if self.counters.busy:
                if self.counters.step():
                    self.counters.step()
                return
        if self.journal.waiting:
            self.journal.step()

    def keep(self):
        """Everything as it is now, before a restart that was asked for."""
        self._flush()
        self._save()
        self._flush()
        while self.journal.step():
            pass

    def each_second(self):
        if self.files is None:
            self._save()
            return
        self._since_s = min(self._since_s + 1, _FILE_S)
        if self._since_s >= (_URGENT_S if self.urgent else _FILE_S) and self._profile.may_be_blind():
            self._since_s = 0
            self._save()
            self._flush()

    def _save(self):
        """Begin to write the counters as they are now; while the last ones are still being written, the next call does."""
        if self.counters.busy:
            return
        self.urgent = False
        self._lease.save(self.counters.data, _LEASE)
        self._profile.save(self.counters.data, _HEAD)
        self.counters.save()

    def _flush(self):
        try:
            self.counters.flush()
            self._stored = True
        except OSError:
            self.counters.abandon()
            self._stored = False


@at_start
def _add(data, at, count):
    value = get32(data, at) + count
    put16(data, at, value >> 16)
    put16(data, at + 2, value)
    return value
