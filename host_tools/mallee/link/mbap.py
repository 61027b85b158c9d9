"""The MBAP stream: cut Modbus TCP frames out of whatever pieces the network delivers.

MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1: transaction id, protocol id 0, length, unit, PDU.
One read is not one frame, and a length is bounded before it is believed: unit and function code make at least
2 bytes, an ADU has at most 260, so the length field is 2 to 254.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .failures import Malformed

HEADER_BYTES = 7
_HEADER = struct.Struct(">HHHB")
_HEAD = struct.Struct(">HHH")
LENGTH_MIN = 2
LENGTH_MAX = 254


class Frame(NamedTuple):
    transaction: int
    unit: int
    pdu: bytes


def encode(transaction: int, unit: int, pdu: bytes) -> bytes:
    """One ADU. `pdu` is the function code and its data, 1 to 253 bytes."""
    length = len(pdu) + 1
    if not LENGTH_MIN <= length <= LENGTH_MAX:
        raise ValueError(f"a PDU has 1 to 253 bytes, not {len(pdu)}")
    return _HEADER.pack(transaction, 0, length, unit) + pdu


class MbapStream:
    """Feed bytes, get frames. After Malformed the stream is out of step for good and the connection must be
    closed."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are now complete, in order. Raises Malformed as soon as a header cannot be one."""
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        at, size = 0, len(buffer)
        while size - at >= 6:
            transaction, protocol, length = _HEAD.unpack_from(buffer, at)
            if protocol != 0:
                raise Malformed(f"protocol id {protocol}, 0 is Modbus")
            if not LENGTH_MIN <= length <= LENGTH_MAX:
                raise Malformed(f"length {length}, {LENGTH_MIN} to {LENGTH_MAX} are possible")
            end = at + 6 + length
            if size < end:
                break
            frames.append(Frame(transaction, buffer[at + 6], bytes(buffer[at + HEADER_BYTES : end])))
            at = end
        if at:
            del buffer[:at]
        return frames

    @property
    def waiting_bytes(self) -> int:
        """Bytes of a frame that is not complete yet: at most 259."""
        return len(self._buffer)
