"""No command jumps: the largest step of 100 ms over every transition there is; and what the pod feels of a change of mode."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from mallee.device.remote import Grant

from ...system.bench import SET_POINTS
from ..figure import Figure
from .patched import Patch
from .single import Rig, run
from .skids import skids

WRITES: tuple[dict[str, Any], ...] = (
    *({"mode_setpoint": mode} for mode in ("flow", "speed", "differential_pressure")),
    *({"operation_setpoint": operation} for operation in ("standby", "run", "fill", "service", "run")),
    *({"pump_arrangement": arrangement} for arrangement in ("duty_standby", "shared")),
)
SENSORS = (
    "differential_pressure",
    "flow",
    "return",
    "facility_supply",
    "valve_position",
    "speed_1",
    "supply_pressure",
    "return_pressure",
    "level",
    "humidity",
)
EACH_s = 6.0
JUMPING = (
    Patch(
        "pump/control.py",
        "self.speed = ramp(self.speed, wanted, per_s * dt_s)",
        "self.speed = wanted",
        "speed goes without a ramp",
    ),
    Patch(
        "pump/driving.py", "ramp(command, wanted, VALVE_percent_s * dt_s)", "wanted", "the valve goes without a ramp"
    ),
)
FORGETFUL = Patch(
    "core/pid.py",
    "        self.integral = self.output - self.gain * error - feed_forward",
    "        self.integral = self.low",
    "loops that are not in charge do not follow",
)


async def transitions(rig: Rig) -> None:
    """Modes, operations, each sensor lost and back, all supply sensors lost and back, a lease gained, lapsed, held, ramped."""
    for written in WRITES:
        await rig.device.write(written)
        await asyncio.sleep(EACH_s)
    right = dict(rig.equipment.values)
    for names in (*((name,) for name in SENSORS), ("supply_1", "supply_2", "supply_3")):
        rig.equipment.values |= dict.fromkeys(names)
        await asyncio.sleep(EACH_s)
        rig.equipment.values |= {name: right[name] for name in names}
        await asyncio.sleep(EACH_s)
    await rig.device.write({"lease_hold": 2})
    for mode, operation in (("speed", "run"), ("flow", "standby"), ("differential_pressure", "run")):
        remote = {**SET_POINTS, "remote_mode": mode, "remote_operation": operation}
        await rig.device.write_remote(Grant(1, 1, 5), remote)
        await asyncio.sleep(4)
    await asyncio.sleep(15)
    await rig.device.write_remote(Grant(2, 2, 5), SET_POINTS)
    await rig.device.write_remote(Grant(0, 2, 0), SET_POINTS)  # given back
    await asyncio.sleep(5)


def largest(*changes: Patch) -> tuple[float, float]:
    """Percent from one command to the next: of a pump, of the valve."""

    async def session(rig: Rig) -> tuple[float, float]:
        rig.equipment.log.clear()
        await transitions(rig)
        duties = [entry[1] for entry in rig.equipment.log]
        steps = [[abs(after[i] - before[i]) / 655.35 for i in range(3)] for before, after in pairwise(duties)]
        return max(max(step[:2]) for step in steps), max(step[2] for step in steps)

    return run("pump", session, *changes)


def felt(*changes: Patch) -> float:
    """Largest departure of the manifold's pressure, in percent of what it was, while both skids change from differential pressure
    to flow control at the flow they have, and back."""
    with skids(*changes, settle_s=20.0) as pod:
        before = pod.samples[-1].pressure
        flow = pod.samples[-1].flow / 2
        seen = list(pod.samples[-1:])
        for mode in ("flow", "differential_pressure"):
            for name in pod.plant.skids:
                pod.write(name, {"flow_setpoint": round(flow, 1)} if mode == "flow" else {"droop": 5.0})
                pod.write(name, {"mode_setpoint": mode})
            seen += pod.run(15.0)
        return 100 * max(abs(sample.pressure - before) for sample in seen) / before


def measure() -> dict[str, Figure]:
    told = "modes, operations, arrangements, 10 sensors and all supply sensors lost and back, a lease gained, lapsed and returned"
    pump, valve = largest()
    jumping = largest(*JUMPING)
    off = "firmware patched: commands go without a ramp"
    how = f"largest step between two commands 100 ms apart, over {told}; one skid's firmware on a virtual board"
    return {
        "pump_step": Figure(pump, how, jumping[0], off),
        "valve_step": Figure(valve, how, jumping[1], off),
        "mode_change_pressure": Figure(
            felt(),
            "largest departure of the manifold's pressure while both skids change to flow control and back, 15 s each",
            felt(FORGETFUL),
            FORGETFUL.off,
        ),
    }
