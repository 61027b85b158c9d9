"""The dew-point guard: margin, clamp of the floor, humidity sensor lost."""

from __future__ import annotations

import asyncio
from math import log

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

LOW_degC = 20.0
SETTLE_s = 40.0
MARGIN_K, CLAMP_degC, ASSUMED_degC = 2.5, 45.0, 25.0
UNCLAMPED = Patch(
    "pump/control.py",
    "DEW_POINT_FLOOR_LIMIT_degC = 45.0",
    "DEW_POINT_FLOOR_LIMIT_degC = 90.0",
    "the dew-point floor is not clamped",
)
NOT_ASSUMED = Patch(
    "pump/sensors.py",
    "            return ASSUMED_DEW_POINT_degC",
    "            return -40.0",
    "no dew point is assumed without humidity",
)


def dew_point(temperature_degC: float, humidity_percent: float) -> float:
    """Magnus formula over water, Sonntag 1990 (17.62, 243.12 °C): the yardstick."""
    gamma = log(humidity_percent / 100) + 17.62 * temperature_degC / (243.12 + temperature_degC)
    return 243.12 * gamma / (17.62 - gamma)


def setpoint(
    ambient: float, humidity: float | None, *changes: Patch, margin_K: float = MARGIN_K, then_s: float = SETTLE_s
) -> float:
    """Supply set-point in force in that air, where 20 °C is asked for. Humidity None: lost after 40 s of 80 % in 35 °C air, and
    seen `then_s` later."""

    async def session(rig: Rig) -> float:
        await rig.device.write({"supply_temperature_setpoint": LOW_degC, "dew_point_margin": margin_K})
        rig.equipment.values |= {"ambient": ambient, "humidity": 80.0 if humidity is None else humidity}
        await asyncio.sleep(SETTLE_s)
        if humidity is None:
            rig.equipment.values["humidity"] = None
            await asyncio.sleep(then_s)
        return await rig.value("active_supply_temperature")

    return run("pump", session, *changes)


HELD_s = 5.0
"""With so much the set-point's ramp of 0.67 K/s would have moved it by 3.3 K."""


def measure() -> dict[str, Figure]:
    one = "one skid's firmware on a virtual board, 20 degC asked for"
    air = ((35.0, 70.0), (25.0, 90.0), (40.0, 55.0))
    floor = [setpoint(*each) - dew_point(*each) for each in air]
    bare = [setpoint(*each, margin_K=0.0) - dew_point(*each) for each in air]
    before = dew_point(35.0, 80.0) + MARGIN_K
    return {
        "margin_low": Figure(
            min(floor),
            f"least set-point above the dew point of three airs; {one}",
            min(bare),
            "setting dew_point_margin 0",
        ),
        "margin_high": Figure(
            max(floor),
            f"most set-point above the dew point of three airs; {one}",
            max(setpoint(*each, margin_K=4.0) - dew_point(*each) for each in air),
            "setting dew_point_margin 4 K",
        ),
        "floor_clamp": Figure(
            setpoint(60.0, 100.0),
            f"set-point in air of 60 degC and 100 %; {one}",
            setpoint(60.0, 100.0, UNCLAMPED),
            UNCLAMPED.off,
        ),
        "humidity_lost_held": Figure(
            abs(setpoint(35.0, None, then_s=HELD_s) - before),
            f"movement of the set-point {HELD_s:g} s after humidity is lost in air with a dew point of 31 degC; {one}",
            abs(setpoint(35.0, None, NOT_ASSUMED, then_s=HELD_s) - before),
            NOT_ASSUMED.off,
        ),
        "humidity_lost_assumed": Figure(
            abs(setpoint(35.0, None, then_s=600.0) - MARGIN_K - ASSUMED_degC),
            f"away from a dew point of 25 degC ten minutes after humidity is lost; {one}",
            abs(setpoint(35.0, None, NOT_ASSUMED, then_s=600.0) - MARGIN_K - ASSUMED_degC),
            NOT_ASSUMED.off,
        ),
    }
