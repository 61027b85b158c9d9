"""The skid's transmitters at their converters: which are fitted, the tick's way to read them, and samples without a tick."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from array import array

import micropython
from core.spi import open_bus
from core.starting import at_start
from drivers.ads131m08 import COUNTS_PER_V, Ads131m08
from drivers.analog import reader
from machine import Pin
from maps.common import Chip
from micropython import const

from pump.protection import CHANNELS, add
from pump.sensors import Sensors

CHIPS = const(2)


# The RP2040 divides 48 MHz by 2, 4, 6 and so on; the ADS131M08 takes 25 MHz (SBAS950, 6.6). Both frames of a tick at 8 MHz
# would last 60 us. Short traces, or change it here.
_SCLK_Hz = const(24_000_000)


def nothing():
    """In place of a converter's `read` where none is fitted."""
    return 0


class Converters:
    """`codes` of both chips, `sensors` what they mean. `pins` is the board's PUMP, `capabilities` what it can."""

    @at_start
    def __init__(self, pins, capabilities, equipment, fitting):
        spi = open_bus(pins["spi_analog"], _SCLK_Hz, 0, 1)
        self.codes = array("i", [0] * CHANNELS)
        self.uA_per_count = 1e6 / COUNTS_PER_V / equipment.SHUNT_ohm
        self.sensors = Sensors(equipment.ANALOG, self.uA_per_count, equipment.AMBIENT, fitting)
        self._chips = [
            Ads131m08(spi, _output(pins["analog_select"][chip]), self.codes, 8 * chip) for chip in range(CHIPS)
        ]
        self._ambient_V = [reader(pin) for pin in pins["ambient_adc"]]
        self._uA_per_V = 1e6 / equipment.AMBIENT_SHUNT_ohm
        self._others = None
        if equipment.OTHERS:  # else the module and its drivers take no room
            from pump.others import Others

            self._others = Others(equipment.OTHERS, pins, capabilities, self.sensors, fitting)
        self._next_ambient = 0
        self._fitting = fitting
        self._samples = bytearray(CHIPS)  # that were good, of the last sample()

    @property
    def errors(self):
        count = 0 if self._others is None else self._others.errors
        for chip in self._chips:
            count += chip.errors + chip.resets
        return count

    @at_start
    def probe(self):
        for chip in range(CHIPS):
            if self._chips[chip].probe():
                self._fitting.answer(Chip.CONVERTER_1 + chip)

    def reader(self, chip):
        """For the hard tick: takes a sample into `codes`; 1 when it was good."""
        return self._chips[chip].read if self._fitting.fitted(Chip.CONVERTER_1 + chip) else nothing

    def sample(self, times):
        """Read what is fitted without the tick; the mean of `times` samples goes to the sensors."""
        sums, samples = array("i", [0] * CHANNELS), self._samples
        for chip in range(CHIPS):
            samples[chip] = 0
            if self._fitting.fitted(Chip.CONVERTER_1 + chip):
                for _ in range(times):
                    if self._chips[chip].read():
                        add(self.codes, sums, 8 * chip, 8 * chip + 8)
                        samples[chip] += 1
            self.sensors.take(sums, samples, chip)
        for _ in self._ambient_V:
            self.take_ambient()

    def supervise(self):
        """Ten times a second: one of the sensors that have chips of their own; and whether a converter lost its supply."""
        for chip in self._chips:
            chip.supervise()
        if self._others is not None:
            self._others.step()

    @micropython.native
    def take_ambient(self):
        """One of the controller's own inputs, the other one the next time: air changes slowly, and regulation has little time."""
        index = self._next_ambient
        self._next_ambient = (index + 1) % len(self._ambient_V)
        self.sensors.take_ambient(index, self._ambient_V[index]() * self._uA_per_V)

    def answering(self, samples):
        """Bits of maps.common.Chip; `samples` are the good ones of each converter, None: those of the last sample()."""
        if samples is None:
            samples = self._samples
        bits = 0
        for chip in range(CHIPS):
            if samples[chip]:
                bits |= 1 << Chip.CONVERTER_1 + chip
                self._fitting.answer(Chip.CONVERTER_1 + chip)  # one that was expected, and dead at the start, is back
        for i in range(len(self._ambient_V)):
            if self.sensors.value[self.sensors.ambient[i][0]] is not None:
                bits |= 1 << Chip.AMBIENT_1 + i
        if self._others is not None and self._others.answering():
            bits |= 1 << Chip.SENSORS
        return bits


def _output(pin):
    return Pin(pin, Pin.OUT, value=1)
