"""Bytes: copying, big-endian words and check sums without allocating anything."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)
from array import array

import micropython


@micropython.viper
def copy(target: ptr8, at: int, source: ptr8, start: int, count: int):
    """count bytes from source[start:] to target[at:]; a slice would allocate (a memoryview's too)."""
    for i in range(count):
        target[at + i] = source[start + i]


@micropython.viper
def move_bits(target: ptr8, at: int, source: ptr8, start: int, count: int):
    """count bits from bit number `start` of source to bit number `at` of target; bit 0 is the lowest of the first byte."""
    for i in range(count):
        to, of = at + i, start + i
        if source[of >> 3] >> (of & 7) & 1:
            target[to >> 3] |= 1 << (to & 7)
        else:
            target[to >> 3] &= ~(1 << (to & 7))


@micropython.viper
def compare(a: ptr8, at: int, b: ptr8, start: int, count: int, signed: int) -> int:
    """Order of two big-endian numbers of `count` bytes: -1, 0 or 1. As integers, wide ones would be allocated."""
    flip = 0x80 if signed else 0
    for i in range(count):
        x, y = a[at + i] ^ flip, b[start + i] ^ flip
        if x != y:
            return 1 if x > y else -1
        flip = 0
    return 0


@micropython.viper
def same(a: ptr8, at: int, b: ptr8, start: int, count: int) -> int:
    for i in range(count):
        if a[at + i] != b[start + i]:
            return 0
    return 1


def get16(data, at):
    return data[at] << 8 | data[at + 1]


def put16(data, at, value):
    data[at] = value >> 8 & 0xFF
    data[at + 1] = value & 0xFF


def get32(data, at):
    return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]


def _crc16_table():
    table = array("H", [0] * 256)
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
        table[byte] = crc
    return table


CRC16 = _crc16_table()  # 512 bytes of heap halve the cost of a converter's frame in the hard tick


@micropython.viper
def _crc16(data: ptr8, count: int, table: ptr16) -> int:
    crc = 0xFFFF
    for i in range(count):
        crc = (crc << 8 ^ table[crc >> 8 ^ data[i]]) & 0xFFFF
    return crc


@micropython.viper
def crc16_modbus(data: ptr8, start: int, count: int) -> int:
    """CRC-16 of Modbus RTU (MODBUS over Serial Line V1.02, 6.2.2), sent low byte first. Of b"123456789": 0x4B37."""
    crc = 0xFFFF
    for i in range(start, start + count):
        # The eight steps of polynomial 0xA001 at once: all but their parity are two shifts. No table to keep in memory.
        x = (crc ^ data[i]) & 0xFF
        crc = (crc >> 8) ^ (x << 6) ^ (x << 7)
        x ^= x >> 4
        if (0x6996 >> (x & 15)) & 1:
            crc ^= 0xC001
    return crc & 0xFFFF


def crc16_ccitt(data, count):
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF. crc16_ccitt(b"123456789", 9) == 0x29B1."""
    return _crc16(data, count, CRC16)
