"""What happened, in order: a ring of 16-byte records in a memory that outlives the power, or in RAM where there is none.

note() never waits: it puts the record into a queue, and step() writes one a turn. What does not fit into the queue is
counted, and a record says how many were lost. A record: sequence number (4 bytes, from 1), time (4: seconds since 1970, or of
uptime), kind (1), clock source (1), code (2), value (2), CRC-16/CCITT of the 14 bytes before it (2).
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
from micropython import const

from core.starting import at_start
from core.wire import copy, crc16_ccitt, get32, put16

RECORD = const(16)
_QUEUE = const(16)  # records
_CHECKED = const(14)


class Kind:
    """Of a record; docs/journal.md says what code and value mean for each."""

    START = 1
    ALARM_CAME = 2
    ALARM_WENT = 3
    LEASE = 4
    COMMIT = 5
    CLOCK_SET = 6
    DROPPED = 7
    SWITCHED = 8


class LeaseEvent:
    """Codes of Kind.LEASE; the value is the host's number."""

    TAKEN = 1
    LOST = 2
    GIVEN_BACK = 3


class Ring:
    """A journal's memory in RAM, for a board without FRAM: gone with the power."""

    @at_start
    def __init__(self, size):
        self.data = bytearray(size)
        self.size = size

    def read(self, address, target, at):
        copy(target, at, self.data, address, RECORD)

    def write(self, address, data, at):
        copy(self.data, address, data, at, RECORD)


class Journal:
    """`memory` from `first` to `end`, in bytes, is the ring."""

    @at_start
    def __init__(self, memory, first, end):
        self.memory = memory
        self.first = first
        self.records = (end - first) // RECORD
        self.sequence = 0  # of the newest record
        self.dropped = 0
        self._untold = 0  # of those, no record says it yet
        self._queue = bytearray(RECORD * _QUEUE)
        self._head = 0
        self.waiting = 0  # records in the queue
        self._record = bytearray(RECORD)
        self.moment = bytearray(5)  # time and clock source of what is noted now

    @at_start
    def load(self):
        """Find the newest whole record; the next one goes behind it. A torn one is overwritten in its turn."""
        self.sequence = 0
        for slot in range(self.records):
            sequence = self._sequence(slot)
            if sequence > self.sequence:
                self.sequence = sequence

    def stamp(self, now_s, source):
        """What is noted from now on has this time. Once a second is enough; so note() needs no wide integer."""
        put16(self.moment, 0, now_s >> 16)
        put16(self.moment, 2, now_s)
        self.moment[4] = source

    def note(self, kind, code, value):
        """Queue a record; allocates nothing, so that a request may be noted too."""
        if self.waiting == _QUEUE:
            self.dropped += 1
            self._untold += 1
            return
        at = RECORD * ((self._head + self.waiting) % _QUEUE)
        queue = self._queue
        copy(queue, at + 4, self.moment, 0, 4)
        queue[at + 8] = kind
        queue[at + 9] = self.moment[4]
        put16(queue, at + 10, code)
        put16(queue, at + 12, value)
        self.waiting += 1

    def step(self):
        """Write the oldest record of the queue; True while there are more."""
        if not self.waiting:
            return False
        at = RECORD * self._head
        record = self._record
        copy(record, 4, self._queue, at + 4, _CHECKED - 4)
        self._head = (self._head + 1) % _QUEUE
        self.waiting -= 1
        sequence = self.sequence + 1
        put16(record, 0, sequence >> 16)
        put16(record, 2, sequence)
        put16(record, _CHECKED, crc16_ccitt(record, _CHECKED))
        self.memory.write(self.first + RECORD * (sequence % self.records), record, 0)
        self.sequence = sequence
        if self._untold:
            lost, self._untold = self._untold, 0
            self.note(Kind.DROPPED, 0, min(lost, 0xFFFF))
        return self.waiting > 0

    # As a file for Modbus (core.filerecords): the ring as it lies in the memory; its reader checks and sorts.

    @property
    def size(self):
        return RECORD * self.records

    def read(self, position, count, target, at):
        """`count` bytes from `position`, both even."""
        done = 0
        while done < count:
            slot, skip = (position + done) // RECORD, (position + done) % RECORD
            self.memory.read(self.first + RECORD * slot, self._record, 0)
            take = min(RECORD - skip, count - done)
            for i in range(take):
                target[at + done + i] = self._record[skip + i]
            done += take

    def _sequence(self, slot):
        record = self._record
        self.memory.read(self.first + RECORD * slot, record, 0)
        if crc16_ccitt(record, _CHECKED) != record[_CHECKED] << 8 | record[_CHECKED + 1]:
            return 0
        sequence = get32(record, 0)
        return sequence if sequence % self.records == slot else 0
