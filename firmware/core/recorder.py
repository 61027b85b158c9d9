"""The flight recorder: fast samples from BEFORE a trip to AFTER it (control.md: 200 ms and 300 ms), in RAM: a reset loses them.

The hard tick hands each sample to record(). Samples go round in a ring until a trip. Then the ring stays as it is, and the next
AFTER samples make the recording whole. It is held, and can be read, until the next trip: meanwhile a second ring is filled. So
the recorder is armed again BEFORE samples behind a recording. While a trip is latched, which may be for days, another one does
not replace a recording that nobody has read: the first one tells the cause. A trip that is not recorded is counted.
The sequence number moves in the tick that begins to replace the recording, before its first sample is stored: who finds the same
number behind a read as before it has read one recording. That, the end and then the header once more, is what counts as read.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)
from array import array
from struct import pack_into

import micropython
from micropython import const

from core.starting import at_start
from core.wire import copy, put16

_BEFORE = const(200)  # samples
_AFTER = const(300)
_ROWS = const(2 * _BEFORE + _AFTER)  # two rings, and behind them what follows the trip
# Places in the state.
_SEQUENCE = const(0)  # of the newest recording, from 1
_MISSES = const(1)
_UNTOLD = const(2)  # a bit for each channel that began a recording which stamp() does not know yet
_LEFT = const(3)  # samples until it is armed: until the recording is whole, and then the ring is full
_AT = const(4)  # row of the ring that is written next
_RING = const(5)  # its first row: 0 or _BEFORE
_OLDEST = const(6)  # row of the recording's ring
_CHANNELS = const(7)
_READ = const(8)  # sequence number of the recording that somebody has read; only the main loop writes it
_LATER = const(9)  # 1: the recording's trip came while another was latched
_MOST = const(0x1FFFFFFF)  # core.tick.WRAP: one more must still be a small integer
_HEADER = const(64)  # bytes, docs/journal.md
_NONE = const(0)
_RUNNING = const(1)
_WHOLE = const(2)
_PERIOD_us = const(1000)  # core.tick.HZ
_SCALE = const(1000)  # the numerator, so that the codes of a unit need not be a whole number


@micropython.viper
def record(codes: ptr32, rows: ptr16, state: ptr32, event: int):
    """One sample of each channel. `event`: 0, or a bit for each channel that trips; below zero while another is latched."""
    left = state[_LEFT]
    if event:
        busy = left
        later = 0
        if event < 0:
            event = 0 - event
            later = 1
            if state[_READ] != state[_SEQUENCE]:
                busy = 1
        if busy:
            if state[_MISSES] < _MOST:
                state[_MISSES] += 1
        else:
            state[_LATER] = later
            state[_SEQUENCE] += 1
            state[_UNTOLD] = event
            state[_OLDEST] = state[_AT]
            state[_RING] = _BEFORE - state[_RING]
            state[_AT] = 0
            left = _AFTER + _BEFORE
    place = _ROWS + _BEFORE - left
    if left:
        left -= 1
        state[_LEFT] = left
    if left < _BEFORE:
        at = state[_AT]
        place = state[_RING] + at
        at += 1
        state[_AT] = at if at < _BEFORE else 0
    channels = state[_CHANNELS]
    place *= channels
    for channel in range(0, channels, 2):  # two in a turn: most of a short turn is the turn itself
        code = codes[channel]
        rows[place] = code << 8 | code >> 8 & 0xFF  # as the file has it, so that reading is copying
        code = codes[channel + 1]
        rows[place + 1] = code << 8 | code >> 8 & 0xFF
        place += 2


class Recorder:
    """`channels`: an even number. `names`: theirs in the map, with * for the number from 1; 16 bytes at most."""

    @at_start
    def __init__(self, channels, unit, names):
        self.rows = bytearray(2 * _ROWS * channels)
        for i in range(0, 2 * _BEFORE * channels, 2):
            self.rows[i] = 0x80  # nothing was sampled before the start
        self.state = array("i", (0, 0, 0, 0, 0, 0, 0, channels, 0, 0))
        self._ended = 0  # sequence number of the recording whose last sample was read
        self._about = unit, names
        self._header = bytearray(b"\0\1\0\x40" + bytes(_HEADER - 4))  # version and length

    def stamp(self, channel, alarm, memory, per_unit):
        """A channel tripped: say what the recording is about, if that began it. `memory` is core.nonvolatile's; `per_unit` codes
        are one unit."""
        state = self.state
        if not state[_UNTOLD] >> channel & 1:
            return
        moment, boots = memory.journal.moment, memory.boot_count
        pack_into(
            ">I5sBHHIHHHHI4s16s",
            self._header,
            10,
            0xFFFFFFFF if boots is None else boots,
            moment,
            state[_LATER],
            alarm,
            state[_UNTOLD],
            _PERIOD_us,
            state[_CHANNELS],
            _BEFORE,
            _AFTER,
            _SCALE,
            int(_SCALE * per_unit + 0.5),
            *self._about,
        )
        state[_UNTOLD] = 0  # the tick does not write it again before the recording is whole

    # As a file for Modbus (core.filerecords).

    def _status(self):
        state = self.state
        if state[_UNTOLD] or state[_LEFT] > _BEFORE:
            return _RUNNING
        return _WHOLE if state[_SEQUENCE] else _NONE

    @property
    def size(self):
        if self._status() != _WHOLE:
            return _HEADER
        return _HEADER + 2 * (_BEFORE + _AFTER) * self.state[_CHANNELS]

    def read(self, position, count, target, at):
        """`count` bytes from `position`, both even. A trip in the middle of it may move everything: what is then read is not one
        recording, which the sequence number says."""
        header, state = self._header, self.state
        sequence = state[_SEQUENCE]
        status = header[5] = self._status()
        put16(header, 6, sequence >> 16)
        put16(header, 8, sequence)
        width = 2 * state[_CHANNELS]
        whole = status == _WHOLE
        while count:
            if position < _HEADER:
                if whole and not position and self._ended == sequence:
                    state[_READ] = sequence  # should a trip have come just now, it is no longer the newest
                part = min(count, _HEADER - position)
                copy(target, at, header, position, part)
            else:
                row, skip = (position - _HEADER) // width, (position - _HEADER) % width
                part = min(count, width - skip)
                if row < _BEFORE:
                    row = (row + state[_OLDEST]) % _BEFORE - state[_RING]
                row += _BEFORE
                copy(target, at, self.rows, width * row + skip, part)
            position, at, count = position + part, at + part, count - part
        if whole and position == _HEADER + width * (_BEFORE + _AFTER):
            self._ended = sequence
