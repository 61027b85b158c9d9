"""Files that a controller serves (FC20): 1 and up the dictionary, 10 the directory, 20 the journal, 30 the flight recorder. One
that it takes (FC21): 40 and up, an update.

Each begins with the length of its content in bytes, two registers, the high word first (wire contract, Dictionary). The
directory has a row of ten bytes for each file: number (2 bytes), kind (2), size of the content (4), version (2).
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
import os

import slots
from micropython import const

from core.starting import at_start
from core.wire import copy, put16

DICTIONARY = const(1)
DIRECTORY = const(10)
JOURNAL = const(20)
RECORDING = const(30)
UPDATE = const(40)
_FILE_BYTES = const(20000)
_HEAD = const(4)
_ROW = const(10)
_NAME = "dictionary.bin"
_SIZE = const(6)  # place in what os.stat returns
JOURNAL_VERSION = const(1)
_RECORDING_VERSION = const(1)
# What a file is, in the directory.
_KIND_DICTIONARY = const(1)
_KIND_JOURNAL = const(2)
_KIND_RECORDING = const(3)


class Files:
    """`journal` is core.journal's; `version` the map's, (major, minor); `recorder` core.recorder's, or None; `update(number)`
    gives a file that an update comes in, or None."""

    @at_start
    def __init__(self, journal, version, recorder, update):
        self._update = update
        self._journal = Headed(journal)
        self._recording = None if recorder is None else Headed(recorder)
        self._version = version

    def open(self, number):
        """A file for core.filerecords, or None."""
        if number == JOURNAL:
            return self._journal
        if number == RECORDING:
            return self._recording
        if number == DIRECTORY:
            return Headed(self._directory())
        return self._update(number) if number >= UPDATE else DictionaryFile.open(number)

    def _directory(self):
        dictionary = DictionaryFile.open(DICTIONARY)
        rows = [(JOURNAL, _KIND_JOURNAL, self._journal.content.size, JOURNAL_VERSION)]
        if self._recording is not None:
            rows.append((RECORDING, _KIND_RECORDING, self._recording.content.size, _RECORDING_VERSION))
        if dictionary is not None:
            rows.insert(0, (DICTIONARY, _KIND_DICTIONARY, dictionary.length, self._version[0] << 8 | self._version[1]))
        data = bytearray(_ROW * len(rows))
        for i in range(len(rows)):
            number, kind, size, version = rows[i]
            put16(data, _ROW * i, number)
            put16(data, _ROW * i + 2, kind)
            put16(data, _ROW * i + 4, size >> 16)
            put16(data, _ROW * i + 6, size)
            put16(data, _ROW * i + 8, version)
        return Block(data)


class Block:
    """Bytes as the content of a file."""

    def __init__(self, data):
        self._data = data
        self.size = len(data)

    def read(self, position, count, target, at):
        copy(target, at, self._data, position, count)


class Headed:
    """`content` (size, read(position, count, target, at)) behind its length, which may change; of at most one file's size."""

    def __init__(self, content):
        self.content = content

    @property
    def size(self):
        return _HEAD + self.content.size

    def read(self, position, count, target, at):
        """Fill target[at:at+count]; position and count are even."""
        while count and position < _HEAD:
            target[at] = self.content.size >> 24 - 8 * position & 0xFF
            position, count, at = position + 1, count - 1, at + 1
        if count:
            self.content.read(position - _HEAD, count, target, at)


class DictionaryFile:
    """The dictionary in flash; it goes on in file 2 after 20,000 bytes, and so on. Open only while it is read: a request that is
    refused leaves nothing open."""

    @staticmethod
    def open(number):
        try:
            length = os.stat(slots.place(_NAME))[_SIZE]
        except OSError:
            return None
        skip = (number - 1) * _FILE_BYTES
        if not DICTIONARY <= number < DIRECTORY or skip >= length + _HEAD:
            return None
        return DictionaryFile(length, skip)

    def __init__(self, length, skip):
        self.length = length
        self._head = _length(length)
        self._skip = skip
        self.size = min(length + _HEAD - skip, _FILE_BYTES)

    def read(self, position, count, target, at):
        """Fill target[at:at+count]; a byte behind an odd end reads as 0."""
        position += self._skip
        for i in range(count):
            target[at + i] = self._head[position + i] if position + i < _HEAD else 0
        start = max(0, _HEAD - position)
        if start < count:
            with open(slots.place(_NAME), "rb") as file:
                file.seek(position + start - _HEAD)
                file.readinto(memoryview(target)[at + start : at + count])


def _length(size):
    return bytes((size >> 24, size >> 16 & 0xFF, size >> 8 & 0xFF, size & 0xFF))
