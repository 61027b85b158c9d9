"""What is told and never stops a pump: over-temperature, filter, valve, low flow; and how soon it is told."""

from __future__ import annotations

import asyncio
from typing import Any

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

STOPPING = Patch(
    "pump/supervision.py",
    "        causes = 0\n",
    "        causes = 0\n        if profile.controller.alarms.count:\n            profile.stop(LEAK_STOP)\n",
    "every alarm stops the pumps",
)
HOT = {"supply_1": 50.0, "supply_2": 50.0, "supply_3": 50.0}
CASES: dict[str, tuple[dict[str, float], float]] = {
    "over_temperature": (HOT, 20.0),
    "filter_blocked": ({"filter": 90.0}, 30.0),
    "valve_deviation": ({"valve_position": 95.0}, 150.0),
    "flow_low": ({"differential_pressure": 0.86 * 200, "supply_pressure": 150 + 0.86 * 200}, 120.0),
    "flow_critical": ({"differential_pressure": 0.5 * 200, "supply_pressure": 150 + 0.5 * 200}, 20.0),
}
"""What the sensors read, and for how long it is watched. Droop moves the set-point of 200 kPa by 2.5 % at most."""


def told_after(alarm: str, *changes: Patch, settings: dict[str, Any] | None = None) -> float:
    """Seconds from the step of the sensors to the alarm; how long it was watched where it never came."""
    values, watch_s = CASES[alarm]

    async def session(rig: Rig) -> float:
        await rig.device.write(settings or {"minimum_speed": 15.0})
        await asyncio.sleep(12)
        rig.equipment.values |= values
        return await rig.until_alarm(alarm, watch_s)

    return run("pump", session, *changes)


def least_speed(*changes: Patch) -> float:
    """Lowest speed commanded to either pump in all those cases, one after the other, none of them over before its alarm was there
    for a while."""

    async def session(rig: Rig) -> float:
        await asyncio.sleep(12)
        right = dict(rig.equipment.values)
        least = 100.0
        for alarm, (values, watch_s) in CASES.items():
            rig.equipment.log.clear()
            rig.equipment.values |= values
            await asyncio.sleep(watch_s)
            if not changes and alarm not in await rig.alarms():
                raise RuntimeError(f"{alarm} never came, so nothing was tried")
            least = min([least, *(min(duties[:2]) / 655.35 for _, duties in rig.equipment.log)])
            rig.equipment.values |= right
            await asyncio.sleep(20)
        return least

    return run("pump", session, *changes)


def _deaf(condition: str, says: str) -> Patch:
    return Patch("pump/conditions.py", condition, "pass", f"{says} is not judged")


LOW = _deaf(
    "undercuts(PumpAlarm.flow_low, 1.0 if stopped and reached is not None else reached, 0.9)", "flow below 90 %"
)
CRITICAL = _deaf("undercuts(PumpAlarm.flow_critical, reached, 0.6)", "flow below 60 %")


def measure() -> dict[str, Figure]:
    one = "one skid's firmware on a virtual board"
    return {
        "least_speed": Figure(
            least_speed(),
            f"while over-temperature, filter, valve and low flow are alarms in turn; {one}",
            least_speed(STOPPING),
            STOPPING.off,
        ),
        "over_temperature_told": Figure(
            told_after("over_temperature"),
            f"after 50 degC at all supply sensors; {one}",
            told_after("over_temperature", settings={"over_temperature": 70.0}),
            "setting over_temperature 70 degC",
        ),
        "filter_told": Figure(
            told_after("filter_blocked"),
            f"after 90 kPa across the filter; {one}",
            told_after("filter_blocked", settings={"filter_limit": 100.0}),
            "setting filter_limit 100 kPa",
        ),
        "valve_deviation_told": Figure(
            told_after("valve_deviation"),
            f"after feedback jumps by 40 %: 120 s of stroke and 10 s; {one}",
            told_after("valve_deviation", VALVE),
            VALVE.off,
        ),
        "flow_low_error": Figure(
            abs(told_after("flow_low") - 100.0),
            f"away from 100 s after 86 % of the set-point; {one}",
            abs(told_after("flow_low", LOW) - 100.0),
            LOW.off,
        ),
        "flow_critical_error": Figure(
            abs(told_after("flow_critical") - 3.0),
            f"away from 3 s after 50 % of the set-point; {one}",
            abs(told_after("flow_critical", CRITICAL) - 3.0),
            CRITICAL.off,
        ),
    }


VALVE = _deaf("exceeds(PumpAlarm.valve_deviation, away, 10)", "valve feedback")
