"""Heat transfer between a fluid and the wall of a round pipe: the film coefficient h = Nu λ / d.

VDI Heat Atlas, 2nd edition (2010), G1 "Heat transfer in pipe flow"; mean over the length l, properties at the mean temperature:
- laminar (Re <= 2300), wall of one temperature: Nu³ = 3.66³ + 0.7³ + (1.615 (Re Pr d/l)^⅓ - 0.7)³,
- turbulent (Re >= 10⁴), Gnielinski: Nu = (ξ/8) Re Pr / (1 + 12.7 √(ξ/8) (Pr^⅔ - 1)) · (1 + (d/l)^⅔),
  ξ = (1.8 log10 Re - 1.5)^-2 (Konakov, smooth pipe),
- between them linear in Re from the laminar value at 2300 to the turbulent one at 10⁴ (Gnielinski 1995).
Without flow the laminar formula goes to Nu = 3.67: conduction. Natural convection inside a pipe at rest is left out.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

from .fluid import parabola
from .properties import points

_LAMINAR, _TURBULENT = 2300.0, 1e4


class FilmProperties(NamedTuple):
    """λ = k0 + k1 T + k2 T² (W/m/K), ln η = v0 + v1 T + v2 T² (η in Pa s), T in °C; at the points of properties.py."""

    k: tuple[float, float, float]
    v: tuple[float, float, float]
    heat_capacity_J_kgK: float

    def conductivity_W_mK(self, temperature_degC: float) -> float:
        k0, k1, k2 = self.k
        return k0 + temperature_degC * (k1 + temperature_degC * k2)

    def viscosity_Pa_s(self, temperature_degC: float) -> float:
        v0, v1, v2 = self.v
        return math.exp(v0 + temperature_degC * (v1 + temperature_degC * v2))


@cache
def film_properties(name: str) -> FilmProperties:
    """`name` as CoolProp has it. The heat capacity is the middle one: in Pr it moves by less than 2 % over the range."""
    low, middle, high = (math.log(value) for value in points("V", name))
    return FilmProperties(parabola(points("L", name)), parabola((low, middle, high)), points("C", name)[1])


def _laminar(reynolds: float, prandtl: float, d_l: float) -> float:
    entry = 1.615 * (reynolds * prandtl * d_l) ** (1 / 3) - 0.7
    return (3.66**3 + 0.7**3 + max(0.0, entry) ** 3) ** (1 / 3)


def _turbulent(reynolds: float, prandtl: float, d_l: float) -> float:
    eighth = 0.125 / (1.8 * math.log10(reynolds) - 1.5) ** 2
    return (
        eighth * reynolds * prandtl / (1 + 12.7 * math.sqrt(eighth) * (prandtl ** (2 / 3) - 1)) * (1 + d_l ** (2 / 3))
    )


def nusselt(reynolds: float, prandtl: float, d_l: float) -> float:
    """Nusselt number of a pipe whose diameter over length is `d_l`."""
    if reynolds <= _LAMINAR:
        return _laminar(reynolds, prandtl, d_l)
    if reynolds >= _TURBULENT:
        return _turbulent(reynolds, prandtl, d_l)
    share = (reynolds - _LAMINAR) / (_TURBULENT - _LAMINAR)
    return (1 - share) * _laminar(_LAMINAR, prandtl, d_l) + share * _turbulent(_TURBULENT, prandtl, d_l)


def film_W_m2K(
    fluid: FilmProperties, flow_kg_s: float, temperature_degC: float, diameter_m: float, length_m: float
) -> float:
    """Film coefficient at the inner wall of a pipe."""
    viscosity, conductivity = fluid.viscosity_Pa_s(temperature_degC), fluid.conductivity_W_mK(temperature_degC)
    reynolds = 4.0 * abs(flow_kg_s) / (math.pi * diameter_m * viscosity)
    prandtl = viscosity * fluid.heat_capacity_J_kgK / conductivity
    return nusselt(reynolds, prandtl, diameter_m / length_m) * conductivity / diameter_m
