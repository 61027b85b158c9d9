"""Settings in flash: two copies, each with version, sequence number and CRC; a torn write leaves the other copy valid.

What is kept is the image of the holding table from `first` up: settings and local set-points, in wire order, with the spans of
addresses that it covers; so a copy of an older minor version, which lacks some registers, finds its places.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
from binascii import crc32
from time import ticks_diff, ticks_us

from core.starting import at_start
from core.wire import copy, get16, get32, put16

_HEADER = 10  # map major, map minor, sequence (2 words), number of spans; behind it a span's first address and end each


class Settings:
    @at_start
    def __init__(self, table, first, version, names=("settings.a", "settings.b")):
        self.table = table
        self.version = version
        self.names = names
        self.sequence = 0
        self.commits = 0
        self.damaged = False
        self.worst_write_us = 0
        self.spans = [span for span in table.spans if span[0] >= first]
        self.size = sum([2 * (end - first) for first, end, _ in self.spans])

    @at_start
    def load(self):
        """Take over the newest valid copy. False when there are copies and none is valid: the defaults stay. A new board,
        which has no copy at all, runs on its defaults by intention."""
        best = None
        self.damaged = False
        for name in self.names:
            data = self._read(name)
            if data is not None and (best is None or get32(data, 4) > get32(best, 4)):
                best = data
        if best is None:
            return not self.damaged
        self.sequence = get32(best, 4)
        spans = get16(best, 8)
        at = _HEADER + 4 * spans
        for place in range(_HEADER, at, 4):
            for address in range(get16(best, place), get16(best, place + 2)):
                offset = self.table.locate(address, 1)
                if offset >= 2 * self.spans[0][0]:  # else a newer version had it, and this one does not
                    self.table.image[offset : offset + 2] = best[at : at + 2]
                at += 2
        return True

    def commit(self):
        """Write the copy that is not the newest. Raises OSError when the flash is full or worn."""
        sequence = self.sequence + 1
        body = _HEADER + 4 * len(self.spans)
        end = body + self.size
        data = bytearray(end + 4)
        put16(data, 0, self.version[0])
        put16(data, 2, self.version[1])
        put16(data, 4, sequence >> 16)
        put16(data, 6, sequence)
        put16(data, 8, len(self.spans))
        at, to = _HEADER, body
        for first, behind, _ in self.spans:
            put16(data, at, first)
            put16(data, at + 2, behind)
            copy(data, to, self.table.image, 2 * first, 2 * (behind - first))
            at += 4
            to += 2 * (behind - first)
        crc = crc32(data[:end])
        put16(data, end, crc >> 16)
        put16(data, end + 2, crc)
        began = ticks_us()
        with open(self.names[sequence & 1], "wb") as file:
            file.write(data)
        self.worst_write_us = max(self.worst_write_us, ticks_diff(ticks_us(), began))
        self.sequence = sequence
        self.commits += 1

    @at_start
    def _read(self, name):
        try:
            with open(name, "rb") as file:
                data = file.read()
        except OSError:
            return None
        if not data:  # littlefs makes the entry before the content: power went in the first commit, and nothing is lost
            return None
        self.damaged = True
        if len(data) < _HEADER + 4 or get16(data, 0) != self.version[0]:
            return None
        end = len(data) - 4
        if crc32(data[:end]) != get32(data, end):
            return None
        return data
