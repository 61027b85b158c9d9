"""Each interlock that stops: after how long, that it stays, that the right one is named first."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from mallee.errors import MalleeError

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

WATCH_s = 20.0
WRONG = {
    "level": {"level": 3.0},
    "supply_pressure": {"supply_pressure": 650.0, "differential_pressure": 500.0},
    "return_pressure": {"return_pressure": 20.0, "supply_pressure": 220.0},
}
RIGHT = {"level": 60.0, "supply_pressure": 350.0, "return_pressure": 150.0, "differential_pressure": 200.0}
CODES = {"level": 16, "supply_pressure": 17, "return_pressure": 20}
RELEASING = Patch(
    "pump/interlocks.py",
    "                alarms.set(alarm, False)",
    "                alarms.set(alarm, False); alarms.reset(alarm & 0xFF); self.release(alarms)",
    "a stop lets go when its cause is gone",
)
NEWEST_FIRST = Patch(
    "core/alarms.py",
    "            if self.first_out is None:",
    "            if True:",
    "the latest alarm counts as the first",
)


def belonging(name: str, to: float) -> dict[str, float]:
    """The pressures as they belong together: one that the others contradict would not be believed."""
    if name == "supply_pressure":
        return {name: to, "return_pressure": min(to - 200.0, 400.0)}
    return {name: to, "supply_pressure": to + 200.0} if name == "return_pressure" else {name: to}


def stopped_after(name: str, to: float, settings: dict[str, Any] | None = None) -> float:
    """Seconds from the sensor's step to both pumps at 0; WATCH_s: never. To the microsecond, from the outputs' log."""

    async def session(rig: Rig) -> float:
        if settings:
            await rig.device.write(settings)
        await asyncio.sleep(1)
        rig.equipment.values |= belonging(name, to)
        began_us = rig.grant_us()
        rig.equipment.log.clear()
        await asyncio.sleep(WATCH_s)
        at = [at_us for at_us, duties in rig.equipment.log if duties[0] == duties[1] == 0]
        return (at[0] - began_us) / 1e6 if at else WATCH_s

    return run("pump", session)


def speed_lost(name: str, to: float, after_s: float, settings: dict[str, Any] | None = None) -> float:
    """Percent of speed that the sensor's step has taken from the pumps after `after_s`; -1 when they stopped."""

    async def session(rig: Rig) -> float:
        if settings:
            await rig.device.write(settings)
        await asyncio.sleep(1)
        before = rig.equipment.speeds[0]
        rig.equipment.values |= belonging(name, to)
        await asyncio.sleep(after_s)
        return before - rig.equipment.speeds[0] if rig.equipment.speeds[0] else -1.0

    return run("pump", session)


def speed_after_cause(*changes: Patch) -> float:
    """Highest speed in 10 s after the cause of a stop is gone; worst of the three."""

    async def session(rig: Rig) -> float:
        worst = 0.0
        for name, wrong in WRONG.items():
            rig.equipment.values |= wrong
            await rig.until(lambda: rig.equipment.speeds == (0, 0), WATCH_s)
            rig.equipment.values |= RIGHT
            await asyncio.sleep(1)
            rig.equipment.log.clear()
            await asyncio.sleep(9)
            worst = max([worst, *(duties[0] / 655.35 for _, duties in rig.equipment.log), rig.equipment.speeds[0]])
            with suppress(MalleeError):  # without the latch there is nothing to reset
                await rig.device.write({"reset_latch": CODES[name]})
            await asyncio.sleep(12)
        return worst

    return run("pump", session, *changes)


def first_out_wrong(*changes: Patch) -> float:
    """Causes that `first_out` does not name while their consequences, low pressure and flow, are alarms too; and whose
    age by `since_trip` is off by more than 0.5 s."""

    async def session(rig: Rig) -> float:
        wrong = 0
        for name, bad in WRONG.items():
            rig.equipment.values |= bad
            await rig.until(lambda: rig.equipment.speeds == (0, 0), WATCH_s)
            stopped_s = rig.now_s
            rig.equipment.pressures(10.0, rig.equipment.values["return_pressure"])
            await asyncio.sleep(5)
            first = CODES[name] if name != "return_pressure" else 19  # its early warning came first
            age_ms, now_s = await rig.value("since_trip"), rig.now_s
            wrong += await rig.value("first_out") != first
            if name != "return_pressure":  # when that warning came nobody saw
                wrong += age_ms is None or abs(age_ms / 1000 - (now_s - stopped_s)) > 0.5
            rig.equipment.values |= RIGHT
            await asyncio.sleep(1)
            await rig.device.write({"reset_latch": CODES[name]})
            await asyncio.sleep(15)
        return float(wrong)

    return run("pump", session, *changes)


def measure() -> dict[str, Figure]:
    one = "one skid's firmware on a virtual board; a transmitter steps"
    return {
        "dry_run_stop": Figure(
            stopped_after("level", 3.0),
            f"level to 3 %; {one}",
            stopped_after("level", 3.0, {"dry_run_level": 0.0}),
            "setting dry_run_level 0",
        ),
        "supply_pressure_limit": Figure(
            speed_lost("supply_pressure", 520.0, 10.0),
            f"speed taken 10 s after 520 kPa; {one}",
            speed_lost(
                "supply_pressure", 520.0, 10.0, {"supply_pressure_stop": 1000.0, "supply_pressure_limit": 900.0}
            ),
            "setting supply_pressure_limit 900 kPa",
        ),
        "supply_pressure_stop": Figure(
            stopped_after("supply_pressure", 605.0),
            f"605 kPa; {one}",
            stopped_after("supply_pressure", 605.0, {"supply_pressure_stop": 1000.0}),
            "setting supply_pressure_stop 1000 kPa",
        ),
        "supply_pressure_below_stop": Figure(
            float(stopped_after("supply_pressure", 595.0) < WATCH_s),
            f"595 kPa for 20 s stops; {one}",
            float(stopped_after("supply_pressure", 595.0, {"supply_pressure_stop": 590.0}) < WATCH_s),
            "setting supply_pressure_stop 590 kPa",
        ),
        "return_pressure_slows": Figure(
            speed_lost("return_pressure", 40.0, 5.0),
            f"speed taken 5 s after 40 kPa; {one}",
            speed_lost("return_pressure", 40.0, 5.0, {"return_pressure_low": 0.0}),
            "setting return_pressure_low 0",
        ),
        "return_pressure_stop": Figure(
            stopped_after("return_pressure", 20.0),
            f"20 kPa; {one}",
            stopped_after("return_pressure", 20.0, {"return_pressure_low": 0.0}),
            "setting return_pressure_low 0",
        ),
        "latched_speed": Figure(
            speed_after_cause(),
            f"highest speed in 10 s after the cause is gone, worst of three stops; {one}",
            speed_after_cause(RELEASING),
            RELEASING.off,
        ),
        "first_out_wrong": Figure(
            first_out_wrong(),
            f"causes that first_out or its age since_trip do not tell, of three; {one}",
            first_out_wrong(NEWEST_FIRST),
            NEWEST_FIRST.off,
        ),
    }
