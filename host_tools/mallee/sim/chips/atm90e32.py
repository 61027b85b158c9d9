"""ATM90E32AS: three-phase energy metering behind SPI. From Microchip's data sheet DS20005965 (chapter 6, registers).

16 bits of address (bit 15 set to read), 16 bits of data. Nothing is measured until the meter is enabled, and 200 ms more.
Voltages, currents and powers in `values` are those of the primary side. Its nominal transformers show it the voltage and half of
the current, so registers of 16 bits of 1 mA (65.535 A) end at 131 A. What real ones are beside the nominal is in
atm90e32_analog.py, with the registers that correct it.
"""

from array import array

import _world
import micropython
from absence import PRESENT
from atm90e32_analog import DEFAULTS, Analog
from micropython import const

_METER_ENABLE = const(0x00)
_PL_HIGH = const(0x31)
_PL_LOW = const(0x32)
_SOFT_RESET = const(0x70)
_LAST = const(0x78)
_ACCESS = const(0x7F)
_ENERGY = const(0x80)
_SETTLE_US = const(200_000)
_OPEN = const(0x55AA)

# Places in the array of measurements of one branch.
VOLTAGE = const(0)  # mV, three phases
CURRENT = const(3)  # mA
POWER = const(6)  # mW
REACTIVE = const(9)  # mvar
MEASUREMENTS = const(12)


