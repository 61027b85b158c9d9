"""Modbus RTU frames: check sum, times, and which bytes answer which request.

MODBUS over Serial Line Specification V1.02; lengths from MODBUS Application Protocol V1.1b3, chapter 6.
"""

from __future__ import annotations

CHARACTER_BITS = {"8E1": 11, "8O1": 11, "8N2": 11, "8N1": 10}
ADU_MAX = 256
_FUNCTIONS = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43, 100))
FRAME_MIN = 4
_T35_FIXED_S = 0.00175  # above 19200 Bd (2.5.1.1)


def _crc_table() -> tuple[int, ...]:
    table: list[int] = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()


def crc16(data: bytes | bytearray) -> int:
    """6.2.2; of b"123456789" it is 0x4B37."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def encode(unit: int, pdu: bytes) -> bytes:
    """One ADU: unit, PDU, check sum with its low byte first."""
    body = bytes((unit,)) + pdu
    return body + crc16(body).to_bytes(2, "little")


def character_s(baud: int, framing: str) -> float:
    return CHARACTER_BITS[framing] / baud


def silence_s(baud: int) -> float:
    """3.5 characters of 11 bits; fixed above 19200 Bd."""
    return 3.5 * 11 / baud if baud <= 19200 else _T35_FIXED_S


def answer_length(data: bytes | bytearray, at: int = 0) -> int | None:
    """Bytes of the answer that begins at data[at:], as far as that can be told from its head; None: not yet, or never."""
    count = len(data) - at
    if count < 3:
        return None
    function = data[at + 1]
    if function & 0x80:
        return 5 if function & 0x7F in _FUNCTIONS else None
    if function in (1, 2, 3, 4, 12, 17, 20, 21, 23):
        return 5 + data[at + 2]
    if function in (5, 6, 8, 11, 15, 16):
        return 8
    if function == 22:
        return 10
    if function == 7:
        return 5
    if function == 43:
        return _identification_length(data, at)
    return None


def request_length(data: bytes | bytearray, at: int = 0) -> int | None:
    """Bytes of the request that begins at data[at:]; None: not yet, or never."""
    count = len(data) - at
    if count < 3:
        return None
    function = data[at + 1]
    if function in (1, 2, 3, 4, 5, 6, 8):  # FC08 may be longer (6.8), but the data of all its functions is one word
        return 8
    if function in (7, 11, 12, 17):
        return 4
    if function in (15, 16):
        return None if count < 7 else 9 + data[at + 6] if _counts_agree(data, at) else None
    if function in (20, 21):
        return 5 + data[at + 2]
    if function == 22:
        return 10
    if function == 23:
        return None if count < 11 else 13 + data[at + 10]
    if function == 24:
        return 6
    if function == 43:
        return 7
    return None


def _counts_agree(data: bytes | bytearray, at: int) -> bool:
    """The answer to FC15 and FC16 begins as the request does; where a request has its count of bytes, it has a check sum."""
    quantity, size = int.from_bytes(data[at + 4 : at + 6], "big"), data[at + 6]
    return size > 0 and size == (2 * quantity if data[at + 1] == 16 else (quantity + 7) // 8)


def known_function(function: int) -> bool:
    """The standard has it, or mallee: the length of its frames can be told."""
    return function & 0x7F in _FUNCTIONS


def _identification_length(data: bytes | bytearray, at: int) -> int | None:
    """FC43/14: a list of objects, each with its length (6.21)."""
    end = at + 8
    if len(data) < end:
        return None
    for _ in range(data[at + 7]):
        if len(data) < end + 2:
            return None
        end += 2 + data[end + 1]
    return end + 2 - at


def whole(data: bytes | bytearray, at: int, length: int | None) -> bool:
    """There is a frame of this length at data[at:], with a good check sum."""
    if length is None or not FRAME_MIN <= length <= ADU_MAX or at + length > len(data):
        return False
    return crc16(data[at : at + length]) == 0  # of a frame with its own check sum it is 0


def mirrored(request: bytes) -> bool:
    """The good answer to this request PDU has the same bytes: an echo cannot be told from it."""
    return request[0] in (5, 6, 8, 21, 22)


def asks(data: bytes | bytearray) -> bool:
    """This good frame is a request, whatever was before it: as an answer it would have another length."""
    return data[0] == 0 or request_length(data) == len(data) != answer_length(data)


def fits(request: bytes, answer: bytes) -> bool:
    """The answer PDU can belong to the request PDU. Another of the same kind and size would fit too: see resync.py."""
    function = request[0]
    if answer[0] == function | 0x80:
        return len(answer) == 2
    if answer[0] != function or len(answer) < 2:
        return False
    if function == 8 and request[1:3] != b"\0\0":  # a counter, not a loopback
        return answer[1:3] == request[1:3] and len(answer) == 5
    if mirrored(request):
        return answer == request
    if function in (15, 16):
        return answer == request[:5]
    if function in (1, 2):
        return answer[1] == (int.from_bytes(request[3:5], "big") + 7) // 8 == len(answer) - 2
    if function in (3, 4, 23):
        return answer[1] == 2 * int.from_bytes(request[3:5], "big") == len(answer) - 2
    if function == 20:
        return answer[1] == sum(
            2 + 2 * int.from_bytes(request[at + 5 : at + 7], "big") for at in range(2, len(request), 7)
        )
    if function == 43:
        return len(answer) >= 7 and answer[1] == request[1]
    return True
