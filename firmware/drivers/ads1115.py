"""ADS1115, four-channel 16-bit converter on I2C. TI data sheet SBAS444 (registers: 8.1; OS bit and multiplexer: table 8-3).

Single shots: a conversion is begun in one turn and fetched in the next. With the value the configuration is read back: what a
chip converted that had lost its supply meanwhile, or that another conversion was begun on, is no value.
"""

from micropython import const

from drivers.current_loop import value
from drivers.i2c import open_bus

_CONVERSION, _CONFIG = const(0), const(1)
_READY = const(0x8000)  # written: begin; read: nothing is being converted
_SINGLE = const(0x0100)
_PLUS_MINUS_4_096_V = const(0x0200)
_128_A_SECOND = const(0x0080)
_NO_COMPARATOR = const(0x0003)
_uV_PER_COUNT = 125.0

_chips = {}  # by address: several sensors share one

NEEDS = ("i2c_sensors",)  # of a board's pins


def sensor(pins, capabilities, place):
    """`place`: address (0x48 to 0x4B), channel (0 to 3), shunt_ohm, at_4mA, at_20mA."""
    address = place["address"]
    if address not in _chips:
        _chips[address] = Ads1115(open_bus(pins["i2c_sensors"]), address)
    return Loop(_chips[address], place["channel"], place["shunt_ohm"], place["at_4mA"], place["at_20mA"])


class Ads1115:
    def __init__(self, i2c, address):
        self._i2c = i2c
        self._address = address
        self._buffer = bytearray(2)
        self._asked = 0  # configuration of the conversion that was begun
        self.errors = 0  # answers missing, or not to what was asked

    def begin(self, channel):
        """One conversion against GND, within 8 ms."""
        self._asked = 0x4000 | channel << 12 | _SINGLE | _PLUS_MINUS_4_096_V | _128_A_SECOND | _NO_COMPARATOR
        buffer = self._buffer
        buffer[0], buffer[1] = (_READY | self._asked) >> 8, self._asked & 0xFF
        try:
            self._i2c.writeto_mem(self._address, _CONFIG, buffer)
        except OSError:
            self._asked = 0  # it is counted when the value is missed

    def microvolts(self):
        """Of the conversion begun last; None: there is none, and it is counted."""
        asked, self._asked = self._asked, 0
        try:
            if asked and self._word(_CONFIG) == _READY | asked:
                code = self._word(_CONVERSION)
                return (code - 0x10000 if code & 0x8000 else code) * _uV_PER_COUNT
        except OSError:
            pass
        self.errors += 1
        return None

    def _word(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._buffer)
        return self._buffer[0] << 8 | self._buffer[1]


class Loop:
    """A 4-20 mA loop over a shunt at one channel."""

    def __init__(self, chip, channel, shunt_ohm, at_4mA, at_20mA):
        self._chip = chip
        self._channel = channel
        self._shunt_ohm = shunt_ohm
        self._ends = at_4mA, at_20mA

    @property
    def errors(self):
        return self._chip.errors if self._channel == 0 else 0  # of a chip they are counted once

    def begin(self):
        self._chip.begin(self._channel)

    def read(self, known):
        """In the transmitter's unit; None for a fault of the loop, or of the chip."""
        microvolts = self._chip.microvolts()
        return None if microvolts is None else value(microvolts / self._shunt_ohm, self._ends[0], self._ends[1])
