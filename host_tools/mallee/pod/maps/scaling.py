"""A factor as a power of ten where it is one: its values then are divided, and have no tail of digits. Pure."""

from __future__ import annotations

import math

_EXPONENTS = range(-12, 13)
FACTOR_MIN, FACTOR_MAX = 1e-30, 1e30
"""Of units that people use none is further away; the largest register times these is a number that a float holds."""


def scaling(factor: float) -> tuple[int, float]:
    """(power of ten, factor that is left)."""
    if factor > 0:
        exponent = round(math.log10(factor))
        if exponent in _EXPONENTS and factor == float(f"1e{exponent}"):
            return exponent, 1.0
    return 0, factor
