"""Three supply sensors: one that strays is dropped, an open one at once, of two that disagree the warmer counts."""

from __future__ import annotations

import asyncio

from ..figure import Figure
from .patched import Patch
from .pump_sensors import BELIEVING
from .single import Rig, run

TRUE_degC = 37.0
WATCH_s = 60.0
NEVER = Patch("pump/sensors.py", "STRAY_MS = 30_000", "STRAY_MS = 3_000_000", "a sensor that strays is never dropped")
TOUCHY = Patch("pump/sensors.py", "STRAY_K = 1.0", "STRAY_K = 0.5", "a sensor strays from 0.5 K on")
HASTY = Patch("pump/sensors.py", "STRAY_MS = 30_000", "STRAY_MS = 3_000", "a sensor that strays is dropped after 3 s")
MEAN = Patch(
    "pump/sensors.py",
    "self.supply = votes[len(votes) // 2] if votes else None",
    "self.supply = sum(votes) / len(votes) if votes else None",
    "sensors are averaged",
)
COOLER = Patch(
    "pump/sensors.py",
    "self.supply = votes[len(votes) // 2]",
    "self.supply = votes[(len(votes) - 1) // 2]",
    "of two the cooler counts",
)


def dropped_after(reads: float | None, *changes: Patch) -> float:
    """Seconds until supply sensor 2 is not used any more after it reads that; WATCH_s where it never is."""

    async def session(rig: Rig) -> float:
        await asyncio.sleep(1)
        rig.equipment.values["supply_2"] = reads
        began = rig.now_s
        while "supply_2" not in await rig.value("sensors_dropped") and rig.now_s - began < WATCH_s:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return min(WATCH_s, rig.now_s - began)

    return run("pump", session, *changes)


def reads(values: dict[str, float | None], *changes: Patch) -> float:
    """Supply temperature as it is used, 5 s after the sensors read so."""

    async def session(rig: Rig) -> float:
        rig.equipment.values |= values
        await asyncio.sleep(5)
        return await rig.value("supply_temperature")

    return run("pump", session, *changes)


def measure() -> dict[str, Figure]:
    one = "one skid's firmware on a virtual board"
    liar: dict[str, float | None] = {"supply_2": TRUE_degC - 8.0}
    two: dict[str, float | None] = {"supply_1": 35.0, "supply_2": None, "supply_3": 39.0}
    return {
        "stray_dropped": Figure(
            dropped_after(TRUE_degC + 1.2),
            f"after one of three reads 1.2 K high; {one}",
            dropped_after(TRUE_degC + 1.2, NEVER),
            NEVER.off,
        ),
        "stray_kept": Figure(
            dropped_after(TRUE_degC + 1.2),
            f"so long one that reads 1.2 K high still counts; {one}",
            dropped_after(TRUE_degC + 1.2, HASTY),
            HASTY.off,
        ),
        "within_1K_dropped": Figure(
            float(dropped_after(TRUE_degC + 0.9) < WATCH_s),
            f"within 60 s after one of three reads 0.9 K high; {one}",
            float(dropped_after(TRUE_degC + 0.9, TOUCHY) < WATCH_s),
            TOUCHY.off,
        ),
        "open_dropped": Figure(
            dropped_after(None), f"after one of three is open; {one}", dropped_after(None, BELIEVING), BELIEVING.off
        ),
        "liar_moves": Figure(
            abs(reads(liar) - TRUE_degC),
            f"what one that reads 8 K low does to the value, before it is dropped; {one}",
            abs(reads(liar, MEAN) - TRUE_degC),
            MEAN.off,
        ),
        "warmer_of_two": Figure(
            abs(reads(two) - 39.0),
            f"away from 39 degC when the two left read 35 and 39 degC; {one}",
            abs(reads(two, COOLER) - 39.0),
            COOLER.off,
        ),
    }
