"""Speed input of a pump's drive, or position input of a valve: PWM, or 0-10 V: the same PWM behind a filter and an amplifier.

With a live zero the lowest speed is something above nothing (2 V of 10, say), so a broken wire is a fault there; below it a drive
stops. What the input does while the controller starts is the board's affair: a pull-up or pull-down on the pin (docs/wiring.md),
because until here nobody drives it.
"""

import micropython
from core.starting import at_start
from machine import PWM, Pin

_FULL = 65535


class PumpDrive:
    """`span` are the parts of the supply that mean 0 and 100 %: (0.2, 1.0) for a live zero of 2 V behind an amplifier that makes
    10 V of all of it. At 0 % a pump is not driven at all, a `valve` is still told that it shall be closed. `stop(0)` is for the
    hard tick: it allocates nothing."""

    @at_start
    def __init__(self, pin, hertz, span, percent, valve=False):
        zero, full = span
        self._zero, self._span = zero * _FULL, (full - zero) * _FULL / 100
        self._at_zero = int(self._zero + 0.5) if valve else 0
        self._pwm = PWM(Pin(pin), freq=hertz, duty_u16=self.duty(percent))  # one call: no moment at another speed
        self.stop = self._pwm.duty_u16

    @micropython.native
    def duty(self, percent):
        """0 to 65535."""
        if percent <= 0:
            return self._at_zero
        return int(self._zero + self._span * min(percent, 100) + 0.5)

    def drive(self, percent):
        self._pwm.duty_u16(self.duty(percent))
