"""The hard tick on an RP2040: one PIO state machine interrupts 1000 times a second (RP2040 data sheet, 3.4.9 and 3.5.7).

Timer(hard=True) came to this port with MicroPython 1.26; a PIO interrupt is hard on older ones too. Should the handler
ever raise, the port prints the exception and never calls it again, and nothing here notices: tick_count stands still.
"""

# pyright: reportUndefinedVariable=false, reportCallIssue=false
# (irq and rel are words of the PIO assembler, which rp2.asm_pio makes known)

import rp2
from micropython import const

from core.starting import at_start

_STEP_HZ = const(10_000)  # divides 125 MHz exactly; the slowest the divider can do is 1907 Hz


@rp2.asm_pio()
def _each_ms():
    irq(rel(0))[9]  # noqa: F821, E211 - ten steps of 100 us


@at_start
def start(callback):
    machine = rp2.StateMachine(0, _each_ms, freq=_STEP_HZ)
    machine.irq(callback, hard=True)
    machine.active(1)
    return machine
