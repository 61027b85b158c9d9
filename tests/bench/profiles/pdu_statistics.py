"""Demand, peaks, unbalance and neutral current of a PDU against what its load was."""

from __future__ import annotations

import asyncio
from cmath import rect
from math import pi, radians

from ...system.bench import BRANCHES
from ..figure import Figure
from .patched import Patch
from .pdu_inputs import Phases
from .single import Rig, run

BASE_A, PULSE_A, V = 20.0, 50.0, 240.0
ONE_MINUTE = (
    Patch("pdu/statistics.py", "_MINUTES = const(10)", "_MINUTES = const(1)", "demand is that of one minute"),
    Patch("pdu/statistics.py", "total_mWh * 6 // 1000", "total_mWh * 60 // 1000", "and scaled so"),
)
LATEST = Patch(
    "pdu/statistics.py",
    "            if power_dW[branch] > peak_dW[branch] and",
    "            if",
    "a peak is the latest value",
)
IN_PHASE = Patch(
    "pdu/neutral.py", "_HALF_ROOT_3 = 0.8660254", "_HALF_ROOT_3 = 0.0", "phases are not turned against each other"
)
MEAN_ONLY = Patch(
    "pdu/metering.py",
    "worst = max(max(amps) - mean, mean - min(amps))",
    "worst = abs(amps[0] - mean)",
    "only phase 1 is compared",
)
LOADS = (
    ((240.0, 30.0, 10.0), (238.0, 22.0, 25.0), (243.0, 15.0, 5.0)),
    ((240.0, 12.0, 40.0), (240.0, 45.0, 0.0), (236.0, 44.0, 30.0)),
    ((231.0, 25.0, 20.0), (240.0, 25.0, 20.0), (250.0, 10.0, 20.0)),
)
"""Of every branch: V, A, degrees of lag by phase."""


def pulse(*changes: Patch) -> tuple[float, float]:
    """(Largest error of demand, of peak power; parts.) A minute of 50 A in branch 1, in 14 of 20 A, and its ten minutes over."""

    async def session(rig: Rig) -> tuple[float, float]:
        await asyncio.sleep(95)
        rig.equipment.current_A[0] = PULSE_A
        await asyncio.sleep(60)
        rig.equipment.current_A[0] = BASE_A
        most = 0.0
        for _ in range(24):
            await asyncio.sleep(30)
            most = max(most, await rig.value("branch.1.demand") or 0.0)
        base, peak = 3 * V * BASE_A, 3 * V * PULSE_A
        demands = (most, base + (peak - base) / 10), (await rig.value("branch.1.demand"), base)
        powers = (
            (await rig.value("branch.1.peak_power"), peak),
            (await rig.value("peak_power"), peak + (BRANCHES - 1) * base),
        )
        return tuple(max(abs(read - true) / true for read, true in pairs) for pairs in (demands, powers))  # type: ignore[return-value]

    return run("pdu", session, *changes)


def balance(*changes: Patch) -> tuple[float, float]:
    """(Largest error of unbalance in percent of it, of neutral current as a part of it), over three loads."""

    async def session(rig: Rig) -> tuple[float, float]:
        worst = [0.0, 0.0]
        for load in LOADS:
            rig.equipment.phases = [list(load) for _ in range(BRANCHES)]
            await asyncio.sleep(4)
            sums = [BRANCHES * amps for _, amps, _ in load]
            mean = sum(sums) / 3
            unbalance = 100 * max(abs(amps - mean) for amps in sums) / mean
            phasors = (
                rect(amps, -2 * pi * phase / 3 - radians(lag))
                for phase, (amps, (_, _, lag)) in enumerate(zip(sums, load, strict=True))
            )
            neutral = abs(sum(phasors))
            worst[0] = max(worst[0], abs(await rig.value("unbalance") - unbalance) / unbalance)
            worst[1] = max(worst[1], abs(await rig.value("neutral_current") - neutral) / neutral)
        return worst[0], worst[1]

    return run("pdu", session, *changes, equipment=Phases())


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board"
    demand, peak = pulse()
    unbalance, neutral = balance()
    two = f"{ONE_MINUTE[0].off}, {ONE_MINUTE[1].says}"
    what = "a minute of 50 A in one of 8 branches at 20 A"
    loads = "three loads with other currents and lags in each phase"
    return {
        "demand_error": Figure(
            demand,
            f"largest and last demand against the mean of ten minutes; {what}; {one}",
            pulse(*ONE_MINUTE)[0],
            two,
        ),
        "peak_error": Figure(peak, f"peak power of the branch and of all; {what}; {one}", pulse(LATEST)[1], LATEST.off),
        "unbalance_error": Figure(unbalance, f"of what it is; {loads}; {one}", balance(MEAN_ONLY)[0], MEAN_ONLY.off),
        "neutral_error": Figure(
            neutral, f"of the sum of the phasors; {loads}; {one}", balance(IN_PHASE)[1], IN_PHASE.off
        ),
    }
