"""Room air: one time constant towards a temperature that rises with the heat given to air; moisture as a constant dew point.

Saturation vapour pressure by the Magnus formula (WMO Guide No. 8, annex 4.B): 6.112 exp(17.62 T / (243.12 + T)) hPa.
"""

from __future__ import annotations

import math

from ...pod.parameters import RoomParameters


def _saturation_hPa(temperature_degC: float) -> float:
    return 6.112 * math.exp(17.62 * temperature_degC / (243.12 + temperature_degC))


class Room:
    def __init__(self, parameters: RoomParameters) -> None:
        self._parameters = parameters
        self.temperature_degC = parameters.temperature_degC
        self.dew_point_degC = parameters.dew_point_degC

    def step(self, dt_s: float, heat_kW: float) -> None:
        p = self._parameters
        self.temperature_degC += (self.settled(heat_kW) - self.temperature_degC) * dt_s / p.time_constant_s

    def settled(self, heat_kW: float) -> float:
        """Temperature with this heat in the long run."""
        return self._parameters.temperature_degC + self._parameters.K_per_kW * heat_kW

    @property
    def humidity_percent(self) -> float:
        return min(100.0, 100.0 * _saturation_hPa(self.dew_point_degC) / _saturation_hPa(self.temperature_degC))
