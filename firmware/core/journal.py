"""What happened, in order: a ring of 16-byte records in a memory that outlives the power, or in RAM where there is none.

note() never waits: it puts the record into a queue, and step() writes one a turn. What does not fit into the queue is
counted, and a record says how many were lost. A record: sequence number (4 bytes, from 1), time (4: seconds since 1970, or of
uptime), kind (1), clock source (1), code (2), value (2), CRC-16/CCITT of the 14 bytes before it (2).
"""

from micropython import const

from core.wire import crc16_ccitt, get32, put16

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


class Ring:
    """A journal's memory in RAM, for a board without FRAM: gone with the power."""

    def __init__(self, size):
        self.data = bytearray(size)
        self.size = size

    def read(self, address, target, at):
        for i in range(RECORD):
            target[at + i] = self.data[address + i]

    def write(self, address, data, at):
        for i in range(RECORD):
            self.data[address + i] = data[at + i]


class Journal:
    """`memory` from `first` to `end`, in bytes, is the ring."""

    def __init__(self, memory, first, end):
        self.memory = memory
        self.first = first
        self.records = (end - first) // RECORD
        self.sequence = 0  # of the newest record
        self.dropped = 0
        self._untold = 0  # of those, no record says it yet
        self._queue = bytearray(RECORD * _QUEUE)
        self._head = 0
        self._waiting = 0
        self._record = bytearray(RECORD)

    def load(self):
        """Find the newest whole record; the next one goes behind it. A torn one is overwritten in its turn."""
        self.sequence = 0
        for slot in range(self.records):
            sequence = self._sequence(slot)
            if sequence > self.sequence:
                self.sequence = sequence

    def note(self, kind, code, value, now_s, source):
        """Queue a record; allocates nothing but for numbers that do not fit a small integer."""
        if self._waiting == _QUEUE:
            self.dropped += 1
            self._untold += 1
            return
        at = RECORD * ((self._head + self._waiting) % _QUEUE)
        queue = self._queue
        put16(queue, at + 4, now_s >> 16)
        put16(queue, at + 6, now_s)
        queue[at + 8] = kind
        queue[at + 9] = source
        put16(queue, at + 10, code)
        put16(queue, at + 12, value)
        self._waiting += 1

    def step(self, now_s, source):
        """Write the oldest record of the queue; True while there are more."""
        if not self._waiting:
            return False
        at = RECORD * self._head
        record = self._record
        for i in range(4, _CHECKED):
            record[i] = self._queue[at + i]
        self._head = (self._head + 1) % _QUEUE
        self._waiting -= 1
        sequence = self.sequence + 1
        put16(record, 0, sequence >> 16)
        put16(record, 2, sequence)
        put16(record, _CHECKED, crc16_ccitt(record, _CHECKED))
        self.memory.write(self.first + RECORD * (sequence % self.records), record, 0)
        self.sequence = sequence
        if self._untold:
            lost, self._untold = self._untold, 0
            self.note(Kind.DROPPED, 0, min(lost, 0xFFFF), now_s, source)
        return self._waiting > 0

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
