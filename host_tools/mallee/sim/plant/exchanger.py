"""Heat exchanger and primary valve of a skid.

Counterflow ε-NTU (Kays and London; VDI Heat Atlas C1): ε = (1 - e) / (1 - Cr e), e = exp(-NTU (1 - Cr)), NTU = UA / Cmin.
UA = UA0 / (½ (m1n/m1)^0.8 + ½ (m2n/m2)^0.8): film resistances alike at rated flow, films going with m^0.8.
Valve: equal percentage, φ = R^(x-1), straight to zero below 5 % opening; flow = full / √((1-a) + a/φ²) with authority a.
"""

from __future__ import annotations

import math

from ...pod.parameters import ExchangerParameters

_SEAT = 0.05


def effectiveness(ntu: float, ratio: float) -> float:
    """Counterflow; `ratio` is the smaller capacity rate over the larger."""
    if ratio > 0.9999:
        return ntu / (1.0 + ntu)
    e = math.exp(-ntu * (1.0 - ratio))
    return (1.0 - e) / (1.0 - ratio * e)


class Exchanger:
    def __init__(self, parameters: ExchangerParameters) -> None:
        self._ua = parameters.ua_kW_K * 1000.0
        self._n = parameters.film_exponent
        self._secondary = parameters.secondary_flow_kg_s
        self._facility = parameters.facility_flow_kg_s
        self.fouling = 0.0
        """Fault: fraction of UA that is lost."""

    def heat_W(
        self, hot_kg_s: float, hot_J_K: float, hot_degC: float, cold_kg_s: float, cold_J_K: float, cold_degC: float
    ) -> float:
        """Heat from the coolant to the facility water; `…_J_K` are heat capacities per kg. Zero flow on a side: none."""
        if hot_kg_s < 1e-6 or cold_kg_s < 1e-6:
            return 0.0
        resistance = 0.5 * ((self._secondary / hot_kg_s) ** self._n + (self._facility / cold_kg_s) ** self._n)
        ua = self._ua * (1.0 - self.fouling) / resistance
        hot, cold = hot_kg_s * hot_J_K, cold_kg_s * cold_J_K
        least, most = (hot, cold) if hot < cold else (cold, hot)
        return effectiveness(ua / least, least / most) * least * (hot_degC - cold_degC)


class Valve:
    """Positions and commands are 0..1. The actuator moves the whole stroke in `valve_stroke_s`."""

    def __init__(self, parameters: ExchangerParameters) -> None:
        self.command = 0.0
        self.position = 0.0
        self.stuck = False
        """Fault: it stays where it is."""
        self._per_s = 1.0 / parameters.valve_stroke_s
        self._rangeability = parameters.valve_rangeability
        self._authority = parameters.valve_authority
        self._full_kg_s = parameters.facility_flow_kg_s

    def step(self, dt_s: float) -> None:
        if not self.stuck and self.command != self.position:
            most = self._per_s * dt_s
            self.position += max(-most, min(most, self.command - self.position))

    def flow_kg_s(self, available: float = 1.0) -> float:
        """Facility water flow; `available` is the fraction of its pressure-driven flow that the building gives."""
        x = self.position
        if x <= 0.0 or available <= 0.0:
            return 0.0
        opening = self._rangeability ** (max(x, _SEAT) - 1.0) * min(1.0, x / _SEAT)
        a = self._authority
        return available * self._full_kg_s / math.sqrt(1.0 - a + a / (opening * opening))