class Atm90e32:
    """`values` is an array shared with the wiring, `at` where this chip's measurements begin, `frequency_at` the mHz; `errors`
    are those of its front end (atm90e32_analog.py)."""

    def __init__(self, bus, values, at, frequency_at, errors=None):
        self.floats = PRESENT
        self._bus = bus
        self._grant = values
        self._grant_at = at
        self._analog = Analog(values, at, frequency_at, errors)
        self._values = values  # what it measures: the grant, or the array of its front end
        self._first = at
        self._frequency_at = frequency_at
        self._energy = array("q", (0, 0, 0, 0))  # mW us not yet counted: total, A, B, C
        self._counts = array("i", (0, 0, 0, 0))
        self._power = array("q", (0, 0, 0, 0))  # mW since `_since`
        self._since = 0
        self._last = 0
        self._at = 0
        self._address = 0
        self._data = 0
        self._enabled_at = -1
        self._reset()

    def _reset(self):
        self._config = {_METER_ENABLE: 0, _PL_HIGH: 0x0861, _PL_LOW: 0xC468}
        self._calibrated()
        self._open = False
        self._enabled_at = -1
        for i in range(4):
            self._energy[i] = self._counts[i] = 0

    def _calibrated(self):
        """The registers changed, or are new: an ideal front end costs nothing."""
        if self._analog.configure(self._config):
            self._values, self._first = self._grant, self._grant_at
        else:
            self._values, self._first = self._analog.measured, 0
        self.granted()

    @micropython.native
    def granted(self):
        """New inputs: what flowed at the old power is counted before the new one holds."""
        if self._first == 0:
            self._analog.measure()
        values, first, power = self._values, self._first + POWER, self._power
        a, b, c = values[first], values[first + 1], values[first + 2]
        if a != power[1] or b != power[2] or c != power[3]:
            self._integrate()
            power[0], power[1], power[2], power[3] = a + b + c, a, b, c

    @micropython.native
    def _integrate(self):
        now = _world.now
        if self._enabled_at >= 0:
            span = now - self._since
            for i in range(4):
                if self._power[i] > 0:  # forward active energy
                    self._energy[i] += self._power[i] * span
        self._since = now

    @micropython.native
    def select(self, active):
        if active:
            self._bus.chip = self
            self._at = 0
        elif self._bus.chip is self:
            self._bus.chip = None

    @micropython.native
    def transfer(self, out, into, mode):
        if self.floats >= 0:
            for i in range(len(into)):
                into[i] = self.floats
            return
        if mode != 0 and mode != 3:  # bits are taken on the rising edge (figure 6-2)
            for i in range(len(into)):
                into[i] = 0xFF
            return
        if self._at == 0 and len(out) == 4:
            self._at = 4
            address = out[0] << 8 | out[1]
            into[0] = into[1] = 0
            if address & 0x8000:
                value = self._last if address == 0x8078 else self._read(address & 0x3FF)
                into[2] = value >> 8
                into[3] = value & 0xFF
            else:
                into[2] = into[3] = 0
                self._write(address & 0x3FF, out[2] << 8 | out[3])
            return
        for i in range(len(out)):
            into[i] = self._byte(out[i])

    def _byte(self, byte):
        """The same, a byte at a time; returns what is shifted out meanwhile."""
        at = self._at
        self._at = at + 1
        if at < 2:
            self._address = self._address << 8 & 0xFF00 | byte
            if at == 1 and self._address & 0x8000:
                self._data = self._read(self._address & 0x3FF)
            return 0
        if self._address & 0x8000:
            return self._data >> 8 if at == 2 else self._data & 0xFF if at == 3 else 0
        self._data = self._data << 8 & 0xFF00 | byte
        if at == 3:
            self._write(self._address & 0x3FF, self._data)
        return 0

    def _write(self, address, value):
        self._last = value
        if address == _SOFT_RESET:
            if value == 0x789A:
                self._reset()
        elif address == _ACCESS:
            self._open = value == _OPEN
        elif address < 0x70 and self._open:
            if address == _METER_ENABLE:
                self._integrate()
                enabled = value & 0xFF != 0
                self._enabled_at = (
                    _world.now if enabled and self._enabled_at < 0 else self._enabled_at if enabled else -1
                )
            if address not in DEFAULTS:
                self._config[address] = value
                return
            if value == DEFAULTS[address]:
                self._config.pop(address, None)
            else:
                self._config[address] = value
            self._calibrated()

    @micropython.native
    def _read(self, address):
        if address == _LAST:
            return self._last
        if address >= 0xB0:
            value = self._measured(address) if self._settled() else 0
        elif _ENERGY <= address < _ENERGY + 4:
            value = self._take_energy(address - _ENERGY)
        elif address == _ACCESS:
            value = _OPEN if self._open else 0
        else:
            value = self._config.get(address, DEFAULTS.get(address, 0))
        self._last = value
        return value

    @micropython.native
    def _settled(self):
        return self._enabled_at >= 0 and _world.now - self._enabled_at >= _SETTLE_US

    def _take_energy(self, which):
        self._integrate()
        # One count is 0.01 pulse, pulses per kWh are 450e9 / PL constant: 80 mW us for each unit of the constant, or twice that
        # where half is shown.
        count = (self._config[_PL_HIGH] << 16 | self._config[_PL_LOW]) * 160
        if not count:
            return 0
        counts = self._energy[which] // count
        self._energy[which] -= counts * count
        return min(counts, 0xFFFF)  # what does not fit is lost, as in the chip

    @micropython.native
    def _measured(self, address):
        values, first = self._values, self._first
        if address < 0xD0:
            low = not address & 0x10  # 0xB0.. are the high words, 0xC0.. the low ones
            place = address & 0x0F
            kind, phase = place >> 2, (place & 3) - 1
            if kind == 3:
                return self._power_factor(phase) & 0xFFFF if not low else 0
            raw = self._power_raw(kind, phase)
            return raw & 0xFFFF if low else raw >> 16 & 0xFFFF
        phase = (address & 0x0F) - 9
        if 0 <= phase < 3:
            raw = values[first + VOLTAGE + phase] * 256 // 10 if first else self._analog.rms[phase]
        elif 4 <= phase < 7:
            phase -= 4
            raw = values[first + CURRENT + phase] * 128 if first else self._analog.rms[3 + phase]
        elif address == 0xF8:
            return self._grant[self._frequency_at] // 10
        else:
            return 0
        if address & 0xF0 == 0xE0:
            return (raw & 0xFF) << 8
        return min(raw >> 8, 0xFFFF)

    @micropython.native
    def _milli(self, kind, phase):
        """Power in mW, mvar or mVA of one phase, or of all with phase -1."""
        values, first = self._values, self._first
        if phase < 0:
            return self._milli(kind, 0) + self._milli(kind, 1) + self._milli(kind, 2)
        if kind == 2:
            return values[first + VOLTAGE + phase] * values[first + CURRENT + phase] // 1000
        return values[first + (POWER if kind == 0 else REACTIVE) + phase]

    @micropython.native
    def _power_raw(self, kind, phase):
        # 0.00032 W a count of a phase, four times that of the total; of half the power.
        return self._milli(kind, phase) * 25 // (64 if phase < 0 else 16)

    def _power_factor(self, phase):
        apparent = self._milli(2, phase)
        return self._milli(0, phase) * 1000 // apparent if apparent else 0
