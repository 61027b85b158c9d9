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
        """Coolant that left the loop."""
        self.gas_l = 0.0
        """Gas elsewhere in the loop, which pushes coolant in here."""

    @property
    def _coolant_l(self) -> float:
        return min(0.99 * self._volume_l, max(0.0, self._charge_l + self.gas_l - self.lost_l))

    @property
    def level_percent(self) -> float:
        return 100.0 * self._coolant_l / self._volume_l

    @property
    def suction_kPa(self) -> float:
        """Above ambient; an empty vessel holds none."""
        coolant_l = self._coolant_l
        if coolant_l <= 0.0:
            return 0.0
        pressure = self._charge_kPa * (self._volume_l - self._charge_l) / (self._volume_l - coolant_l) - _AMBIENT_KPA
        return max(0.0, pressure)
