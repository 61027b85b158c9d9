"""A rack's liquid side: devices on cold plates, lumped to one temperature.

C dT/dt = P - (T - Tin) / R(V); the heat that leaves goes into the coolant at once. R over flow is the maker's table (OCP cold
plate, 1 kW, PG25, case to inlet); between its points, and down to zero flow, the conductance 1/R is linear in flow.

Hot devices throttle: from `throttle_degC` on the rack wants less, linear in the case temperature over `throttle_band_K`, down to
a floor. The makers do not publish their law; proportional is the simplest that settles. The whole rack follows its devices, for
they work in step (synchronous training). Devices that switch themselves off above that are not modelled.
"""

from __future__ import annotations

from bisect import bisect_right

from ...pod.parameters import RackParameters


class ColdPlate:
    """Conductance of one device over its coolant flow."""

    def __init__(self, parameters: RackParameters) -> None:
        self._flow = (0.0, *parameters.cold_plate_l_min)
        self._conductance = (0.0, *(1.0 / r for r in parameters.cold_plate_K_W))

    def conductance_W_K(self, flow_l_min: float) -> float:
        xs, ys = self._flow, self._conductance
        if flow_l_min >= xs[-1]:
            return ys[-1]
        i = max(0, bisect_right(xs, flow_l_min) - 1)
        return ys[i] + (ys[i + 1] - ys[i]) * (flow_l_min - xs[i]) / (xs[i + 1] - xs[i])


class Rack:
    """`case_degC` is the temperature of its devices; `restriction` 0..1 closes it off (fault)."""

    def __init__(self, name: str, devices: float, parameters: RackParameters) -> None:
        self.name = name
        self.devices = devices
        self.heat_capacity_J_K = devices * parameters.device_heat_capacity_J_K
        self._throttle_degC = parameters.throttle_degC
        self._throttle_per_K = (1.0 - parameters.throttle_floor) / parameters.throttle_band_K
        self._throttle_floor = parameters.throttle_floor
        self.case_degC = 25.0
        self.restriction = 0.0
        self.power_W = 0.0
        """Electrical power now."""
        self.liquid_W = 0.0
        """Part of it that goes into the cold plates."""
        self.heat_W = 0.0
        """Into the coolant now."""

    @property
    def throttle(self) -> float:
        """Part of its power that the rack wants at the present case temperature."""
        above_K = self.case_degC - self._throttle_degC
        return 1.0 if above_K <= 0.0 else max(self._throttle_floor, 1.0 - self._throttle_per_K * above_K)

    def step(self, dt_s: float, conductance_W_K: float, supply_degC: float) -> float:
        """Advance; `conductance_W_K` is that of one device. Returns the heat into the coolant, W."""
        heat = self.devices * conductance_W_K * (self.case_degC - supply_degC)
        self.case_degC += (self.liquid_W - heat) * dt_s / self.heat_capacity_J_K
        self.heat_W = heat
        return heat
