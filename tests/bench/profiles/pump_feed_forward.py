"""Rack power that somebody tells ahead moves the valve before the heat is there; the one who tells it here is the session."""

from __future__ import annotations

import asyncio
from typing import Any

from mallee.device.remote import Grant
from mallee.sim.loads import Steps

from ...system.bench import SET_POINTS
from ..figure import Figure
from .patched import Patch
from .single import Rig, run
from .skids import BOTH, skids

DEAF = Patch(
    "pump/driving.py",
    "coming_kW = controller.holdings.get(Remote.remote_heat) if active else None",
    "coming_kW = None",
    "what the host says of heat to come is not used",
)
NO_DEMAND = Patch(
    "pump/driving.py",
    "demand = self.demand(setpoint) if operation == Operation.RUN else None",
    "demand = None",
    "no feed-forward at all",
)
STEP_s, PEAK_s = 20.0, 40.0


def ahead(*changes: Patch) -> float:
    """Percent that the valve opens within 10 s when 700 kW are announced where 400 kW are, and no sensor sees anything of it.

    Coolant would come back at 37 + 700 kJ/s / (10 l/s × 4.008 kJ/(l K)) = 54.5 °C, so of facility water at 32 °C the exchanger
    needs 0.78 of what it could give instead of 0.67: at R = 50, ln(0.78 / 0.67) / ln 50 = 3.9 % of opening at least.
    """

    async def session(rig: Rig) -> float:
        remote: dict[str, Any] = {
            **SET_POINTS,
            "remote_supply_temperature": 37.0,
            "remote_differential_pressure": 200.0,
        }
        await rig.device.write_remote(Grant(1, 1, 30), remote)
        await asyncio.sleep(5)
        before = rig.equipment.valve
        await rig.device.write_remote(Grant(1, 1, 30), {**remote, "remote_heat": 700.0})
        await asyncio.sleep(10)
        return rig.equipment.valve - before

    return run("pump", session, *changes)


def pumps_follow(rise_K: float | None) -> float:
    """Percent that the pumps speed up within 5 s of 700 kW that are announced in flow mode, where 600 l/min are wanted and flow.

    700 kJ/s / (4.008 kJ/(l K) × 10 K) are 1048 l/min; the set-point goes there by 33 l/min a second.
    """

    async def session(rig: Rig) -> float:
        await rig.device.write({"design_rise": rise_K})
        remote: dict[str, Any] = {**SET_POINTS, "remote_mode": "flow", "remote_flow": 600.0}
        await rig.device.write_remote(Grant(1, 1, 60), remote)
        await asyncio.sleep(10)
        before = await rig.value("pump_command.1")
        await rig.device.write_remote(Grant(1, 1, 60), {**remote, "remote_heat": 700.0})
        await asyncio.sleep(5)
        return await rig.value("pump_command.1") - before

    return run("pump", session)


def peak(*changes: Patch) -> float:
    """K above 37 °C in the pod when the load steps from 60 to 100 % and return and facility temperature alone move the valves."""
    with skids(*changes, load=Steps((0, 0.6), (STEP_s, 1.0)), names=BOTH, settle_s=STEP_s) as pod:
        return max(sample.supply for sample in pod.run(PEAK_s)) - 37.0


def measure() -> dict[str, Figure]:
    return {
        "valve_ahead": Figure(
            ahead(),
            "opening within 10 s of 700 kW announced where 400 kW flow; one skid's firmware on a virtual board",
            ahead(DEAF),
            DEAF.off,
        ),
        "pumps_ahead": Figure(
            pumps_follow(10.0),
            "speed within 5 s of 700 kW announced in flow mode at 600 l/min; one skid's firmware on a virtual board",
            pumps_follow(None),
            "setting design_rise not available",
        ),
        "peak": Figure(
            peak(),
            "supply above 37 degC after a load step from 60 to 100 %, no host: return and facility temperature feed forward",
            peak(NO_DEMAND),
            NO_DEMAND.off,
        ),
    }
