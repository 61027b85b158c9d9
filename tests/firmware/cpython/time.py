"""CPython's time, with MicroPython's ticks."""

from utime import *  # noqa: F403
from utime import perf_counter_ns, sleep

_MASK = (1 << 30) - 1


def ticks_us():
    return perf_counter_ns() // 1000 & _MASK


def ticks_ms():
    return perf_counter_ns() // 1_000_000 & _MASK


def ticks_add(ticks, delta):
    return ticks + delta & _MASK


def ticks_diff(later, earlier):
    return (later - earlier + (1 << 29) & _MASK) - (1 << 29)


def sleep_ms(ms):
    sleep(ms / 1000)


def sleep_us(us):
    sleep(us / 1_000_000)
