"""What a request asks for, taken apart as a device does: one that is cut off or contradicts itself is an illegal value. Pure."""

from __future__ import annotations

import struct

from ..link import pdus


class Exception_(Exception):
    """An exception answer; the argument is its code."""


def numbers(layout: str, data: bytes) -> tuple[int, ...]:
    """The numbers that `data` consists of, and nothing else. Raises Exception_."""
    try:
        return struct.unpack(f">{layout}", data)
    except struct.error:
        raise Exception_(3) from None


def written(function: int, data: bytes) -> tuple[int, list[int]]:
    """The first address of a write request and its words or bits. Raises Exception_."""
    if function in (5, 6):
        address, word = numbers("HH", data)
        if function == 5 and word not in (0, 0xFF00):
            raise Exception_(3)
        return address, [word if function == 6 else int(bool(word))]
    address, count, size = numbers("HHB", data[:5])
    content = data[5:]
    whole = (count + 7) // 8 if function == 15 else 2 * count
    most = pdus.WRITE_BITS_MAX if function == 15 else pdus.WRITE_REGISTERS_MAX
    if not 1 <= count <= most or not size == len(content) == whole:
        raise Exception_(3)
    if function == 15:
        return address, [content[index // 8] >> index % 8 & 1 for index in range(count)]
    return address, list(numbers(f"{count}H", content))
