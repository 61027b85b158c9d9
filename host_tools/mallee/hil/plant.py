"""The simulated plant behind a virtual board for tests: what it does in truth, whatever the controller measures of it."""

from __future__ import annotations

from ..sim.loads import Constant
from ..sim.plant.plant import Plant
from ..sim.podworld import PodEquipment


class PlantOnBench:
    """`model` has every part of it (mallee.sim.plant). It is for looking and for the load; what breaks is a fault."""

    def __init__(self, equipment: PodEquipment, load: Constant) -> None:
        self.model: Plant = equipment.plant
        self._load = load

    @property
    def load(self) -> float:
        """Power that the racks want, as a part of what they are rated for. Settable."""
        return self._load.fraction

    @load.setter
    def load(self, fraction: float) -> None:
        if not 0.0 <= fraction <= 2.0:
            raise ValueError(f"a load of {fraction:g} times what the racks are rated for is not simulated: 0 to 2")
        self._load.fraction = fraction

    @property
    def supply_temperature_degC(self) -> float:
        """Of the coolant at the racks."""
        return self.model.supply_degC

    @property
    def return_temperature_degC(self) -> float:
        return self.model.return_degC

    @property
    def differential_pressure_kPa(self) -> float:
        return self.model.differential_pressure_kPa

    @property
    def flow_l_min(self) -> float:
        return self.model.l_min(self.model.manifold.flow_kg_s)

    @property
    def it_power_kW(self) -> float:
        """That the racks get, which is less than they want where something is off."""
        return sum(self.model.electrical.supplied_W) / 1000.0
