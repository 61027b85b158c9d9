"""Start-up: deviation alarms wait for a limited time, over-temperature and leaks never do."""

from __future__ import annotations

import asyncio

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

INHIBIT_s = 10.0
WATCH_s = 30.0
DEVIATIONS = {"flow_critical", "flow_low", "valve_deviation", "pump_no_effect.1", "pump_no_effect.2"}
ALL_WAIT = Patch(
    "pump/supervision.py",
    "        report(alarms, sensors, setting, part, valve, bool(profile.stopped_bits))\n",
    "        if not starting:\n            report(alarms, sensors, setting, part, valve, bool(profile.stopped_bits))\n",
    "every alarm waits at start-up",
)


async def started(rig: Rig, inhibit_s: float) -> None:
    """Out of standby, with neither pressure nor flow, hot, and a wet rope."""
    await rig.device.write({"operation_setpoint": "standby", "startup_inhibit": inhibit_s})
    await asyncio.sleep(8)
    rig.equipment.values |= {"speed_1": 0.0, "speed_2": 0.0, "flow": 0.0}
    rig.equipment.pressures(20.0)
    await asyncio.sleep(0.5)
    await rig.device.write({"operation_setpoint": "run"})
    await rig.until(lambda: rig.equipment.speeds[0] > 0, 5)
    rig.equipment.values |= {"supply_1": 50.0, "supply_2": 50.0, "supply_3": 50.0}
    rig.equipment.rope_ohm = 5_000


def deviations_early(inhibit_s: float = INHIBIT_s) -> float:
    """Deviation alarms within INHIBIT_s of the start of the pumps."""

    async def session(rig: Rig) -> float:
        await started(rig, inhibit_s)
        await asyncio.sleep(INHIBIT_s - 0.5)
        return float(len(DEVIATIONS & await rig.alarms()))

    return run("pump", session)


def told_after(alarm: str, *changes: Patch, inhibit_s: float = INHIBIT_s) -> float:
    async def session(rig: Rig) -> float:
        await started(rig, inhibit_s)
        return await rig.until_alarm(alarm, WATCH_s)

    return run("pump", session, *changes)


def measure() -> dict[str, Figure]:
    one = "one skid's firmware on a virtual board starts out of standby without pressure and flow, hot, on a wet rope"
    return {
        "deviations_early": Figure(
            deviations_early(),
            f"deviation alarms in the first 9.5 s; {one}",
            deviations_early(0),
            "setting startup_inhibit 0",
        ),
        "deviations_after": Figure(
            told_after("flow_critical"),
            f"after the start of the pumps; {one}",
            told_after("flow_critical", inhibit_s=120),
            "setting startup_inhibit 120 s",
        ),
        "over_temperature_after": Figure(
            told_after("over_temperature"),
            f"of a delay of 5 s; {one}",
            told_after("over_temperature", ALL_WAIT),
            ALL_WAIT.off,
        ),
        "leak_after": Figure(
            told_after("leak_rope"), f"of a delay of 0.5 s; {one}", told_after("leak_rope", LEAK_WAITS), LEAK_WAITS.off
        ),
    }


LEAK_WAITS = Patch(
    "pump/supervision.py",
    "        if turn & 1:\n            report_leak(",
    "        if turn & 1:\n            starting or report_leak(",
    "leaks wait at start-up",
)
