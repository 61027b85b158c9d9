"""MAX31865, resistance of a platinum sensor to digital. Maxim data sheet 19-6478 (registers: table 1, faults: table 7).

SPI mode 1 or 3. One exchange reads all eight registers, so each reading also tells whether the chip still has the settings that
it was given: one that lost its supply alone is started anew. Before it measures, and after each fault, it looks for faults of
the wires itself (the fault detection cycle), which takes it 0.6 ms.
"""

from math import sqrt

from core.spi import open_bus
from machine import Pin
from micropython import const

_BIAS, _AUTOMATIC, _THREE_WIRES, _LOOK, _CLEAR, _50_HZ = 0x80, 0x40, 0x10, 0x04, 0x02, 0x01
_LOOKING = const(0x0C)  # these bits stand until the fault detection cycle is over
_WRITE = const(0x80)
_REGISTERS = const(8)
_START, _CYCLE, _MEASURE = const(0), const(1), const(2)
# Callendar and Van Dusen, IEC 60751. Without the term below 0 °C: 1 mK off at -20 °C, 10 mK at -40 °C.
_A, _B = 3.9083e-3, -5.775e-7
LOW_degC, HIGH_degC = -40.0, 160.0

NEEDS = ("spi_memory", "rtd_select")  # of a board's pins


def sensor(pins, capabilities, place):
    """`place`: select (which of the board's rtd_select), reference_ohm, nominal_ohm at 0 °C, wires (2, 3 or 4)."""
    spi = open_bus(pins["spi_memory"], 1_000_000, 1, 1)  # beside the FRAM, which speaks mode 3 too
    select = Pin(pins["rtd_select"][place["select"]], Pin.OUT, value=1)
    return Max31865(spi, select, place["reference_ohm"], place["nominal_ohm"], place["wires"])


def ratio(degC, reference_ohm, nominal_ohm):
    """Code of the 15-bit ratio at a temperature."""
    return int(32768 * nominal_ohm * (1 + _A * degC + _B * degC * degC) / reference_ohm)


class Max31865:
    def __init__(self, spi, select, reference_ohm, nominal_ohm, wires):
        self._exchange = spi.write_readinto
        self._select = select
        self._per_code = reference_ohm / nominal_ohm / 32768
        self._config = _BIAS | (_THREE_WIRES if wires == 3 else 0) | _50_HZ
        high, low = ratio(HIGH_degC, reference_ohm, nominal_ohm) << 1, ratio(LOW_degC, reference_ohm, nominal_ohm) << 1
        self._limits = bytes((high >> 8, high & 0xFF, low >> 8, low & 0xFF))
        self._out, self._in = bytearray(1 + _REGISTERS), bytearray(1 + _REGISTERS)
        self._stage = _START
        self.fault = 0  # fault status register, as it was last
        self.errors = 0  # times that it was not there, or had forgotten its settings

    def begin(self):
        """It measures by itself, fifty times a second."""

    def read(self, known):
        """°C, or None: a fault of the wires or of the chip, or nothing measured yet. At least 100 ms after the last time."""
        if self._stage == _START:
            self._start()
            return None
        registers = self._registers()
        config = registers[1] & ~_LOOKING
        kept = registers[4:8] == self._limits
        if self._stage == _CYCLE:
            if kept and registers[1] == self._config and not registers[8]:  # it has looked, and found nothing
                self._write(0, self._config | _AUTOMATIC)
                self._stage = _MEASURE
            else:
                self._lose(registers[8] if kept else 0, not kept)
            return None
        if not kept or config != self._config | _AUTOMATIC:
            self._lose(0, True)
            return None
        code = registers[2] << 8 | registers[3]
        if code & 1 or registers[8]:
            self._lose(registers[8], False)
            return None
        return degC(code / 2 * self._per_code) if code else None  # 0: the first conversion takes 63 ms

    def _lose(self, fault, forgot):
        self.fault = fault
        self.errors += forgot
        self._stage = _START

    def _start(self):
        self._write(0, self._config | _CLEAR)
        self._out[0] = _WRITE | 3
        self._out[1:5] = self._limits
        self._transfer(5)
        self._write(0, self._config | _LOOK)
        self._stage = _CYCLE

    def _registers(self):
        self._out[0] = 0
        self._transfer(1 + _REGISTERS)
        return self._in

    def _write(self, register, value):
        self._out[0] = _WRITE | register
        self._out[1] = value
        self._transfer(2)

    def _transfer(self, count):
        self._select(0)
        self._exchange(memoryview(self._out)[:count], memoryview(self._in)[:count])
        self._select(1)


def degC(part):
    """Temperature of a platinum sensor whose resistance is `part` of that at 0 °C."""
    return (-_A + sqrt(_A * _A - 4 * _B * (1 - part))) / (2 * _B)
