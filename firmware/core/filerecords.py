"""File records: FC20 and FC21 (MODBUS Application Protocol V1.1b3, 6.14 and 6.15).

A record is a register; a file has at most 10,000 of them, and longer content goes on in the file of the next number.
"""

from micropython import const

from core.starting import at_start
from core.wire import copy, get16

ILLEGAL_ADDRESS = const(2)
ILLEGAL_VALUE = const(3)

_PDU_MAX = const(253)
_REFERENCE_TYPE = const(6)
_RECORD_MAX = const(9999)


class FileRecords:
    """`files(number)` gives a file or None. A file has `size` (bytes), where it can be read
    `read(position, count, target, at)` with even position and count, and where it can be written
    `may_write(position, count)` -> exception code or 0, and `write(position, count, data, at)`."""

    @at_start
    def __init__(self, files):
        self.files = files

    def read(self, request, at, length, answer, to):
        """FC20. All of the groups, or an exception."""
        size = request[at + 1] if length > 1 else 0
        if not 7 <= size <= 245 or size % 7 or length != 2 + size:
            return -ILLEGAL_VALUE
        used = 2
        for group in range(at + 2, at + length, 7):
            record, count = get16(request, group + 3), get16(request, group + 5)
            if request[group] != _REFERENCE_TYPE or record > _RECORD_MAX:
                return -ILLEGAL_ADDRESS
            if not count or used + 2 + 2 * count > _PDU_MAX:
                return -ILLEGAL_VALUE
            file = self.files(get16(request, group + 1))
            if file is None or getattr(file, "read", None) is None or 2 * (record + count) > file.size + 1:
                return -ILLEGAL_ADDRESS
            answer[to + used] = 1 + 2 * count
            answer[to + used + 1] = _REFERENCE_TYPE
            file.read(2 * record, 2 * count, answer, to + used + 2)
            used += 2 + 2 * count
        answer[to + 1] = used - 2
        return used

    def write(self, request, at, length, answer, to):
        """FC21. Every group is looked at before the first is written."""
        size = request[at + 1] if length > 1 else 0
        if not 9 <= size <= 251 or length != 2 + size:
            return -ILLEGAL_VALUE
        code = self._groups(request, at + 2, at + length, False) or self._groups(request, at + 2, at + length, True)
        if code:
            return -code
        copy(answer, to, request, at, length)
        return length

    def _groups(self, request, group, end, write):
        while group < end:
            if group + 9 > end:
                return ILLEGAL_VALUE
            record, count = get16(request, group + 3), get16(request, group + 5)
            if request[group] != _REFERENCE_TYPE or record > _RECORD_MAX:
                return ILLEGAL_ADDRESS
            if not count or group + 7 + 2 * count > end:
                return ILLEGAL_VALUE
            file = self.files(get16(request, group + 1))
            may_write = getattr(file, "may_write", None)
            if file is None or may_write is None or 2 * (record + count) > file.size + 1:
                return ILLEGAL_ADDRESS
            code = may_write(2 * record, 2 * count)
            if code:
                return code
            if write:
                file.write(2 * record, 2 * count, request, group + 7)
            group += 7 + 2 * count
        return 0
