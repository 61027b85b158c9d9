"""What a PDU says of each branch and phase, against what its chips were told; before and behind a calibration; how often."""

from __future__ import annotations

import asyncio
import json
import random
from math import cos, radians, sin
from typing import Any

from mallee.device import calibrating

from ...system.bench import BRANCHES, Bench
from ...system.test_calibration import BRANCH, ERRORS, Loads, take
from ..figure import Figure
from .patched import Patch
from .pdu_inputs import PHASES, Phases, moving
from .single import Rig, run

HALF_STEP = {"voltage": 0.05, "current": 0.005, "phase_power": 5.0, "power": 0.5, "factor": 0.0005}
"""Of the registers, V, A, W: what their resolution takes off is no error of the meter."""
GAINS = {"voltage_gain": [1.015] * 3, "current_gain": [0.99] * 3}
HALF_RATE = Patch(
    "pdu/profile.py",
    "        if not self.metering.step(dt_ms):",
    "        if not (self.tick_count // 10 & 1 and self.metering.step(dt_ms)):",
    "the meters have every other turn only",
)


def off(read: float | None, told: float, half_step: float) -> float:
    """Part of what was told; 1 where nothing is known."""
    return 1.0 if read is None else max(0.0, abs(read - told) - half_step) / abs(told)


def errors(shown: Any, branch: int, phases: list[tuple[float, float, float]]) -> list[float]:
    def read(name: str) -> float | None:
        return shown[f"branch.{branch + 1}.{name}"].value

    found, watts, reactive, apparent = [], 0.0, 0.0, 0.0
    for phase, (volts, amps, lag) in enumerate(phases, 1):
        active = volts * amps * cos(radians(lag))
        watts, apparent = watts + active, apparent + volts * amps
        reactive += volts * amps * sin(radians(lag))
        found.append(off(read(f"voltage.{phase}"), volts, HALF_STEP["voltage"]))
        found.append(off(read(f"phase_current.{phase}"), amps, HALF_STEP["current"]))
        found.append(off(read(f"phase_power.{phase}"), active, HALF_STEP["phase_power"]))
    found.append(off(read("active_power"), watts, HALF_STEP["power"]))
    found.append(off(read("reactive_power"), reactive, HALF_STEP["power"]))
    found.append(off(read("apparent_power"), apparent, HALF_STEP["power"]))
    found.append(off(read("power_factor"), watts / apparent, HALF_STEP["factor"]))
    return found


def told(front_ends: dict[str, Any] | None = None) -> float:
    """Largest error over five random loads of 24 phases; `front_ends` are errors of the chips' inputs that nobody corrects."""

    async def session(rig: Rig) -> float:
        source, worst = random.Random("metering"), 0.0
        for _ in range(5):
            rig.equipment.phases = [
                [(source.uniform(215, 255), source.uniform(10, 60), source.uniform(5, 50)) for _ in range(PHASES)]
                for _ in range(BRANCHES)
            ]
            rig.equipment.frequency_Hz = source.uniform(49, 51)
            await asyncio.sleep(2)
            shown = await rig.device.read_all()
            for branch, phases in enumerate(rig.equipment.phases):
                worst = max([worst, *errors(shown, branch, phases)])
            worst = max(worst, off(await rig.value("frequency"), rig.equipment.frequency_Hz, 0.005))
        return worst

    return run("pdu", session, equipment=Phases(), prepare=lambda bench: _front_ends(bench, front_ends))


def calibrated(calibrate: bool) -> float:
    """Largest error of voltage, current and power of a branch whose front end is off by up to 8 %, over six loads."""

    async def session(rig: Rig) -> float:
        if calibrate:
            await calibrating.write(rig.device, BRANCH, await take(rig.bench, rig.device))
        worst = 0.0
        for amps, factor in ((60.0, 1.0), (40.0, 0.5), (20.0, 0.8), (10.0, -0.6), (5.0, 0.9), (2.0, 1.0)):
            rig.equipment.set(amps, factor)
            await asyncio.sleep(1)
            look = await calibrating.look(rig.device, BRANCH)
            for seen, true in zip(look.phases, rig.equipment.told(), strict=True):
                pairs = (
                    (seen.voltage_V, true.voltage_V),
                    (seen.current_A, true.current_A),
                    (seen.power_W, true.power_W),
                )
                worst = max([worst, *(abs(one / other - 1) for one, other in pairs)])
        return worst

    return run("pdu", session, equipment=Loads(), prepare=lambda bench: _front_ends(bench, {str(BRANCH): ERRORS}))


def slowest(*changes: Patch) -> float:
    """Longest time in 10 s between two values of a branch's power, which moves all the time; worst of three branches."""

    def change(equipment: Any, now_s: float) -> None:
        equipment.current_A = [20.0 + 5.0 * (now_s % 4.0)] * BRANCHES

    async def session(rig: Rig) -> float:
        await asyncio.sleep(2)
        worst = 0.0
        for branch in (1, 4, 8):
            last, changed_s, began_s = await rig.value(f"branch.{branch}.active_power"), rig.now_s, rig.now_s
            while rig.now_s - began_s < 10.0:
                value = await rig.value(f"branch.{branch}.active_power")
                if value != last:
                    if last is not None and changed_s > began_s:
                        worst = max(worst, rig.now_s - changed_s)
                    last, changed_s = value, rig.now_s
                await asyncio.sleep(0.005)
        return worst

    return run("pdu", session, *changes, prepare=moving(change))


def _front_ends(bench: Bench, errors: dict[str, Any] | None) -> None:
    if errors:
        (bench.world.directory / "pdu" / "front_ends.json").write_text(json.dumps(errors), encoding="utf-8")


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board with register-level chips"
    every = {str(branch + 1): GAINS for branch in range(BRANCHES)}
    return {
        "error": Figure(
            told(),
            "V, I, P, Q, S, PF, f of 8 branches and 24 phases at five random loads, 10 to 60 A, 5 to 50 degrees: largest part "
            f"beyond half a step of the register; {one}",
            told(every),
            "front ends 1.5 % off in voltage and 1 % in current, not calibrated",
        ),
        "calibrated_error": Figure(
            calibrated(True),
            f"V, I, P of a branch whose front end is up to 8 % off, after its calibration, at six loads from 2 A; {one}",
            calibrated(False),
            "the same front end, not calibrated",
        ),
        "longest_round": Figure(
            slowest(), f"between two values of a branch's power, to 10 ms; {one}", slowest(HALF_RATE), HALF_RATE.off
        ),
    }
