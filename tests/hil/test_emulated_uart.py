"""The mended UART of the emulated chip, register by register (RP2040 data sheet, 4.2.8). No image is needed, nothing boots."""

import pytest

pytest.importorskip("rp2040py", reason="the emulator comes with mallee[hil]")

from mallee.hil.emulated.uart import mend
from rp2040py.simulator import Simulator

UART0 = 0x40034000
DR, FR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, ICR = 0x0, 0x18, 0x24, 0x28, 0x2C, 0x30, 0x34, 0x38, 0x3C, 0x44
BUSY, RXFE, TXFF, TXFE = 1 << 3, 1 << 4, 1 << 5, 1 << 7
RX, TX, RX_TIMEOUT, OVERRUN = 1 << 4, 1 << 5, 1 << 6, 1 << 10
EVEN_8E1, PLAIN_8N1, TWO_STOPS_8N2 = 0x76, 0x70, 0x78
BIT_ns = 1e9 / 19200


class Bench:
    def __init__(self, control: int = EVEN_8E1) -> None:
        self.mcu = Simulator().rp2040
        self.uart = mend(self.mcu)[0]
        self.sent: list[tuple[float, float, int]] = []
        self.uart.sent = lambda began_us, byte: self.sent.append((began_us, self.now_us, byte))
        # 48 MHz as MicroPython has it: a divisor of 156.25 for 19200 Bd.
        self.mcu.write_uint32(0x40008048, 1 << 11 | 2 << 5)
        for register, value in ((IBRD, 156), (FBRD, 16), (LCR_H, control), (IFLS, 0), (CR, 0x301)):
            self.write(register, value)

    @property
    def now_us(self) -> float:
        return self.mcu.clock.nanos / 1000

    def write(self, register: int, value: int) -> None:
        self.mcu.write_uint32(UART0 + register, value)

    def read(self, register: int) -> int:
        return self.mcu.read_uint32(UART0 + register)

    def bits(self, count: float) -> None:
        self.mcu.clock.tick(count * BIT_ns)


@pytest.mark.parametrize(("control", "bits"), [(EVEN_8E1, 11), (PLAIN_8N1, 10), (TWO_STOPS_8N2, 11)])
def test_a_character_takes_its_bits(control, bits):
    bench = Bench(control)
    for byte in b"abc":
        bench.write(DR, byte)
    bench.bits(3 * bits - 0.1)
    assert bench.read(FR) & BUSY
    bench.bits(0.2)
    assert bench.read(FR) == TXFE | RXFE
    assert bytes(byte for _, _, byte in bench.sent) == b"abc"
    for began_us, ended_us, _ in bench.sent:
        assert ended_us - began_us == pytest.approx(bits * BIT_ns / 1000)
    assert bench.sent[2][0] == bench.sent[1][1]  # without a gap


def test_the_transmit_fifo_fills_and_its_interrupt_comes_with_the_level():
    bench = Bench()
    for byte in range(33):  # one goes to the shift register at once
        assert not bench.read(FR) & TXFF
        bench.write(DR, byte)
    assert bench.read(FR) & TXFF
    bench.write(ICR, TX)
    bench.bits(11 * 28 - 1)
    assert not bench.read(RIS) & TX  # five are left, the trigger is four
    bench.bits(2)
    assert bench.read(RIS) & TX
    bench.write(ICR, TX)
    bench.bits(11)
    assert not bench.read(RIS) & TX  # the transition, not the level


def test_constructing_leaves_no_interrupt_pending():
    bench = Bench()
    bench.write(IMSC, RX | TX | RX_TIMEOUT)
    assert not bench.read(RIS) & TX


def test_received_characters_interrupt_at_the_trigger_or_after_silence():
    bench = Bench()
    for byte in b"xyz":
        bench.uart.hear(byte)
    assert bench.read(RIS) & (RX | RX_TIMEOUT) == 0
    bench.bits(31)
    assert not bench.read(RIS) & RX_TIMEOUT
    bench.bits(2)
    assert bench.read(RIS) & RX_TIMEOUT
    assert bytes(bench.read(DR) for _ in range(3)) == b"xyz"
    assert bench.read(FR) & RXFE and not bench.read(RIS) & RX_TIMEOUT
    for byte in b"1234":
        bench.uart.hear(byte)
    assert bench.read(RIS) & RX
    bench.read(DR)
    assert not bench.read(RIS) & RX


def test_what_finds_the_receive_fifo_full_is_lost_and_told():
    bench = Bench()
    for byte in range(34):
        bench.uart.hear(byte)
    assert bench.uart.lost == 2 and bench.read(RIS) & OVERRUN
    assert [bench.read(DR) for _ in range(32)] == list(range(32))
    bench.uart.hear(0x41)
    assert bench.read(DR) == 0x41 | 1 << 11  # UARTDR.OE comes with the next character that fits


def test_the_pin_moves_with_the_bits():
    bench = Bench()
    pin = bench.mcu.gpio[0]
    pin.ctrl, pin.pad_value = 2, pin.pad_value | 0x40  # function UART, input enabled
    bench.write(LCR_H, EVEN_8E1)
    bench.write(DR, 0x07)
    seen = []
    bench.bits(0.5)
    for _ in range(11):
        seen.append(int(pin.input_value))
        bench.bits(1)
    assert seen == [0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1]  # start, 0x07 from its lowest bit, even parity, stop
