"""Bytes: copying, big-endian words and check sums without allocating anything."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)
from array import array

import micropython
from micropython import const

from core.starting import at_start


@micropython.viper
def copy(target: ptr8, at: int, source: ptr8, start: int, count: int):
    """count bytes from source[start:] to target[at:], upwards; a slice would allocate (a memoryview's too)."""
    end = at + count
    while at + 8 <= end:  # eight in a turn: most of a short turn is the turn itself
        target[at] = source[start]
        target[at + 1] = source[start + 1]
        target[at + 2] = source[start + 2]
        target[at + 3] = source[start + 3]
        target[at + 4] = source[start + 4]
        target[at + 5] = source[start + 5]
        target[at + 6] = source[start + 6]
        target[at + 7] = source[start + 7]
        at += 8
        start += 8
    while at < end:
        target[at] = source[start]
        at += 1
        start += 1


@micropython.viper
def zero(target: ptr8, at: int, count: int):
    for i in range(at, at + count):
        target[i] = 0


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
def compare(a: ptr8, at: int, b: ptr8, start: int, count: int) -> int:
    """Order of two unsigned big-endian numbers of `count` bytes: -1, 0 or 1. As integers, wide ones would be allocated."""
    for i in range(count):
        x, y = a[at + i], b[start + i]
        if x != y:
            return 1 if x > y else -1
    return 0


# What may be written to a register, a byte each: the width of the value that begins here (0: none does), and these.
SIGNED = const(0x80)
OPTIONAL = const(0x40)  # "not available" may be written


@micropython.viper
def within(data: ptr8, at: int, shapes: ptr8, low: ptr8, high: ptr8, register: int, count: int) -> int:
    """True when data[at:], `count` registers in wire order, are whole values within the limits from `register` on; `low` and
    `high` are images of the limits, in wire order too. Integers of wide values would be allocated."""
    end = register + count
    while register < end:
        shape = shapes[register]
        width = shape & 7
        if width == 0 or register + width > end:
            return 0
        flip = shape & 0x80
        absent = 0x80 if flip else 0xFF  # the sentinel, byte by byte
        unlike = 0
        below = above = 0
        for i in range(2 * width):
            byte = data[at + i]
            if byte != absent:
                unlike = 1
            if flip:
                absent = 0
            order = (byte ^ flip) - (low[2 * register + i] ^ flip)
            if below == 0 and order:
                below = -1 if order < 0 else 1
            order = (byte ^ flip) - (high[2 * register + i] ^ flip)
            if above == 0 and order:
                above = -1 if order < 0 else 1
            flip = 0
        if (below < 0 or above > 0) and (unlike or not shape & 0x40):
            return 0
        register += width
        at += 2 * width
    return 1


@micropython.viper
def same(a: ptr8, at: int, b: ptr8, start: int, count: int) -> int:
    for i in range(count):
        if a[at + i] != b[start + i]:
            return 0
    return 1


@micropython.native
def get16(data, at):
    return data[at] << 8 | data[at + 1]


@micropython.native
def put16(data, at, value):
    data[at] = value >> 8 & 0xFF
    data[at + 1] = value & 0xFF


def get32(data, at):
    return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]


@micropython.viper
@at_start
def _crc16_table(table: ptr16):
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x1021 if crc & 0x8000 else 0)
        table[byte] = crc & 0xFFFF


CRC16 = array("H", bytes(512))
_crc16_table(CRC16)  # 512 bytes of heap halve the cost of a converter's frame in the hard tick


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
