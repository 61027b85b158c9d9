"""The manifest of an update: which files, with their hashes, for which board and profile; signed with the controller's key.

Numbers are big-endian. Head, 68 bytes: "MLUP", format (2 bytes), profile (2), version (3 times 2), map (2 times 2), .mpy version
(2: major, minor; 0 for sources), number of files (2), time of signing (4, seconds since 1970), bytes of all files (4), board
(18), processor (10), hash of the dictionary (8), flags (2; 1: signed). A row of 76 bytes for each file: path (40), size (4),
SHA-256 (32). Then HMAC-SHA-256 (RFC 2104) of "mallee update", the serial number (16) and all of that; zeros where it is not
signed. Texts end with zeros.
"""

from binascii import crc32
from hashlib import sha256
from sys import implementation

from maps.common_update import UpdatePolicy, UpdateRefusal
from micropython import const

from core.devicekey import key
from core.slotting import issued
from core.wire import get16, get32

NAME = "manifest.bin"
NEW = "manifest.new"  # until it is known who wrote it
HEAD, ROW, TAIL = 68, 76, 32
_PATH = const(40)
_FILES_MAX = const(255)
BYTES_MAX = 68 + 76 * 255 + 32
_FORMAT = const(1)
_SIGNED = const(1)
_PIECE = const(512)
_PURPOSE = b"mallee update"


class Manifest:
    def __init__(self, path):
        self._file = open(path, "rb")
        self._head = self._file.read(HEAD)
        self.count = get16(self._head, 20) if len(self._head) == HEAD else 0

    def close(self):
        self._file.close()

    @property
    def issued(self):
        return get32(self._head, 22)

    def row(self, number):
        """(path, size, SHA-256)"""
        self._file.seek(HEAD + ROW * number)
        data = self._file.read(ROW)
        return _text(data[:_PATH]), get32(data, _PATH), data[_PATH + 4 :]

    def fault(self, size):
        """Why it is no manifest of `size` bytes, or 0."""
        head = self._head
        if len(head) < HEAD or head[:4] != b"MLUP" or get16(head, 4) != _FORMAT:
            return UpdateRefusal.DAMAGED
        if not 0 < self.count <= _FILES_MAX or size != self._end + TAIL:
            return UpdateRefusal.DAMAGED
        return 0

    def misnamed(self, known):
        """DAMAGED when a path leads out of the slot or to this file, or 0. Asked when it is known who wrote it. `known` gets a
        number for each path, to be recognised by. A generator: a row a turn."""
        for number in range(self.count):
            path = self.row(number)[0]
            if not path or path[0] in "/." or ".." in path or path in (NAME, NEW):
                return UpdateRefusal.DAMAGED
            known.append(crc32(path.encode()))
            yield
        return 0

    def unlike(self, controller):
        """Why this controller does not take it, or 0."""
        head, held = self._head, key()
        why = self._wrongly_signed(held[0], held[1], controller.info.SERIAL)
        if why:
            return why
        if _text(head[30:48]) != controller.board.NAME or _text(head[48:58]) != controller.board.ARCHITECTURE:
            return UpdateRefusal.OTHER_BOARD
        mpy = getattr(implementation, "_mpy", 0)
        if get16(head, 18) and get16(head, 18) != (mpy & 0xFF) << 8 | mpy >> 8 & 3:
            return UpdateRefusal.OTHER_MPY
        if get16(head, 6) != controller.profile.NUMBER:
            return UpdateRefusal.OTHER_PROFILE
        if held[1] >> UpdatePolicy.OLDER & 1:
            return 0
        if (get16(head, 8), get16(head, 10), get16(head, 12)) < controller.release.VERSION:
            return UpdateRefusal.OLDER
        return UpdateRefusal.REPLAYED if self.issued < issued() else 0

    @property
    def _end(self):
        return HEAD + ROW * self.count

    def _wrongly_signed(self, held, policy, serial):
        if not get16(self._head, 66) & _SIGNED:
            if policy >> UpdatePolicy.UNSIGNED & 1:
                return 0
            return UpdateRefusal.UNSIGNED if held else UpdateRefusal.NO_KEY
        if not held:
            return 0 if policy >> UpdatePolicy.UNSIGNED & 1 else UpdateRefusal.NO_KEY
        self._file.seek(0)
        inner = sha256(bytes(byte ^ 0x36 for byte in held + bytes(32)))
        inner.update(_PURPOSE)
        inner.update((serial.encode() + bytes(16))[:16])
        left = self._end
        while left:
            data = self._file.read(min(left, _PIECE))
            inner.update(data)
            left -= len(data)
        outer = sha256(bytes(byte ^ 0x5C for byte in held + bytes(32)))
        outer.update(inner.digest())
        differ = 0
        for told, found in zip(self._file.read(TAIL), outer.digest()):
            differ |= told ^ found  # as long for every wrong one
        return UpdateRefusal.WRONG_SIGNATURE if differ else 0


def _text(data):
    return bytes(data).rstrip(b"\0").decode()
