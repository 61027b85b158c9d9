"""The whole pod: pumps, manifold, racks, exchangers, vessel, room and power, stepped together.

Coolant behind each exchanger is a mixing volume, M c(T) dT/dt = Σ m (h_in - h) + Q, and what sits in the devices is part of
their heat capacity; supply and return are pipes, which delay (pipe.py). Explicit Euler at 10 ms: stable while a step moves less
than a volume's content (the smallest is renewed in 2 s), and the energy it misses is second order in the step (see energy.py
and its test).
"""

from __future__ import annotations

import math

from ...pod.config import PodConfig
from .air import Air
from .electrical import Electrical
from .energy import EnergyBalance
from .exchanger import Exchanger, Valve
from .film import film_properties
from .fluid import fluid
from .hydraulics import Manifold, SkidHydraulics
from .isolation import Isolation
from .leak import Leak
from .pipe import Pipe
from .pump import Pump, PumpCurve
from .rack import ColdPlate, Rack
from .room import Room
from .vessel import Vessel


class Skid:
    """One coolant pump skid: pumps, filter, exchanger, valve, and the coolant and water inside them."""

    def __init__(self, name: str, config: PodConfig, curve: PumpCurve) -> None:
        p = config.plant
        self.name = name
        self.pumps = [Pump(p.pumps), Pump(p.pumps)]
        self.hydraulics = SkidHydraulics(curve, self.pumps)
        self.exchanger = Exchanger(p.exchanger)
        self.valve = Valve(p.exchanger)
        self.supply_degC = 25.0
        """Coolant behind the exchanger."""
        self.facility_return_degC = p.facility.supply_temperature_degC
        self.facility_flow_kg_s = 0.0
        self.facility_open = 1.0
        """Fault: how far its isolating valves in the facility water are open, as a part of the flow they let through."""
        self.heat_W = 0.0
        """From coolant to facility water."""
        self.pump_W = 0.0
        """Electric power of both pumps; all of it heats the coolant."""
        self._filter_kPa = p.pumps.filter_kPa
        self._rated_kg_s = p.pumps.rated_flow_kg_s

    @property
    def flow_kg_s(self) -> float:
        return self.hydraulics.flow_kg_s

    @property
    def filter_kPa(self) -> float:
        return (self._filter_kPa + self.hydraulics.clog_kPa) * (self.flow_kg_s / self._rated_kg_s) ** 2


