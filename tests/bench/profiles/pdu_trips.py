"""Instantaneous protection of a PDU's branches, its latch, and the flight recorder around a trip."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from mallee.errors import MalleeError

from ...system.bench import BRANCHES
from ..figure import Figure
from .patched import Patch
from .single import Rig, run

SHORT_A, BELOW_A = 500.0, 430.0
LOADS_A = [5.0 * n for n in range(1, 9)]
WATCH_ms = 2000.0
CODE_A = 1000 / 40960
"""A count of the fast channel."""
UNLATCHED = Patch(
    "pdu/profile.py",
    "        self.trips.note()\n",
    "        self.trips.note()\n"
    "        if self.tripped_bits & ~self.relays.feedback:\n"
    "            self.release_bits = self.tripped_bits & ~self.relays.feedback\n"
    "            self.ask()\n",
    "a trip lets go as soon as its contactor is open",
)
DEAF = Patch(
    "core/recorder.py",
    "    if event:\n        if event < 0",
    "    if False:\n        if event < 0",
    "no trip stops the recorder",
)
SHORT_BEFORE = Patch(
    "core/recorder.py", "_BEFORE = const(200)", "_BEFORE = const(100)", "the recorder keeps 100 ms before a trip"
)
SHORT_AFTER = Patch(
    "core/recorder.py", "_AFTER = const(300)", "_AFTER = const(100)", "the recorder keeps 100 ms behind a trip"
)
ONE_ROW = Patch(
    "core/recorder.py",
    "        code = codes[channel + 1]",
    "        code = codes[channel]",
    "a channel is recorded as its neighbour",
)


def slowest_trip_ms(settings: dict[str, Any]) -> float:
    """From the current's step at the input to the coil's output, worst of eight branches; WATCH_ms: never."""

    async def session(rig: Rig) -> float:
        await rig.device.write(settings)
        worst = 0.0
        for branch in range(BRANCHES):
            rig.equipment.log.clear()
            rig.equipment.current_A[branch] = SHORT_A
            crossing_us = rig.grant_us()
            await asyncio.sleep(WATCH_ms / 1000)
            at = [at for at, (_, reset, _) in rig.equipment.log if reset > 0 and reset >> branch & 1]
            worst = max(worst, (at[0] - crossing_us) / 1000 if at else WATCH_ms)
        return worst

    return run("pdu", session)


def trips_below(settings: dict[str, Any]) -> float:
    """Of eight branches, those that trip within a second of 430 A."""

    async def session(rig: Rig) -> float:
        await rig.device.write(settings)
        rig.equipment.current_A = [BELOW_A] * BRANCHES
        await asyncio.sleep(1)
        return float(BRANCHES - rig.equipment.contacts.bit_count())

    return run("pdu", session)


def switched_on_again(*changes: Patch) -> float:
    """1 when a tripped branch, its load gone, lets itself be switched on without being reset."""

    async def session(rig: Rig) -> float:
        await rig.device.write({"minimum_off_time": 1})
        rig.equipment.current_A[2] = SHORT_A
        await asyncio.sleep(1)
        rig.equipment.current_A[2] = 20.0
        await asyncio.sleep(15)
        with suppress(MalleeError):
            await rig.device.write({"branch_switch.3": True})
        await asyncio.sleep(3)
        return float(rig.equipment.contacts >> 2 & 1)

    return run("pdu", session, *changes)


def recorded(*changes: Patch) -> dict[str, float]:
    """Of a trip of branch 3: samples before and behind it, channels, largest error of a current before it."""

    async def session(rig: Rig) -> dict[str, float]:
        rig.equipment.current_A = list(LOADS_A)
        await asyncio.sleep(2)
        rig.equipment.current_A[2] = SHORT_A
        await asyncio.sleep(1)
        found = await rig.device.read_recording()
        if found is None:
            return {"before": 0.0, "after": 0.0, "channels": 0.0, "error_A": SHORT_A}
        # The trip takes two samples above the limit, so the step is one before it.
        loads = [
            abs((SHORT_A if value is None else value) - load)
            for load, values in zip(LOADS_A, found.samples, strict=True)
            for value in values[: found.before - 1]
        ]
        step = [abs((value or 0.0) - SHORT_A) for value in found.samples[2][found.before - 1 : found.before + 1]]
        return {
            "before": float(found.before),
            "after": float(found.after),
            "channels": float(sum(len(values) == found.before + found.after for values in found.samples)),
            "error_A": max(*loads, *step),
        }

    return run("pdu", session, *changes)


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board"
    high = {f"branch.{n}.instantaneous": 750.0 for n in range(1, BRANCHES + 1)}
    low = {f"branch.{n}.instantaneous": 400.0 for n in range(1, BRANCHES + 1)}
    record, deaf = recorded(), recorded(DEAF)
    trip = f"a trip of branch 3, the others at 5 to 40 A; {one}"
    return {
        "trip_time": Figure(
            slowest_trip_ms({}),
            f"from 500 A at the input to the coil's output in virtual time, worst of 8 branches; {one}",
            slowest_trip_ms(high),
            "settings: instantaneous 750 A",
        ),
        "below_limit_trips": Figure(
            trips_below({}),
            f"branches that trip within a second of 430 A, of 8; {one}",
            trips_below(low),
            "settings: instantaneous 400 A",
        ),
        "unlatched": Figure(
            switched_on_again(),
            f"a tripped branch closes without a reset; {one}",
            switched_on_again(UNLATCHED),
            UNLATCHED.off,
        ),
        "recorded_before": Figure(
            record["before"], f"samples, one a ms; {trip}", recorded(SHORT_BEFORE)["before"], SHORT_BEFORE.off
        ),
        "recorded_after": Figure(
            record["after"], f"samples, one a ms; {trip}", recorded(SHORT_AFTER)["after"], SHORT_AFTER.off
        ),
        "recorded_channels": Figure(record["channels"], f"that are whole; {trip}", deaf["channels"], DEAF.off),
        "recorded_error": Figure(
            record["error_A"],
            f"largest, of all samples up to the trip; {trip}",
            recorded(ONE_ROW)["error_A"],
            ONE_ROW.off,
        ),
    }
