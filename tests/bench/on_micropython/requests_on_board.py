"""Run under MicroPython on a board: what a Modbus RTU request costs between its last byte and its answer's first, without the
line: length, check sum, serving, check sum of the answer. Prints a dictionary of name: (worst microseconds, heap bytes)."""

import gc
from time import ticks_diff, ticks_us

import micropython
from core.bank import Bits, Table
from core.modbus import Server
from core.rtuframes import request_length, whole
from core.wire import crc16_modbus
from pdus import PDUS, Registers

ROUNDS = 10
UNIT = 17

holdings = Table((Registers,), writable=True)
server = Server(holdings, holdings, Bits([]), Bits([]), lambda number: None, {0: b"x"})
answer = bytearray(256)


@micropython.native
def serve(window, count):
    """What core.rtu.RtuServer does of a frame of `count` bytes; the length of its answer."""
    if not whole(window, 0, count, request_length(window, 0, count)):
        return 0
    length = server.handle(window, 1, count - 3, answer, 1) + 1
    answer[0] = UNIT
    crc = crc16_modbus(answer, 0, length)
    answer[length] = crc & 0xFF
    answer[length + 1] = crc >> 8
    return length + 2


def nothing(window, count):
    pass


def elapsed_us(function, window, count):
    began = ticks_us()
    function(window, count)
    return ticks_diff(ticks_us(), began)


found = {}
for name, pdu in PDUS.items():
    window = bytearray(bytes((UNIT,)) + pdu + b"--")
    count = len(window)
    crc = crc16_modbus(window, 0, count - 2)
    window[count - 2], window[count - 1] = crc & 0xFF, crc >> 8
    assert serve(window, count) > 4 and answer[1] == pdu[0], name
    empty_us = min(elapsed_us(nothing, window, count) for _ in range(5))
    worst_us = max(elapsed_us(serve, window, count) for _ in range(ROUNDS)) - empty_us
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    serve(window, count)
    found[name] = (worst_us, gc.mem_alloc() - before)
    gc.enable()
print(found)
