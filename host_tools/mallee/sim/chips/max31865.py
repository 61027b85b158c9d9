"""MAX31865: resistance of a platinum sensor to digital behind SPI. From Maxim's data sheet 19-6478 (tables 1 to 7).

SPI mode 1 or 3; an address byte (bit 7 to write), then registers one after the other. Eight registers: configuration, ratio (15
bits and a fault bit), two thresholds, fault status. A conversion takes 62.5 ms from the begin of the automatic mode, then 20 ms;
the automatic fault detection cycle 0.6 ms. Without bias nothing flows and the ratio reads 0.
"""

import _world
from absence import PRESENT

_DEFAULT = (0x00, 0, 0, 0xFF, 0xFF, 0, 0, 0)
_BIAS, _AUTOMATIC, _SHOT, _CLEAR = 0x80, 0x40, 0x20, 0x02
_CYCLE = 0x0C
_HIGH, _LOW, _OPEN = 0x80, 0x40, 0x08  # fault status: above, below, and force- open with the input low
_FIRST_us, _CYCLE_us = 62_500, 600


class Max31865:
    """`milliohm()` is the sensor's resistance, below 0 an open wire; the reference resistor is in ohm."""

    def __init__(self, bus, milliohm, reference_ohm):
        self.floats = PRESENT
        self._bus = bus
        self._milliohm = milliohm
        self._reference_milliohm = int(1000 * reference_ohm)
        self.power_on()

    def power_on(self):
        """Its own supply came up: everything is as after a reset."""
        self.registers = bytearray(_DEFAULT)
        self._since = _world.now
        self._cycle_end = -1
        self._at = 0
        self._address = 0

    def select(self, level):
        if level:
            if self._bus.chip is self:
                self._bus.chip = None
        else:
            self._bus.chip = self
            self._at = 0

    def transfer(self, out, into, mode):
        for i in range(len(out)):
            if self.floats >= 0:
                into[i] = self.floats
            elif mode not in (1, 3):
                into[i] = 0xFF
            else:
                into[i] = self._byte(out[i])

    def _byte(self, byte):
        at, self._at = self._at, self._at + 1
        if at == 0:
            self._address = byte
            self._convert()
            return 0
        register = (self._address & 0x7F) + at - 1 & 7  # addresses go round
        if self._address & 0x80:
            self._write(register, byte)
            return 0
        return self.registers[register]

    def _write(self, register, byte):
        registers = self.registers
        if register in (1, 2, 7):
            return  # read-only
        if register:
            registers[register] = byte
            return
        if byte & _CLEAR and not byte & (_SHOT | _CYCLE):
            registers[7] = 0
            registers[2] &= 0xFE
        if byte & _CYCLE and byte & _BIAS and not byte & (_AUTOMATIC | _SHOT):
            self._cycle_end = _world.now + _CYCLE_us
        if byte & (_BIAS | _AUTOMATIC) != registers[0] & (_BIAS | _AUTOMATIC):
            self._since = _world.now
        registers[0] = byte & ~_CLEAR & ~_SHOT & 0xFF

    def _convert(self):
        """What has happened up to now."""
        registers, milliohm = self.registers, self._milliohm()
        if 0 <= self._cycle_end <= _world.now:
            self._cycle_end = -1
            registers[0] &= ~_CYCLE & 0xFF
            if milliohm < 0:
                self._fault(_OPEN)
        if registers[0] & _AUTOMATIC and _world.now - self._since >= _FIRST_us:
            code = 0x7FFF if milliohm < 0 else min(0x7FFF, milliohm * 32768 // self._reference_milliohm)
            if not registers[0] & _BIAS:
                code = 0
            registers[1], registers[2] = code >> 7, code << 1 & 0xFE | registers[2] & 1
            if code << 1 >= registers[3] << 8 | registers[4]:
                self._fault(_HIGH)
            if code << 1 <= registers[5] << 8 | registers[6]:
                self._fault(_LOW)

    def _fault(self, bit):
        """It stays until it is cleared."""
        self.registers[7] |= bit
        self.registers[2] |= 1
