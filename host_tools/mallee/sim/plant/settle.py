"""The steady state for given set-points, so that a run begins at rest: pump speeds, valve positions, every temperature.

All skids that are named share alike. Speed and valve each are one unknown of a monotone function: bisection.
"""

from __future__ import annotations

from .energy import EnergyBalance
from .plant import Plant


class CannotSettle(ValueError):
    """The plant cannot hold these set-points; the text says which and how near it comes."""


def settle(
    plant: Plant,
    demand_W: list[float],
    supply_degC: float,
    differential_pressure_kPa: float,
    running: list[str] | None = None,
) -> None:
    """Put the plant into its steady state. `running` names the skids that carry it (default: all); the others stand still.

    Raises CannotSettle when full speed or the open valve is not enough.
    """
    skids = [skid for name, skid in plant.skids.items() if running is None or name in running]
    for skid in plant.skids.values():
        for pump in skid.pumps:
            pump.speed_percent = pump.command_percent = 0.0
        skid.valve.position = skid.valve.command = 0.0
        skid.facility_flow_kg_s = skid.heat_W = skid.pump_W = 0.0
    plant.electrical.demand(demand_W)
    plant.electrical.share()
    plant.electrical.settle()

    def pressure(speed: float) -> float:
        for skid in skids:
            for pump in skid.pumps:
                pump.speed_percent = pump.command_percent = speed
        plant.manifold.solve()
        return plant.differential_pressure_kPa

    if pressure(100.0) < differential_pressure_kPa:
        raise CannotSettle(
            f"the pumps reach {plant.differential_pressure_kPa:.0f} kPa at full speed, not {differential_pressure_kPa:g} kPa"
        )
    low, high = plant.parameters.pumps.minimum_speed_percent, 100.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if pressure(middle) < differential_pressure_kPa else (low, middle)
    pressure(high)
    _temperatures(plant, supply_degC)
    lost_W = sum(pipe.settled_loss_W for pipe in (plant.supply_pipe, plant.return_pipe))
    share_W = (sum(rack.heat_W for rack in plant.racks) - lost_W) / max(1, len(skids))
    for skid in skids:
        skid.pump_W = skid.hydraulics.power_W(plant.differential_pressure_kPa)
        _valve(plant, skid.name, share_W + skid.pump_W)
    plant.balance = EnergyBalance(plant.stored_J())


def _temperatures(plant: Plant, supply_degC: float) -> None:
    air_W = plant.take_powers() + plant.electrical.loss_W
    plant.room.temperature_degC = plant.room.settled(air_W / 1000.0)
    plant.supply_degC = supply_degC
    per_device = plant.parameters.racks.flow_exponent
    pressure = plant.differential_pressure_kPa
    for rack, conductance in zip(plant.racks, plant.manifold.conductances, strict=True):
        flow = conductance * pressure ** (1.0 / per_device)
        one = plant.cold_plate.conductance_W_K(plant.l_min(flow) / rack.devices) if rack.devices else 0.0
        rack.heat_W = rack.liquid_W
        rack.case_degC = supply_degC + (rack.liquid_W / (rack.devices * one) if one else 0.0)
    heat_W = sum(rack.heat_W for rack in plant.racks)
    flow = plant.manifold.flow_kg_s
    target = plant.coolant.enthalpy_J_kg(supply_degC) + (heat_W / flow if flow else 0.0)
    low, high = supply_degC, supply_degC + 100.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if plant.coolant.enthalpy_J_kg(middle) < target else (low, middle)
    ambient_degC = plant.room.temperature_degC
    per_K = flow * plant.coolant.heat_capacity_J_kgK(supply_degC)
    skid_degC = plant.supply_pipe.settle(per_K, supply_degC, ambient_degC, from_outlet=True)
    plant.return_degC = plant.return_pipe.settle(per_K, high, ambient_degC)
    for skid in plant.skids.values():
        skid.supply_degC = skid_degC
        skid.facility_return_degC = plant.facility_supply_degC


def _valve(plant: Plant, name: str, heat_W: float) -> None:
    skid = plant.skids[name]
    c = plant.coolant.heat_capacity_J_kgK(plant.return_degC)
    c_water = plant.water.heat_capacity_J_kgK(plant.facility_supply_degC)

    def carried(position: float) -> float:
        skid.valve.position = skid.valve.command = position
        skid.facility_flow_kg_s = skid.valve.flow_kg_s(plant.facility_available)
        return skid.exchanger.heat_W(
            skid.flow_kg_s, c, plant.return_degC, skid.facility_flow_kg_s, c_water, plant.facility_supply_degC
        )

    if carried(1.0) < heat_W:
        raise CannotSettle(
            f"{name}: {carried(1.0) / 1000:.0f} kW of {heat_W / 1000:.0f} kW go into facility water of "
            f"{plant.facility_supply_degC:g} °C with the valve open"
        )
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if carried(middle) < heat_W else (low, middle)
    skid.heat_W = carried(high)
    if skid.facility_flow_kg_s > 0.0:
        skid.facility_return_degC = plant.facility_supply_degC + heat_W / (skid.facility_flow_kg_s * c_water)
