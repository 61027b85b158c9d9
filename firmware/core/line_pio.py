"""What of an RS-485 line a main loop is too late for, by PIO state machines of an RP2040 (its data sheet, chapter 3).

The main loop may be away for 25 ms (regulation, the collector). A driver that stays on that long tears the next request, and
silence that nobody looked at cannot be counted. So one state machine watches the transmit pin and lets the driver go, another
one watches the receive pin and measures silence. Both follow the start bits themselves, whatever the processor does.
"""

# pyright: reportUndefinedVariable=false, reportCallIssue=false, reportIndexIssue=false, reportOperatorIssue=false
# (the words of the PIO assembler are made known by rp2.asm_pio)
# ruff: noqa: F821, E211

import micropython
import rp2
from micropython import const

from core.starting import at_start

_DIRECTION, _SILENCE = const(1), const(2)  # machines of PIO 0; the hard tick has 0 (core/tick_pio.py)
_CLOCK_HZ = const(2_500_000)  # divides 125 MHz exactly
# Steps of a character that are not in its inner loop: up to one of waiting for the edge, one each for mov, the last turn of
# the loop and jmp; and one more, for UART divisors are rounded. Start bits last long enough never to be missed.
_OVERHEAD = const(5)
_PULL, _TO_INPUT_REGISTER, _RELEASE = const(0x80A0), const(0xA0C7), const(0xE000)  # pull, mov isr osr, set pins 0
_OFFSET = const(1)  # place of a program's address in what asm_pio returns
_FLAG = const(4)  # of the PIO; flags from 4 on interrupt nobody
_FLAGS = const(0x50200030)  # register IRQ of PIO 0


@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)
def _drive():
    wrap_target()
    pull()  # characters of the frame, less one
    mov(x, osr)
    set(pins, 1)
    label("character")
    wait(0, pin, 0)  # its start bit
    mov(y, isr)  # steps of a character
    label("bits")
    jmp(y_dec, "bits")
    jmp(x_dec, "character")
    nop()[4]  # _OVERHEAD less one: to the end of the last stop bit
    set(pins, 0)
    wrap()


@rp2.asm_pio()
def _listen():
    wrap_target()
    label("character")
    wait(0, pin, 0)  # its start bit
    irq(clear, 4)
    mov(y, isr)  # steps to the middle of its last stop bit, so that a master's clock may differ
    label("bits")
    jmp(y_dec, "bits")
    mov(y, osr)  # steps of silence, two instructions each
    label("quiet")
    jmp(pin, "still")
    jmp("character")
    label("still")
    jmp(y_dec, "quiet")
    irq(4)
    wrap()


@at_start
def _load(machine, value):
    """Put a number into a machine's input register, where its program keeps it."""
    machine.put(value)
    machine.exec(_PULL)
    machine.exec(_TO_INPUT_REGISTER)


class Direction:
    """Called with the number of characters just before they are written, and with 0 when they are known to be out."""

    @at_start
    def __init__(self, transmit, direction, baud, bits):
        self._machine = rp2.StateMachine(_DIRECTION, _drive, freq=_CLOCK_HZ, in_base=transmit, set_base=direction)
        _load(self._machine, bits * _CLOCK_HZ // baud - _OVERHEAD)
        self._machine.active(1)
        self._begin = _drive[_OFFSET]  # an address is its own jmp instruction

    def __call__(self, characters):
        if characters:
            self._machine.put(characters - 1)
        else:  # it has let go long ago; should it ever have missed a start bit, the bus must not stay blocked
            self._machine.exec(self._begin)
            self._machine.exec(_RELEASE)


class Silence:
    """True when called means: now the line has been silent for `silence_us` since the last stop bit."""

    @at_start
    def __init__(self, receive, baud, bits, silence_us):
        half_bit = _CLOCK_HZ // (2 * baud)
        self._machine = machine = rp2.StateMachine(_SILENCE, _listen, freq=_CLOCK_HZ, in_base=receive, jmp_pin=receive)
        _load(machine, (2 * bits - 1) * _CLOCK_HZ // (2 * baud) - _OVERHEAD)
        machine.put((silence_us * (_CLOCK_HZ // 100_000) // 10 + half_bit + _OVERHEAD) // 2 + 1)
        machine.exec(_PULL)
        machine.active(1)

    @micropython.viper
    def __call__(self) -> bool:
        return bool(ptr32(_FLAGS)[0] & (1 << _FLAG))
