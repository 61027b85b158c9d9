"""The MBAP stream: cut Modbus TCP frames out of whatever pieces the network delivers.

MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1: transaction id, protocol id 0, length, unit, PDU.
One read is not one frame, and a length is bounded before it is believed: unit and function code make at least
2 bytes, an ADU has at most 260, so the length field is 2 to 254.
"""

from __future__ import annotations

from typing import NamedTuple

from .failures import Malformed

HEADER_BYTES = 7
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
    return transaction.to_bytes(2, "big") + b"\0\0" + length.to_bytes(2, "big") + bytes((unit,)) + pdu


class MbapStream:
    """Feed bytes, get frames. After Malformed the stream is out of step for good and the connection must be
    closed."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are now complete, in order. Raises Malformed as soon as a header cannot be one."""
        self._buffer += data
        frames: list[Frame] = []
        while len(self._buffer) >= 6:
            transaction, protocol, length = (int.from_bytes(self._buffer[at : at + 2], "big") for at in (0, 2, 4))
            if protocol != 0:
                raise Malformed(f"protocol id {protocol}, 0 is Modbus")
            if not LENGTH_MIN <= length <= LENGTH_MAX:
                raise Malformed(f"length {length}, {LENGTH_MIN} to {LENGTH_MAX} are possible")
            end = 6 + length
            if len(self._buffer) < end:
                break
            frames.append(Frame(transaction, self._buffer[6], bytes(self._buffer[HEADER_BYTES:end])))
            del self._buffer[:end]
        return frames

    @property
    def waiting_bytes(self) -> int:
        """Bytes of a frame that is not complete yet: at most 259."""
        return len(self._buffer)
