"""ATM90E32AS, three-phase metering. Microchip data sheet DS20005965 (registers: chapter 6).

16-bit address (bit 15 set to read) and 16-bit data, SPI mode 3. Each read is checked against LastSPIData (6.1.2).

Current registers are 16 bits of 1 mA: 65.535 A, and a branch of 63 A is judged up to twice that. So transformer and burden are
chosen for half: the chip is shown half of each current, and with it of each power, and what it says counts double here.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)
from array import array

import micropython
from core.starting import at_start
from micropython import const

_SOFT_RESET = const(0x70)
_LAST = const(0x78)
_UNLOCK = const(0x7F)
_METER_ON = const(0x00)
_PL_CONSTANT_H = const(0x31)
_PL_CONSTANT_L = const(0x32)
_MODE = const(0x33)
_POWER_OFFSET = const(0x41)  # of phase A; those of B and C two further, so are the angles
_ANGLE = const(0x48)
_VOLTAGE_GAIN = const(0x61)  # of phase A; those of B and C four further
_CURRENT_GAIN = const(0x62)
_CURRENT_OFFSET = const(0x64)
_ENERGY = const(0x80)
_POWER = const(0xB0)
_VOLTAGE = const(0xD9)
_CURRENT = const(0xDD)
_FRACTION = const(0x10)  # eight bits behind the point of a voltage or a current are 0x10 above it
_LOW = const(0x10)  # low word of a 32-bit power is 0x10 above its high word
_SHOWN = const(2)  # currents, powers and energies are this times what the chip is shown
_PULSES_PER_KWH = const(3200)  # of the branch

# What is metered, in two halves that take as long. Voltages (0.01 V) and currents (2 mA) of the phases, frequency (0.01 Hz),
# reactive and apparent power of all phases, high word and low word (0.00256 var and VA).
FIRST = b"\xd9\xda\xdb\xdd\xde\xdf\xf8\xb4\xc4\xb8\xc8"
# Active power of the phases (0.00064 W), and of all (0.00256 W). Last MeterEn, which is 1: a line that floats reads the same
# twice, so the check of each read does not notice a chip that is gone.
SECOND = b"\xb1\xc1\xb2\xc2\xb3\xc3\xb0\xc0\x00"
WORDS = const(20)


def _nearest(value):
    return int(value + 0.5) if value >= 0 else -int(0.5 - value)


class ChipError(Exception):
    """The chip did not answer, or not with what it says it answered."""


@micropython.viper
def _same(answer: ptr8, again: ptr8, words: ptr16, at: int) -> int:
    """Keep the word that was answered; 0 where it is not the one that the chip says it answered."""
    if answer[2] != again[2] or answer[3] != again[3]:
        return 0
    words[at] = answer[2] << 8 | answer[3]
    return 1


class Atm90e32:
    """`select` is the pin that selects this chip, active low; behind a decoder, which has to point here already."""

    @at_start
    def __init__(self, spi, select):
        self._exchange = spi.write_readinto
        self._select = select
        self._out = bytearray(4)
        self._in = bytearray(4)
        # One attribute to look up instead of seven.
        self._reading = (
            bytearray(b"\x80\0\0\0"), self._in, bytearray((0x80, _LAST, 0, 0)), bytearray(4), spi.write_readinto, select, _same,
        )  # fmt: skip
        self._one = bytearray(1)
        self._word = array("H", (0,))

    def start(self):
        """Reset, unlock, set the meter constant, switch on. Values settle within 200 ms. Raises ChipError."""
        self._write(_SOFT_RESET, 0x789A)
        self._write(_UNLOCK, 0x55AA)
        self._write(_METER_ON, 1)
        # PL constant = 450e9 / pulses per kWh (5.2), which are those of what the chip is shown: 0x0430E234 for 6400.
        constant = 450_000_000_000 // (_SHOWN * _PULSES_PER_KWH)
        self._keep(_PL_CONSTANT_H, constant >> 16)
        self._keep(_PL_CONSTANT_L, constant)
        self._keep(_MODE, 0x0087)  # 3P4W, 50 Hz, all phases in the sums (6.3.2)
        if self._read(_METER_ON) != 1:
            raise ChipError("not enabled")

    @micropython.native
    def read(self, registers, words, at):
        """`registers` below 0x100, one after the other, into words[at:]: 94 us each on a Pico. Raises ChipError. Allocates
        nothing, and what is more than a small integer never becomes one."""
        out, answer, last, again, exchange, select, same = self._reading
        for register in registers:
            out[1] = register
            select(0)
            exchange(out, answer)
            select(1)
            select(0)
            exchange(last, again)
            select(1)
            if not same(answer, again, words, at):
                raise ChipError("register 0x%02x" % register)
            at += 1

    def calibrate(self, phase, voltage_gain, current_gain, current_offset_A, power_offset_W, delay_us):
        """Corrections of one phase, each read back. Raises ChipError. Units are those of chapters 6.4 and 6.5: gains of
        1/32768; current of 1/512 mA and power of 0.00032 W as the chip is shown them, both signed; delay in cycles of 2.048 MHz,
        bit 15 for the voltage's.
        """
        self._keep(_VOLTAGE_GAIN + 4 * phase, _nearest(32768 * voltage_gain))
        self._keep(_CURRENT_GAIN + 4 * phase, _nearest(32768 * current_gain))
        self._keep(_CURRENT_OFFSET + 4 * phase, _nearest(512_000 * current_offset_A / _SHOWN))
        self._keep(_POWER_OFFSET + 2 * phase, _nearest(power_offset_W / (_SHOWN * 0.00032)))
        cycles = _nearest(2.048 * delay_us)
        self._keep(_ANGLE + 2 * phase, cycles if cycles >= 0 else 0x8000 | -cycles)

    def _keep(self, register, value):
        value &= 0xFFFF
        self._write(register, value)
        if self._read(register) != value:
            raise ChipError("register 0x%02x" % register)

    def voltage_V(self, phase):
        return (self._read(_VOLTAGE + phase) + self._read(_VOLTAGE + _FRACTION + phase) / 65536) / 100

    def current_A(self, phase):
        return (self._read(_CURRENT + phase) + self._read(_CURRENT + _FRACTION + phase) / 65536) * _SHOWN / 1000

    def power_W(self, phase):
        high, low = self._read(_POWER + 1 + phase), self._read(_POWER + 1 + _LOW + phase)
        if high & 0x8000:
            high -= 0x10000
        return (65536.0 * high + low) * _SHOWN * 0.00032

    def take_energy_mWh(self):
        """Forward active energy since it was taken last. Reading clears the register, so when the check fails the value is
        fetched again from LastSPIData, never from the register: it is counted once or not at all, never twice."""
        counts = self._raw(_ENERGY)
        for _ in range(3):
            again = self._raw(_LAST)
            if again == counts:
                return counts * 10_000 // _PULSES_PER_KWH  # a count is 0.01 pulse
            counts = again
        raise ChipError("energy")

    def _read(self, register):
        self._one[0] = register
        self.read(self._one, self._word, 0)
        return self._word[0]

    def _raw(self, register):
        self._transfer(0x8000 | register, 0)
        return self._in[2] << 8 | self._in[3]

    def _write(self, register, value):
        self._transfer(register, value)

    def _transfer(self, address, value):
        out = self._out
        out[0] = address >> 8
        out[1] = address & 0xFF
        out[2] = value >> 8
        out[3] = value & 0xFF
        self._select(0)
        self._exchange(out, self._in)
        self._select(1)
