"""Properties of coolant and facility water: three points of CoolProp, then quadratic polynomials in temperature.

Between 10 and 65 °C a parabola through three CoolProp points is within 0.05 % for PG25's density and heat capacity.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from .properties import AT_DEGC, Points, points


class Fluid(NamedTuple):
    """density = d0 + d1 T + d2 T² (kg/m³), heat capacity = c0 + c1 T + c2 T² (J/kg/K), T in °C."""

    d0: float
    d1: float
    d2: float
    c0: float
    c1: float
    c2: float

    def density_kg_m3(self, temperature_degC: float) -> float:
        return self.d0 + temperature_degC * (self.d1 + temperature_degC * self.d2)

    def heat_capacity_J_kgK(self, temperature_degC: float) -> float:
        return self.c0 + temperature_degC * (self.c1 + temperature_degC * self.c2)

    def enthalpy_J_kg(self, temperature_degC: float) -> float:
        """Integral of the heat capacity from 0 °C."""
        t = temperature_degC
        return t * (self.c0 + t * (self.c1 / 2 + t * self.c2 / 3))

    def temperature_degC(self, enthalpy_J_kg: float, near_degC: float) -> float:
        """The inverse, by two of Newton's steps from a temperature that is near: exact to 1e-6 K within 30 K."""
        t = near_degC
        for _ in range(2):
            t += (enthalpy_J_kg - self.enthalpy_J_kg(t)) / self.heat_capacity_J_kgK(t)
        return t


def parabola(y: Points) -> Points:
    """Coefficients of the parabola through (AT_DEGC, y), lowest power first."""
    (x0, x1, x2), (y0, y1, y2) = AT_DEGC, y
    first = (y1 - y0) / (x1 - x0)
    second = ((y2 - y1) / (x2 - x1) - first) / (x2 - x0)
    return y0 - first * x0 + second * x0 * x1, first - second * (x0 + x1), second


@cache
def fluid(name: str) -> Fluid:
    """`name` as CoolProp has it: "Water", "INCOMP::MPG-25%". Raises ValueError for a name it does not know."""
    return Fluid(*parabola(points("D", name)), *parabola(points("C", name)))
