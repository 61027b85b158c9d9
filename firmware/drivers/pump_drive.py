"""Speed input of a pump's drive: PWM, or 0-10 V, which is the same PWM behind a filter and an amplifier.

With a live zero the lowest speed is something above nothing (2 V of 10, say), so a broken wire is a fault there; below it the
drive stops. What the input does while the controller starts is the board's affair: a pull-up or pull-down on the pin
(docs/wiring.md), because until here nobody drives it.
"""

from machine import PWM, Pin

_FULL = 65535


class PumpDrive:
    """`zero_part` and `full_part` of the supply are 0 and 100 % speed: (0.2, 1.0) for a live zero of 2 V behind an amplifier that
    makes 10 V of all of it. `stop(0)` is for the hard tick: it allocates nothing."""

    def __init__(self, pin, hertz, zero_part, full_part, percent):
        self._zero, self._span = zero_part * _FULL, (full_part - zero_part) * _FULL / 100
        self._pwm = PWM(Pin(pin), freq=hertz, duty_u16=self.duty(percent))  # one call: no moment at another speed
        self.stop = self._pwm.duty_u16

    def duty(self, percent):
        """0 to 65535. Not driven (0 %) is below the live zero: nothing at all."""
        if percent <= 0:
            return 0
        return int(self._zero + self._span * min(percent, 100) + 0.5)

    def drive(self, percent):
        self._pwm.duty_u16(self.duty(percent))