class Plant:
    def __init__(self, config: PodConfig) -> None:
        p = self.parameters = config.plant
        self.config = config
        self.coolant = fluid(p.coolant.mixture)
        self.water = fluid("Water")
        curve = PumpCurve(p.pumps)
        self.skids = {skid.name: Skid(skid.name, config, curve) for skid in config.skids}
        self.racks = [Rack(r.name, r.liquid_kW / p.racks.device_kW, p.racks) for r in config.racks]
        self.liquid_fraction = [r.liquid_kW / r.power_kW if r.power_kW else 0.0 for r in config.racks]
        self.cold_plate = ColdPlate(p.racks)
        self.electrical = Electrical(config)
        self.vessel = Vessel(p.coolant)
        loop_l = p.coolant.supply_volume_l + p.coolant.return_volume_l
        loop_l += len(config.skids) * p.exchanger.secondary_volume_l
        self.air = Air(p.air, loop_l, len(config.skids))
        self.leaks: list[Leak] = []
        self.room = Room(p.room)
        self.facility_supply_degC = p.facility.supply_temperature_degC
        self.facility_available = 1.0
        """Fault: fraction of facility flow that the building gives; 0 is facility water gone."""
        self.supply_degC = 25.0
        """At the racks, at the end of the supply pipe."""
        self.return_degC = 25.0
        """At the skids, at the end of the return pipe."""
        density = self.coolant.density_kg_m3(37.0)
        self._flow_to_l_min = 60_000.0 / density  # volumes below: m³ of coolant at 37 °C, mass constant
        section_m2 = math.pi / 4 * (p.pipes.inner_diameter_mm / 1000.0) ** 2
        self.supply_pipe, self.return_pipe = (
            Pipe(p.pipes, volume_l / 1000.0 / section_m2, self.coolant, film_properties(p.coolant.mixture))
            for volume_l in (p.coolant.supply_volume_l, p.coolant.return_volume_l)
        )
        self._skid_kg = p.exchanger.secondary_volume_l * density / 1000.0
        self._water_kg = p.exchanger.facility_volume_l * self.water.density_kg_m3(35.0) / 1000.0
        self._device_c = (
            p.racks.flow_l_min
            / self._flow_to_l_min
            / p.racks.differential_pressure_kPa ** (1.0 / p.racks.flow_exponent)
        )
        self.manifold = Manifold(
            [skid.hydraulics for skid in self.skids.values()],
            [rack.devices * self._device_c for rack in self.racks],
            p.racks.flow_exponent,
        )
        self.isolation = Isolation(config, lambda rack, closed: self.restrict(rack, 1.0 if closed else 0.0))
        self._pipe_loss_W = 0.0
        self._inverse_exponent = 1.0 / p.racks.flow_exponent
        self.balance = EnergyBalance(self.stored_J())

    @property
    def differential_pressure_kPa(self) -> float:
        return self.manifold.differential_pressure_kPa

    @property
    def suction_kPa(self) -> float:
        return self.vessel.suction_kPa

    def l_min(self, flow_kg_s: float) -> float:
        return flow_kg_s * self._flow_to_l_min

    def restrict(self, rack: int, restriction: float) -> None:
        """Close a rack's hoses by this fraction: a fault, or its isolation valve."""
        self.racks[rack].restriction = restriction
        self.manifold.conductances[rack] = self.racks[rack].devices * self._device_c * (1.0 - restriction)

    def step(self, dt_s: float, demand_W: list[float]) -> None:
        """Advance by `dt_s` with what each rack wants to draw."""
        electrical = self.electrical
        electrical.demand([wanted * rack.throttle for wanted, rack in zip(demand_W, self.racks, strict=True)])
        electrical.step(round(dt_s * 1e6))
        for skid in self.skids.values():
            for pump in skid.pumps:
                pump.step(dt_s)
            skid.valve.step(dt_s)
        self._step_losses(dt_s)
        self.manifold.solve()
        heat_W = self._step_racks(dt_s)
        self._step_pipes(dt_s, heat_W)
        self._step_skids(dt_s)
        air_W = self.take_powers() + electrical.loss_W + self._pipe_loss_W
        self.room.step(dt_s, air_W / 1000.0)

    def leak(self, place: str, l_s: float) -> Leak:
        """Fault: a hole at a skid or a rack that loses this much in normal operation; take it out of `leaks` to mend it."""
        part = 1.0 if place in self.skids else 0.5
        normal_kPa = self.parameters.coolant.charge_pressure_kPa + part * self.config.control.differential_pressure_kPa
        names = [rack.name for rack in self.racks]
        leak = Leak(place, l_s, normal_kPa, part, names.index(place) if place in names else None)
        self.leaks.append(leak)
        return leak

    def leaks_at(self, rack: int) -> bool:
        """There is coolant below this rack (from 0): its leak rope is wet until the hole is mended."""
        return any(leak.rack == rack for leak in self.leaks)

    def _step_losses(self, dt_s: float) -> None:
        """Coolant that leaks out, and gas that is in it."""
        for leak in self.leaks:
            if leak.rack is not None and self.racks[leak.rack].restriction >= 1.0:
                continue  # its valve is closed
            self.vessel.lost_l += leak.l_s(self.suction_kPa, self.differential_pressure_kPa) * dt_s
        if self.air.gas_l or self.vessel.gas_l:
            self.air.step(dt_s, self.l_min(self.manifold.flow_kg_s) / 60.0)
            self.vessel.gas_l = self.air.gas_l
            for i, skid in enumerate(self.skids.values()):
                skid.hydraulics.head_fraction = self.air.head(i)

    def take_powers(self) -> float:
        """Put the supplied power into the racks; returns the part that goes into air, W."""
        air_W = 0.0
        for rack, power_W, fraction in zip(self.racks, self.electrical.supplied_W, self.liquid_fraction, strict=True):
            rack.power_W = power_W
            rack.liquid_W = power_W * fraction
            air_W += power_W - rack.liquid_W
        return air_W

    def _step_racks(self, dt_s: float) -> float:
        device_l_min = self._flow_to_l_min * self._device_c * self.differential_pressure_kPa**self._inverse_exponent
        conductance = self.cold_plate.conductance_W_K(device_l_min)
        total = liquid = 0.0
        for rack in self.racks:
            if rack.restriction:
                total += rack.step(
                    dt_s, self.cold_plate.conductance_W_K(device_l_min * (1.0 - rack.restriction)), self.supply_degC
                )
            else:
                total += rack.step(dt_s, conductance, self.supply_degC)
            liquid += rack.liquid_W
        self.balance.rack_J += liquid * dt_s
        self.balance.it_J += sum(self.electrical.supplied_W) * dt_s
        return total

    def _step_pipes(self, dt_s: float, rack_heat_W: float) -> None:
        """From the skids through the racks and back."""
        coolant, flow, ambient = self.coolant, self.manifold.flow_kg_s, self.room.temperature_degC
        mixed = rack_outlet = self.supply_degC
        if flow > 0.0:
            skids = self.skids.values()
            h_mixed = sum(s.hydraulics.flow_kg_s * coolant.enthalpy_J_kg(s.supply_degC) for s in skids) / flow
            mixed = coolant.temperature_degC(h_mixed, mixed)
        lost_J = self.supply_pipe.lost_J + self.return_pipe.lost_J
        self.supply_degC = self.supply_pipe.step(dt_s, flow, mixed, ambient)
        if flow > 0.0:
            h_outlet = coolant.enthalpy_J_kg(self.supply_degC) + rack_heat_W / flow
            rack_outlet = coolant.temperature_degC(h_outlet, self.return_degC)
        self.return_degC = self.return_pipe.step(dt_s, flow, rack_outlet, ambient)
        lost_J = self.supply_pipe.lost_J + self.return_pipe.lost_J - lost_J
        self.balance.ambient_J += lost_J
        self._pipe_loss_W = lost_J / dt_s

    def _step_skids(self, dt_s: float) -> None:
        coolant, water = self.coolant, self.water
        h_return = coolant.enthalpy_J_kg(self.return_degC)
        c_return = coolant.heat_capacity_J_kgK(self.return_degC)
        balance = self.balance
        for skid in self.skids.values():
            m = skid.hydraulics.flow_kg_s
            f = skid.facility_flow_kg_s = skid.valve.flow_kg_s(self.facility_available * skid.facility_open)
            c_water = water.heat_capacity_J_kgK(self.facility_supply_degC)
            heat = skid.heat_W = skid.exchanger.heat_W(
                m, c_return, self.return_degC, f, c_water, self.facility_supply_degC
            )
            skid.pump_W = skid.hydraulics.power_W(self.differential_pressure_kPa)
            h = coolant.enthalpy_J_kg(skid.supply_degC)
            gained = m * (h_return - h) - heat + skid.pump_W
            skid.supply_degC += gained * dt_s / (self._skid_kg * coolant.heat_capacity_J_kgK(skid.supply_degC))
            warmed = f * c_water * (self.facility_supply_degC - skid.facility_return_degC) + heat
            skid.facility_return_degC += warmed * dt_s / (self._water_kg * c_water)
            balance.facility_J += heat * dt_s
            balance.pump_J += skid.pump_W * dt_s

    def stored_J(self) -> float:
        """Energy in coolant, pipes and devices above 0 °C."""
        h = self.coolant.enthalpy_J_kg
        fluid_J = self.supply_pipe.stored_J() + self.return_pipe.stored_J()
        fluid_J += sum(self._skid_kg * h(skid.supply_degC) for skid in self.skids.values())
        return fluid_J + sum(rack.heat_capacity_J_K * rack.case_degC for rack in self.racks)

    def energy_error(self) -> float:
        """Energy not accounted for since the last settle, as a fraction of what went in."""
        return self.balance.error(self.stored_J())
