"""What a unit must answer, written from the specification and the dictionary; the firmware is not looked at.

One ModelBank answers request PDUs with the PDUs that MODBUS Application Protocol V1.1b3 and the wire contract demand.
"""

from __future__ import annotations

import struct

from mallee.device.codec import encode
from mallee.device.dictionary import SENTINEL, Dictionary, Point

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


class Exceptional(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


class ModelBank:
    """Holding registers from `first_holding` up, all input registers, and `coils` coils from 0."""

    def __init__(self, dictionary: Dictionary, first_holding: int, coils: int) -> None:
        points = dictionary.points
        self.holding_points = {p.address: p for p in points if p.table == "holding" and p.address >= first_holding}
        self.holdings = _words(list(self.holding_points.values()))
        self.inputs = _words([p for p in points if p.table == "input"])
        self.coils = dict.fromkeys(range(coils), 0)

    def answer(self, request: bytes) -> bytes:
        function = request[0]
        try:
            return bytes((function,)) + self._answer(function, request[1:])
        except Exceptional as exceptional:
            return bytes((function | 0x80, exceptional.code))

    def _answer(self, function: int, body: bytes) -> bytes:
        if function in (3, 4):
            address, count = _exactly(">HH", body)
            _count(count, 125)
            return _registers(self.holdings if function == 3 else self.inputs, address, count)
        if function == 1:
            address, count = _exactly(">HH", body)
            _count(count, 2000)
            bits = [_at(self.coils, address + i) for i in range(count)]
            return bytes((-(-count // 8),)) + _packed(bits)
        if function == 5:
            address, value = _exactly(">HH", body)
            if value not in (0, 0xFF00):
                raise Exceptional(ILLEGAL_VALUE)
            _at(self.coils, address)
            self.coils[address] = value >> 15
            return body
        if function == 15:
            address, count, size = _head(">HHB", body)
            _count(count, 1968)
            if size != -(-count // 8) or len(body) != 5 + size:
                raise Exceptional(ILLEGAL_VALUE)
            for i in range(count):
                _at(self.coils, address + i)
            for i in range(count):
                self.coils[address + i] = body[5 + i // 8] >> i % 8 & 1
            return body[:4]
        if function == 6:
            address, value = _exactly(">HH", body)
            self._write(address, (value,))
            return body
        if function == 16:
            address, count, size = _head(">HHB", body)
            _count(count, 123)
            if size != 2 * count or len(body) != 5 + size:
                raise Exceptional(ILLEGAL_VALUE)
            self._write(address, struct.unpack(f">{count}H", body[5:]))
            return body[:4]
        if function == 22:
            address, mask, bits = _exactly(">HHH", body)
            word = _at(self.holdings, address)
            self._write(address, (word & mask | bits & ~mask & 0xFFFF,))
            return body
        if function == 23:
            read, wanted, address, count, size = _head(">HHHHB", body)
            _count(wanted, 125)
            _count(count, 121)
            if size != 2 * count or len(body) != 9 + size:
                raise Exceptional(ILLEGAL_VALUE)
            _registers(self.holdings, read, wanted)
            self._write(address, struct.unpack(f">{count}H", body[9:]))
            return _registers(self.holdings, read, wanted)
        raise Exceptional(ILLEGAL_FUNCTION)

    def _write(self, address: int, words: tuple[int, ...]) -> None:
        for i in range(len(words)):
            _at(self.holdings, address + i)
        _contiguous(self.holdings, address, len(words))
        at = 0
        while at < len(words):
            point = self.holding_points.get(address + at)
            if point is None or at + point.registers > len(words):
                raise Exceptional(ILLEGAL_VALUE)
            raw = 0
            for word in words[at : at + point.registers]:
                raw = raw << 16 | word
            if not _allowed(point, raw):
                raise Exceptional(ILLEGAL_VALUE)
            at += point.registers
        for i, word in enumerate(words):
            self.holdings[address + i] = word


def _allowed(point: Point, raw: int) -> bool:
    if raw == SENTINEL[point.kind]:
        return point.default is None
    if point.kind in ("s16", "s32"):
        half = 1 << 16 * point.registers - 1
        raw = (raw ^ half) - half
    assert point.low is not None and point.high is not None
    return round(point.low / 10**point.scale) <= raw <= round(point.high / 10**point.scale)


def _words(points: list[Point]) -> dict[int, int]:
    words: dict[int, int] = {}
    for point in points:
        if point.kind == "text":
            values = [0] * point.registers
        elif point.kind == "quality":
            values = [0xFFFF] * point.registers
        elif point.table == "holding":
            values = encode(point, point.default)
        else:
            values = [SENTINEL[point.kind] >> 16 * i & 0xFFFF for i in range(point.registers - 1, -1, -1)]
        words.update({point.address + i: value for i, value in enumerate(values)})
    return words


def _registers(table: dict[int, int], address: int, count: int) -> bytes:
    _contiguous(table, address, count)
    return bytes((2 * count,)) + struct.pack(f">{count}H", *(table[address + i] for i in range(count)))


def _contiguous(table: dict[int, int], address: int, count: int) -> None:
    for i in range(count):
        _at(table, address + i)


def _at(table: dict[int, int], address: int) -> int:
    if address not in table:
        raise Exceptional(ILLEGAL_ADDRESS)
    return table[address]


def _count(count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise Exceptional(ILLEGAL_VALUE)


def _exactly(form: str, body: bytes) -> tuple[int, ...]:
    if len(body) != struct.calcsize(form):
        raise Exceptional(ILLEGAL_VALUE)
    return struct.unpack(form, body)


def _head(form: str, body: bytes) -> tuple[int, ...]:
    if len(body) < struct.calcsize(form):
        raise Exceptional(ILLEGAL_VALUE)
    return struct.unpack_from(form, body)


def _packed(bits: list[int]) -> bytes:
    data = bytearray(-(-len(bits) // 8))
    for i, bit in enumerate(bits):
        data[i // 8] |= bit << i % 8
    return bytes(data)
