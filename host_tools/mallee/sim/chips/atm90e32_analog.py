"""What stands before an ATM90E32's registers: transformers, dividers and their errors; and the registers that correct them.

Microchip DS20005965, chapters 6.4 and 6.5: gains are of 1/32768 and act on power as well; offsets are added behind them, of
1/512 of the last digit of voltage (0.01 V) and current (1 mA), and of 0.00032 W; an angle is a delay in cycles of 2.048 MHz, of
the current, or with bit 15 of the voltage. Sinusoids of the line's frequency, so a delay turns active into reactive power.
Nominally half the current is shown.
Not modelled: gains and offsets of reactive power, registers of harmonics. An RMS value is never below 0.
"""

import json
from array import array
from math import cos, pi, sin

_POWER_OFFSET = 0x41
_ANGLE = 0x48
_VOLTAGE_GAIN = 0x61
_UNITY = 0x8000
DEFAULTS = {}  # of the calibration registers, after a reset
for _phase in range(3):
    DEFAULTS[_POWER_OFFSET + 2 * _phase] = DEFAULTS[_ANGLE + 2 * _phase] = 0
    DEFAULTS[_VOLTAGE_GAIN + 4 * _phase] = DEFAULTS[_VOLTAGE_GAIN + 4 * _phase + 1] = _UNITY
    DEFAULTS[_VOLTAGE_GAIN + 4 * _phase + 2] = DEFAULTS[_VOLTAGE_GAIN + 4 * _phase + 3] = 0
_CYCLE_US = 1 / 2.048
# Places in the array of measurements, as atm90e32.py has them: three phases each of mV, mA, mW, mvar.
_QUANTITIES = 12


def load(path):
    """Errors by the number of the branch, from a file of JSON; none where there is no file."""
    try:
        with open(path) as file:
            return json.load(file)
    except OSError:
        return {}


def _signed(word):
    return word - 0x10000 if word & 0x8000 else word


class Analog:
    """`errors`, each a list of three: voltage_gain and current_gain (factors), current_offset_mA, power_offset_mW, and
    current_delay_us: how much the current arrives later than the voltage."""

    def __init__(self, values, at, frequency_at, errors):
        self._values = values
        self._at = at
        self._frequency_at = frequency_at
        self._errors = errors or {}
        self.measured = array("q", [0] * _QUANTITIES)
        self.rms = array("q", [0] * 6)  # voltages and currents in 1/256 of their last digit

    def configure(self, config):
        """True when front end and registers change nothing, so nothing has to be computed."""
        self._config = config
        return not self._errors and not any(register in config for register in DEFAULTS)

    def measure(self):
        for phase in range(3):
            self._phase(phase)

    def _register(self, address):
        return self._config.get(address, DEFAULTS[address])

    def _error(self, name, phase, otherwise):
        values = self._errors.get(name)
        return otherwise if values is None else values[phase]

    def _phase(self, phase):
        values, at, register, error = self._values, self._at + phase, self._register, self._error
        gain = _VOLTAGE_GAIN + 4 * phase
        voltage_gain, current_gain = register(gain) / _UNITY, register(gain + 1) / _UNITY
        voltage, current = error("voltage_gain", phase, 1.0), error("current_gain", phase, 1.0)
        millivolts = values[at] * voltage
        milliamperes = max(0.0, values[at + 3] * current + error("current_offset_mA", phase, 0.0))
        # 25.6 of these a mV, 256 a mA that is shown: and an offset's unit is half of one.
        self.rms[phase] = max(0, int(25.6 * millivolts * voltage_gain + _signed(register(gain + 2)) / 2 + 0.5))
        self.rms[3 + phase] = max(0, int(128 * milliamperes * current_gain + _signed(register(gain + 3)) / 2 + 0.5))
        angle = register(_ANGLE + 2 * phase)
        cycles = -(angle & 0x3FF) if angle & 0x8000 else angle & 0x3FF
        lag = 2e-9 * pi * values[self._frequency_at] * (error("current_delay_us", phase, 0.0) + cycles * _CYCLE_US)
        active, reactive = values[at + 6] * voltage * current, values[at + 9] * voltage * current
        active, reactive = active * cos(lag) - reactive * sin(lag), reactive * cos(lag) + active * sin(lag)
        active = (active + error("power_offset_mW", phase, 0.0)) * voltage_gain * current_gain
        active += _signed(register(_POWER_OFFSET + 2 * phase)) * 0.64
        measured = self.measured
        measured[phase] = self.rms[phase] * 10 // 256
        measured[3 + phase] = self.rms[3 + phase] // 128
        measured[6 + phase] = round(active)
        measured[9 + phase] = round(reactive * voltage_gain * current_gain)
