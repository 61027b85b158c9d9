"""The emulator's UART asserts its transmit interrupt as a level, so that machine.UART() never returns.

On the chip the interrupt comes when the FIFO level falls through its trigger (RP2040 data sheet, 4.2.6.4), that is, after
something was written. Mended here on the objects of one emulated chip, not in the library.
"""

from __future__ import annotations

from typing import Any

_DATA = 0x0
_TRANSMIT_INTERRUPT = 1 << 5


def mend(mcu: Any) -> None:
    for uart in mcu.uart:
        _mend(uart)


def _mend(uart: Any) -> None:
    write = uart.write_uint32

    def check_interrupts() -> None:
        uart.rp2040.set_interrupt(uart.irq, bool(uart._interrupt_status & uart._interrupt_mask))

    def write_uint32(offset: int, value: int) -> None:
        write(offset, value)
        if offset == _DATA:
            uart._interrupt_status |= _TRANSMIT_INTERRUPT
            check_interrupts()

    uart.check_interrupts = check_interrupts
    uart.write_uint32 = write_uint32
