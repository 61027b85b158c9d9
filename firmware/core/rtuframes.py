"""Lengths of Modbus RTU frames, told from their first bytes (MODBUS Application Protocol V1.1b3, chapter 6).

A frame ends with silence, but its length is known earlier from the function code; so a request can be served inside the
silence that must pass before its answer. Lengths count the unit address and the check sum.
"""

import micropython

from core.wire import crc16_modbus

ADU_MAX = 256  # MODBUS over Serial Line V1.02, 2.3

# Code is kept free of allocation: it runs for each piece of each frame.


@micropython.native
def request_length(data, at, count):
    """Length of the request of which `count` bytes are at data[at:]; 0: not known yet; -1: only silence tells."""
    if count < 2:
        return 0
    function = data[at + 1]
    if 1 <= function <= 6:
        return 8
    if function == 15 or function == 16:
        return 9 + data[at + 6] if count > 6 else 0
    if function == 20 or function == 21:
        return 5 + data[at + 2] if count > 2 else 0
    if function == 22:
        return 10
    if function == 23:
        return 13 + data[at + 10] if count > 10 else 0
    if function == 7 or function == 11 or function == 12 or function == 17:
        return 4
    if function == 8:
        if count < 4:
            return 0
        # Sub-function 0 loops back as much data as the master likes (6.8.1).
        return -1 if data[at + 2] == 0 and data[at + 3] == 0 else 8
    if function == 24:
        return 6
    if function == 43:
        if count < 3:
            return 0
        return 7 if data[at + 2] == 14 else -1
    return -1


def answer_length(data, at, count):
    """The same of an answer. Answers of other units are told apart from requests, and never taken for one."""
    if count < 2:
        return 0
    function = data[at + 1]
    if function & 0x80:
        return 5
    if function <= 4 or function == 12 or function == 17 or function == 20 or function == 21 or function == 23:
        return 5 + data[at + 2] if count > 2 else 0
    if function == 5 or function == 6 or function == 11 or function == 15 or function == 16:
        return 8
    if function == 7:
        return 5
    if function == 22:
        return 10
    return -1


@micropython.native
def whole(data, at, count, length):
    """`length` when so many bytes are at data[at:] and their check sum is right, else 0. -1 as length: all of them."""
    if length == -1:
        length = count
    if not 4 <= length <= ADU_MAX or length > count:
        return 0
    end = at + length
    crc = crc16_modbus(data, at, length - 2)
    return length if data[end - 2] == crc & 0xFF and data[end - 1] == crc >> 8 else 0
