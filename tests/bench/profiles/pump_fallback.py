"""What is not known any more: pressure lost, supply temperature lost with and without the rest of the exchanger."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

PRESET_SPEED, PRESET_VALVE = 60.0, 70.0
SUPPLY_LOST: dict[str, float | None] = dict.fromkeys(("supply_1", "supply_2", "supply_3"))
HOLDING_SPEED = Patch(
    "pump/control.py",
    "wanted = max(low, min(high, preset))",
    "wanted = max(low, min(high, self.speed))",
    "pumps hold their speed without a pressure",
)
HOLDING_VALVE = Patch(
    "pump/driving.py",
    "operation != Operation.RUN or supply is None and demand is None",
    "operation != Operation.RUN",
    "the valve holds where nothing is known",
)
NO_DEMAND = Patch(
    "pump/driving.py",
    "demand = self.demand(setpoint) if operation == Operation.RUN else None",
    "demand = None",
    "no feed-forward from return and facility temperature",
)


async def moves(rig: Rig, what: Any, values: dict[str, float | None], seconds: float) -> tuple[float, float]:
    """`what(equipment)` before and `seconds` after the sensors read so."""
    before = what(rig.equipment)
    rig.equipment.values |= values
    await asyncio.sleep(seconds)
    return before, what(rig.equipment)


def valve(equipment: Any) -> float:
    return equipment.valve


def pressure_lost(*changes: Patch) -> float:
    """Percent of speed away from the preset one, 10 s after."""

    async def session(rig: Rig) -> float:
        _, after = await moves(rig, lambda e: e.speeds[0], {"differential_pressure": None, "supply_pressure": None}, 10)
        return abs(after - PRESET_SPEED)

    return run("pump", session, *changes)


def supply_lost(*changes: Patch) -> float:
    """Percent that the valve moves within 10 s when only the supply temperature is lost."""

    async def session(rig: Rig) -> float:
        before, after = await moves(rig, valve, SUPPLY_LOST, 10)
        return abs(after - before)

    return run("pump", session, *changes)


def supply_lost_follows(*changes: Patch) -> float:
    """Percent that the valve closes then when facility water becomes 2 K colder."""

    async def session(rig: Rig) -> float:
        await moves(rig, valve, SUPPLY_LOST, 10)
        before, after = await moves(rig, valve, {"facility_supply": 30.0}, 15)
        return before - after

    return run("pump", session, *changes)


def all_lost(*changes: Patch) -> float:
    """Percent away from the preset opening when return temperature is lost as well."""

    async def session(rig: Rig) -> float:
        _, after = await moves(rig, valve, {**SUPPLY_LOST, "return": None}, 25)
        return abs(after - PRESET_VALVE)

    return run("pump", session, *changes)


def fastest(*changes: Patch) -> float:
    """Percent of opening a second, the fastest, on the way to the preset opening."""

    async def session(rig: Rig) -> float:
        rig.equipment.log.clear()
        await moves(rig, valve, {**SUPPLY_LOST, "return": None}, 25)
        opened = [(at, duties[2] / 655.35) for at, duties in rig.equipment.log]
        return max(
            (after - before) / ((then - at) / 1e6) for (at, before), (then, after) in pairwise(opened) if then > at
        )

    return run("pump", session, *changes)


JUMPING = Patch(
    "pump/driving.py",
    "ramp(command, wanted, VALVE_percent_s * dt_s)",
    "wanted",
    "the valve's command goes without a ramp",
)


def measure() -> dict[str, Figure]:
    one = "one skid's firmware on a virtual board"
    return {
        "pressure_lost_speed": Figure(
            pressure_lost(),
            f"speed away from preset_speed 10 s after differential pressure is lost; {one}",
            pressure_lost(HOLDING_SPEED),
            HOLDING_SPEED.off,
        ),
        "supply_lost_valve": Figure(
            supply_lost(),
            f"movement of the valve within 10 s of losing all supply sensors; {one}",
            supply_lost(NO_DEMAND),
            NO_DEMAND.off,
        ),
        "supply_lost_follows": Figure(
            supply_lost_follows(),
            f"closing of the valve for facility water 2 K colder, supply sensors lost; {one}",
            supply_lost_follows(NO_DEMAND),
            NO_DEMAND.off,
        ),
        "all_lost_valve": Figure(
            all_lost(),
            f"opening away from preset_valve 25 s after supply and return temperature are lost; {one}",
            all_lost(HOLDING_VALVE),
            HOLDING_VALVE.off,
        ),
        "all_lost_ramp": Figure(
            fastest(), f"fastest movement of the command on that way; {one}", fastest(JUMPING), JUMPING.off
        ),
    }
