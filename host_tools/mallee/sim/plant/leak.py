"""A leak: a hole through which coolant leaves with the root of the pressure before it (orifice, Q ∝ √Δp; Torricelli).

At a skid it is in the discharge, where suction and differential pressure add up; at a rack half of the differential pressure is
left, as in the middle of its hoses.
"""

from __future__ import annotations

import math


class Leak:
    """`rate_l_s` is lost at `rated_kPa` above ambient; `part` of the differential pressure is before the hole. `rack` (from 0) is
    None where it is not at a rack."""

    def __init__(self, place: str, rate_l_s: float, rated_kPa: float, part: float, rack: int | None = None) -> None:
        self.place = place
        self.rack = rack
        self._per_root_kPa = rate_l_s / math.sqrt(rated_kPa)
        self._part = part

    def l_s(self, suction_kPa: float, differential_pressure_kPa: float) -> float:
        return self._per_root_kPa * math.sqrt(max(0.0, suction_kPa + self._part * differential_pressure_kPa))
