"""Pulses by a PIO state machine of an RP2040 (its data sheet, chapter 3): the time of each rising edge, to 1.2 us.

Four times fit into the machine's memory; those that come while it is full are dropped. So a fast train is measured over the
first four edges since it was read last, and of a slow one each edge is there.
"""

# pyright: reportUndefinedVariable=false, reportCallIssue=false, reportIndexIssue=false, reportOperatorIssue=false
# (the words of the PIO assembler are made known by rp2.asm_pio)
# ruff: noqa: F821, E211

from time import ticks_add, ticks_diff, ticks_ms

import rp2
from machine import Pin
from micropython import const

from drivers.pulses import SILENT_ms, fading

_CLOCK_HZ = const(2_500_000)  # divides 125 MHz exactly
_STEPS = const(3)  # a turn of each loop, and y counts the turns down
_DEPTH = const(4)
_FIRST = const(4)  # machine: PIO 0 has those of tick and line
_used = []


@rp2.asm_pio()
def _edges():
    wrap_target()
    label("low")
    jmp(y_dec, "waiting")
    label("waiting")
    jmp(pin, "edge")
    jmp("low")
    label("edge")
    mov(isr, y)
    push(noblock)
    jmp(y_dec, "high")[1]  # the way over the edge takes two turns
    label("high")
    jmp(y_dec, "staying")[1]
    label("staying")
    jmp(pin, "high")
    wrap()


class Pulses:
    def __init__(self, pin):
        number = _FIRST + len(_used)
        _used.append(number)
        self._machine = machine = rp2.StateMachine(number, _edges, freq=_CLOCK_HZ, jmp_pin=Pin(pin, Pin.IN))
        machine.active(1)
        self._last = None  # time of the newest edge, where none was dropped behind it
        self._came_ms = ticks_ms()
        self._hertz = None

    def hertz(self):
        machine, first, last, edges, got = self._machine, self._last, None, 0, 0
        while got < _DEPTH and machine.rx_fifo():
            last = machine.get()
            got += 1
            if first is None:
                first = last
            else:
                edges += 1
        now = ticks_ms()
        if last is None:
            silent_ms = ticks_diff(now, self._came_ms)
            self._hertz = fading(self._hertz, silent_ms)
            if silent_ms >= SILENT_ms:
                self._last = None
                self._came_ms = ticks_add(now, -SILENT_ms)  # ticks wrap: a silence of days must not become young
            return self._hertz
        self._came_ms = now
        # Full: others may have come behind it, and the time from here to the next one is not known.
        self._last = None if got == _DEPTH else last
        if edges and first is not None:
            self._hertz = _CLOCK_HZ / _STEPS * edges / (first - last & 0xFFFFFFFF)
        return self._hertz
