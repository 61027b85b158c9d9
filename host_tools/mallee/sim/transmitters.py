"""4-20 mA transmitters: a physical value becomes a loop current in uA, with the faults that loops have.

Within range 4..20 mA; a healthy transmitter saturates at 3.8 and 20.5 mA (NAMUR NE43).
"""

from __future__ import annotations

import random

OPEN_UA = 0
SHORT_UA = 24_000
_LOW_UA, _HIGH_UA = 3_800, 20_500


class Transmitter:
    """`low` and `high` are the values at 4 and 20 mA. `noise_percent` is the standard deviation in percent of span."""

    def __init__(self, low: float, high: float, noise: random.Random, noise_percent: float = 0.0) -> None:
        self._low = low
        self.span = high - low
        self._per_unit = 16_000.0 / (high - low)
        self._random = noise
        self.noise_percent = noise_percent
        self.fault: str | None = None
        """None, "open", "short" or "stuck"."""
        self.offset = 0.0
        """Added to the value: a sensor that lies."""
        self.drift_per_s = 0.0
        self.drifted = 0.0
        """Added too; whoever steps the equipment lets it grow by `drift_per_s`."""
        self._last_uA = 4_000

    def current_uA(self, value: float) -> int:
        if self.fault is not None:
            return OPEN_UA if self.fault == "open" else SHORT_UA if self.fault == "short" else self._last_uA
        current = 4_000.0 + (value + self.offset + self.drifted - self._low) * self._per_unit
        if self.noise_percent:
            current += self._random.gauss(0.0, 160.0 * self.noise_percent)
        self._last_uA = int(max(_LOW_UA, min(_HIGH_UA, current)) + 0.5)
        return self._last_uA
