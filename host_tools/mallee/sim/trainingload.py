"""Generated load of synchronous training: all racks together, as collective steps have it.

The numbers are those measured on 64 accelerators: spectral peaks at periods of 10.6 s and 3.5 s, dips of about 17 % for 5 s every
13 s. Phases come from the seed.
"""

from __future__ import annotations

import math
import random

_PERIODS_S = ((10.6, 0.06), (3.5, 0.04))  # and amplitude, part of the mean
_DIP_EVERY_S, _DIP_S, _DIP = 13.0, 5.0, 0.17
_RAMP_S = 0.5


class Training:
    """`mean` is the fraction of rated power on average."""

    def __init__(self, mean: float, seed: int) -> None:
        source = random.Random(f"{seed}/training")
        self._level = mean / (1.0 - _DIP * _DIP_S / _DIP_EVERY_S)
        self._waves = [(2 * math.pi / period, part, source.uniform(0, 2 * math.pi)) for period, part in _PERIODS_S]
        self._dip_from_s = source.uniform(0, _DIP_EVERY_S - _DIP_S)

    def fractions(self, time_s: float, racks: int) -> list[float]:
        wave = sum(part * math.sin(omega * time_s + phase) for omega, part, phase in self._waves)
        into_s = (time_s - self._dip_from_s) % _DIP_EVERY_S
        edge = min(into_s, _DIP_S - into_s) / _RAMP_S
        level = self._level * (1.0 + wave - _DIP * min(1.0, max(0.0, edge)))
        return [min(1.0, max(0.0, level))] * racks
