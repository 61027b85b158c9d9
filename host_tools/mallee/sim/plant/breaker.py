"""A thermal-magnetic circuit breaker.

Thermal: the bimetal's excess temperature θ, 1 at rated current, follows the square of the current, θ' = ((I/In)² - θ) / τ, and
releases at θ >= 1.69 = 1.3². With τ of 100 to 150 s that meets IEC 60898-1, table 7, from cold: 1.13 In never trips, 1.45 In
within an hour, 2.55 In within 60 s (In <= 32 A) or 120 s, and not within 1 s. It also trips above the 1.30 In of IEC 60947-2, by
which mains are built. Magnetic: at once from a multiple of In in the middle of its band (B 3–5, C 5–10, D 10–20; IEC 60898-1,
table 2).
"""

from __future__ import annotations

import math

TRIP_HEAT = 1.69
BANDS = {"B": (3.0, 5.0), "C": (5.0, 10.0), "D": (10.0, 20.0)}


class Breaker:
    """Set `current_A`, then step. An open one stays open until somebody sets `closed`; its bimetal cools meanwhile."""

    def __init__(self, rated_A: float, band: str, time_constant_s: float) -> None:
        self.rated_A = rated_A
        self.time_constant_s = time_constant_s
        self.magnetic_A = rated_A * 0.5 * sum(BANDS[band])
        self.closed = True
        self.current_A = 0.0
        self.heat = 0.0
        """θ"""

    def settle(self) -> None:
        """As after hours at the present current."""
        self.heat = (self.current_A / self.rated_A) ** 2

    def step(self, dt_s: float) -> bool:
        """Advance by a time at this current; True when it opens now. Exact, however long the step."""
        return self.warm(1.0 - math.exp(-dt_s / self.time_constant_s))

    def warm(self, share: float) -> bool:
        """`step` with 1 - exp(-dt/τ) given: for many breakers at once."""
        current = self.current_A
        self.heat += ((current / self.rated_A) ** 2 - self.heat) * share
        if self.closed and (self.heat >= TRIP_HEAT or current >= self.magnetic_A):
            self.closed = False
            return True
        return False
