"""Expansion vessel: its gas cushion holds the pressure at the pump suction (Boyle-Mariotte), its level shows lost coolant.

Thermal expansion of the coolant is not modelled: 10 K move the default loop by about 1.5 l of 100.
"""

from __future__ import annotations

from ...pod.parameters import CoolantParameters

_AMBIENT_KPA = 101.325


class Vessel:
    def __init__(self, parameters: CoolantParameters) -> None:
        self._volume_l = parameters.vessel_volume_l
        self._charge_l = parameters.vessel_volume_l * parameters.level_percent / 100.0
        self._charge_kPa = parameters.charge_pressure_kPa + _AMBIENT_KPA
        self.lost_l = 0.0
        self.leak_l_s = 0.0
        """Fault: coolant that leaves the loop."""

    def step(self, dt_s: float) -> None:
        if self.leak_l_s:
            self.lost_l += self.leak_l_s * dt_s

    @property
    def level_percent(self) -> float:
        return max(0.0, 100.0 * (self._charge_l - self.lost_l) / self._volume_l)

    @property
    def suction_kPa(self) -> float:
        """Above ambient."""
        gas_l = self._volume_l - max(0.0, self._charge_l - self.lost_l)
        pressure = self._charge_kPa * (self._volume_l - self._charge_l) / gas_l - _AMBIENT_KPA
        return max(0.0, pressure) if self.lost_l < self._charge_l else 0.0
