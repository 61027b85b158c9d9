"""The module `time` of a virtual board: virtual time, ticks that wrap at 2**30 like a board's and start just before it.

Ticks wrap 4 s (ms) and 3 s (us) after the start, so that every run meets the wrap. The clock starts like that of the RP2
port: 2021-01-01 until somebody sets it. Running code takes no time; only sleeping does.
"""

import _world
import utime
from micropython import const

_MASK = const((1 << 30) - 1)
_MS_OFFSET = const((1 << 30) - 4_000)
_US_OFFSET = const((1 << 30) - 3_000_000)
_HALF = const(1 << 29)
_EPOCH_S = const(1609459200)

gmtime = utime.gmtime
mktime = utime.mktime


def ticks_ms():
    return (_world.now // 1000 + _MS_OFFSET) & _MASK


def ticks_us():
    return (_world.now + _US_OFFSET) & _MASK


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    if not -_HALF <= delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return (ticks + delta) & _MASK


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & _MASK) - _HALF


def sleep_us(us):
    if us > 0:
        _world.advance(_world.now + us, False)


def sleep_ms(ms):
    if ms > 0:
        _world.advance(_world.now + ms * 1000, False)


def sleep(seconds):
    if seconds > 0:
        _world.advance(_world.now + int(seconds * 1_000_000), False)


def time():
    return _EPOCH_S + _world.now // 1_000_000


def time_ns():
    return _EPOCH_S * 1_000_000_000 + _world.now * 1000


def localtime(seconds=None):
    return gmtime(time() if seconds is None else seconds)
