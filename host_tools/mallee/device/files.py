"""Files of a controller, read by FC20 as records of two bytes.

A file number holds at most 10,000 records (20,000 bytes); longer content continues in the next number. Its
first two records are the length in bytes, high word first.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import NamedTuple

from pymodbus.pdu import ModbusPDU

from ..errors import ExitCode, MalleeError
from ..link import pdus
from ..link.base import Link, Priority
from ..link.failures import NoAnswer, Refused

DICTIONARY_FILE = 1
DIRECTORY_FILE = 10
DICTIONARY_KIND, JOURNAL_KIND, RECORDING_KIND = 1, 2, 3
_TRIES = 3
_ROW = struct.Struct(">HHIH")
_RECORDS_IN_FILE = 10_000  # MODBUS Application Protocol V1.1b3, 6.14: record numbers 0 to 9999
_RECORDS_AT_ONCE = 120  # an answer's byte count is at most 245: two bytes of header and 121 records
_LENGTH_MAX_BYTES = 1_000_000  # bound before believing; a dictionary is about 10 kB
_ILLEGAL_ADDRESS = 2  # exception code: the file ends before that


class FileEntry(NamedTuple):
    """A file of a controller: its first number, what it is, and the size of its content."""

    file: int
    kind: int
    size_bytes: int
    version: int


async def read_directory(link: Link, unit: int) -> list[FileEntry]:
    """Files that the controller serves. Raises Refused where it has no directory, and what the link raises."""
    data = await read_file(link, unit, DIRECTORY_FILE)
    return [FileEntry(*_ROW.unpack_from(data, at)) for at in range(0, len(data) - _ROW.size + 1, _ROW.size)]


async def read_file(link: Link, unit: int, file: int, have: bytearray | None = None) -> bytes:
    """The whole content that begins in `file`. `have` is what is known of its beginning and grows while it is read, so that who
    is interrupted can go on there. Raises MalleeError for an impossible length, and what the link raises."""
    length = await _length(link, unit, file)
    content = bytearray() if have is None else have
    return await _content(link, unit, file, length, content)


async def read_unmixed(link: Link, unit: int, file: int, head_bytes: int) -> bytes | None:
    """The content of a file that the controller may replace at any time, and whose first `head_bytes` change when it does: they
    are read again at the end. None where it was replaced meanwhile. Raises as read_file."""
    length = await _length(link, unit, file)
    try:
        content = await _content(link, unit, file, length, bytearray())
    except Refused as error:
        if error.exception_code != _ILLEGAL_ADDRESS or await _length(link, unit, file) == length:
            raise
        return None  # it is shorter now
    head = min(head_bytes, length)
    again = await _records(link, unit, file, 0, 2 + (head + 1) // 2)
    return content if again[: 4 + head] == length.to_bytes(4, "big") + content[:head] else None


async def _length(link: Link, unit: int, file: int) -> int:
    head = await _records(link, unit, file, 0, 2)
    length = int.from_bytes(head, "big")
    if not 0 < length <= _LENGTH_MAX_BYTES:
        raise MalleeError(
            f"file {file} of {link.address} unit {unit} claims {length} bytes",
            "the file is empty, or this is not a mallee controller",
            "update the controller's firmware",
            ExitCode.REFUSED,
        )
    return length


async def _content(link: Link, unit: int, file: int, length: int, content: bytearray) -> bytes:
    del content[len(content) // 2 * 2 :]  # records have two bytes
    index, end = 2 + len(content) // 2, 2 + (length + 1) // 2
    while index < end:
        number, record = file + index // _RECORDS_IN_FILE, index % _RECORDS_IN_FILE
        count = min(_RECORDS_AT_ONCE, end - index, _RECORDS_IN_FILE - record)
        content += await _records(link, unit, number, record, count)
        index += count
    return bytes(content[:length])


async def _records(link: Link, unit: int, file: int, record: int, count: int) -> bytes:
    request = pdus.read_file(file, record, count)
    for _ in range(_TRIES - 1):
        with suppress(NoAnswer):  # of a hundred requests on a noisy line one is lost, and the file is as good
            return _data(await link.request(unit, request, priority=Priority.PROBE))
    return _data(await link.request(unit, request, priority=Priority.PROBE))


def _data(answer: ModbusPDU) -> bytes:
    return b"".join(item.record_data for item in getattr(answer, "records", ()))
