"""The UART of one emulated chip with the times of its line: RP2040 data sheet, 4.2; ARM PL011 (DDI 0183), 2.4 and 3.3.

The emulator's own UART sends each byte at once and asserts its transmit interrupt for ever, so that machine.UART() never returns.
Mended here on the objects of one chip, not in the library: characters take their bits at the divisor's speed, both FIFOs are
32 deep, flags and interrupts follow their levels, and the transmit pin moves with the bits, so that a PIO program can watch it.
Left out: break, modem lines, parity errors (a parity bit takes its time, and is sent right), DMA requests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from .clocks import peripheral_Hz

_DR, _FR, _LCR_H, _IFLS, _IMSC, _ICR = 0x00, 0x18, 0x2C, 0x34, 0x38, 0x44
_BUSY, _RXFE, _TXFF, _RXFF, _TXFE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
_RX, _TX, _RX_TIMEOUT, _OVERRUN = 1 << 4, 1 << 5, 1 << 6, 1 << 10
_PEN, _EVEN, _STP2, _FEN = 1 << 1, 1 << 2, 1 << 3, 1 << 4
_DATA_OVERRUN = 1 << 11
_DEPTH = 32
_LEVELS = (4, 8, 16, 24, 28)  # of 32: UARTIFLS, 1/8 to 7/8
_TIMEOUT_BITS = 32
_UART_FUNCTION = 2


class _Wire:
    """The level of a line at whichever of `pins` belongs to the UART now."""

    def __init__(self, mcu: Any, pins: tuple[int, ...]) -> None:
        self._mcu = mcu
        self._pins = pins
        self._edges: deque[tuple[float, bool]] = deque()
        self._alarm = mcu.clock.create_alarm(self._next)

    def play(self, levels: list[bool], bit_ns: float) -> None:
        """One level after the other from now on; the last one stays."""
        now_ns = self._mcu.clock.nanos
        for index, level in enumerate(levels):
            if index == 0 or level != levels[index - 1]:
                self._edges.append((now_ns + index * bit_ns, level))
        self._next()

    def stop(self) -> None:
        self._alarm.cancel()
        self._edges.clear()

    def drive(self, level: bool) -> None:
        for pin in self._pins:
            if self._mcu.gpio[pin].function_select == _UART_FUNCTION:
                self._mcu.gpio[pin].set_input_value(level)

    def _next(self) -> None:
        now_ns = self._mcu.clock.nanos
        while self._edges and self._edges[0][0] <= now_ns + 1:
            self.drive(self._edges.popleft()[1])
        if self._edges:
            self._alarm.schedule(self._edges[0][0] - now_ns)


class Uart:
    """One UART. `sent` is called at the end of each character that left: (began_us, byte). `hear` is a character that came."""

    def __init__(self, mcu: Any, number: int) -> None:
        self._mcu = mcu
        self._port = mcu.uart[number]
        pins = (
            (4, 8, 20, 24) if number else (0, 12, 16, 28)
        )  # that can be its transmitter; the next one is its receiver, 1.4.3
        self._transmit, self._receive = _Wire(mcu, pins), _Wire(mcu, tuple(pin + 1 for pin in pins))
        self.sent: Callable[[float, int], None] = lambda began_us, byte: None
        self.lost = 0  # characters that came while the receive FIFO was full
        self._out: deque[int] = deque()
        self._in: deque[int] = deque()
        self._shifting: int | None = None
        self._began_ns = 0.0
        self._overrun = False
        self._levels = 0x12  # UARTIFLS after reset: both at half
        self._ended = mcu.clock.create_alarm(self._character_ended)
        self._timed_out = mcu.clock.create_alarm(self._receive_timed_out)
        self._library_read, self._library_write = self._port.read_uint32, self._port.write_uint32
        self._library_reset = self._port.reset
        self._port.read_uint32, self._port.write_uint32 = self._read, self._write
        self._port.check_interrupts, self._port.reset = self._check, self._reset
        self._port.feed_byte = self.hear

    @property
    def bit_ns(self) -> float:
        return 16e9 * (self._port.baud_divider or 1) / peripheral_Hz(self._mcu)

    @property
    def bits(self) -> int:
        """Of one character: start, data, parity, stop (UARTLCR_H)."""
        control = self._port._line_ctrl_register
        return 2 + self._port.word_length + bool(control & _PEN) + bool(control & _STP2)

    @property
    def character_ns(self) -> float:
        return self.bits * self.bit_ns

    def begin(self, byte: int) -> None:
        """The start bit of a character comes now; hear() it when it is complete."""
        self._receive.play(self._levels_of(byte), self.bit_ns)

    def hear(self, byte: int) -> None:
        """A character that came is complete now."""
        port = self._port
        if not (port.enabled and port.rx_enabled):
            return
        if len(self._in) >= self._depth:
            self.lost += 1
            self._overrun = True
            port._interrupt_status |= _OVERRUN
            self._check()
            return
        self._in.append(byte | (_DATA_OVERRUN if self._overrun else 0))
        self._overrun = False
        if len(self._in) >= _LEVELS[min(self._levels >> 3 & 7, 4)] or not self._fifos:
            port._interrupt_status |= _RX
        self._timed_out.schedule(_TIMEOUT_BITS * self.bit_ns)
        self._check()

    def _levels_of(self, byte: int) -> list[bool]:
        """Start bit, data from the lowest bit on, parity, stop."""
        control = self._port._line_ctrl_register
        levels = [False] + [bool(byte >> bit & 1) for bit in range(self._port.word_length)]
        if control & _PEN:
            levels.append((sum(levels) & 1 == 1) == bool(control & _EVEN))
        return [*levels, True]

    # Registers.

    @property
    def _fifos(self) -> bool:
        return bool(self._port._line_ctrl_register & _FEN)

    @property
    def _depth(self) -> int:
        return _DEPTH if self._fifos else 1

    def _flags(self) -> int:
        return (
            (_RXFE if not self._in else 0)
            | (_RXFF if len(self._in) >= self._depth else 0)
            | (_TXFE if not self._out else 0)
            | (_TXFF if len(self._out) >= self._depth else 0)
            | (_BUSY if self._out or self._shifting is not None else 0)
        )

    def _read(self, offset: int) -> int:
        if offset == _FR:
            return self._flags()
        if offset == _IFLS:
            return self._levels
        if offset != _DR:
            return self._library_read(offset)
        value = self._in.popleft() if self._in else 0
        port = self._port
        if len(self._in) < _LEVELS[min(self._levels >> 3 & 7, 4)]:
            port._interrupt_status &= ~_RX
        if not self._in:
            port._interrupt_status &= ~_RX_TIMEOUT
            self._timed_out.cancel()
        self._check()
        return value

    def _write(self, offset: int, value: int) -> None:
        if offset == _DR:
            if len(self._out) < self._depth:
                self._out.append(value & 0xFF)
            if len(self._out) > self._trigger:
                self._port._interrupt_status &= ~_TX
            self._shift()
            self._check()
        elif offset == _IFLS:
            self._levels = value & 0x3F
        elif offset == _LCR_H:
            self._library_write(offset, value)
            self._transmit.drive(True)  # idle is high
            self._receive.drive(True)
        else:
            self._library_write(offset, value)

    def _reset(self) -> None:
        self._library_reset()
        self._ended.cancel()
        self._timed_out.cancel()
        self._transmit.stop()
        self._out.clear()
        self._in.clear()
        self._shifting = None
        self._overrun = False
        self._levels = 0x12

    def _check(self) -> None:
        port = self._port
        self._mcu.set_interrupt(port.irq, bool(port._interrupt_status & port._interrupt_mask))

    # Sending.

    @property
    def _trigger(self) -> int:
        return _LEVELS[min(self._levels & 7, 4)] if self._fifos else 0

    def _shift(self) -> None:
        """Take the next character into the shift register, if that is free."""
        port = self._port
        if self._shifting is not None or not self._out or not (port.enabled and port.tx_enabled):
            return
        before = len(self._out)
        self._shifting = self._out.popleft()
        # It comes with the transition through its level, not with the level itself (4.2.6.4).
        if before > self._trigger >= len(self._out) or not self._out:
            port._interrupt_status |= _TX
        self._began_ns = self._mcu.clock.nanos
        self._ended.schedule(self.character_ns)
        self._transmit.play(self._levels_of(self._shifting), self.bit_ns)

    def _character_ended(self) -> None:
        byte, self._shifting = self._shifting, None
        began_ns = self._began_ns
        self._shift()
        self._check()
        if byte is not None:
            self.sent(began_ns / 1000, byte)

    def _receive_timed_out(self) -> None:
        if self._in:
            self._port._interrupt_status |= _RX_TIMEOUT
            self._check()


def mend(mcu: Any) -> list[Uart]:
    """Give both UARTs of a chip the times of a line."""
    return [Uart(mcu, number) for number in range(len(mcu.uart))]
