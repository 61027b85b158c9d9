"""Instantaneous protection of a PDU's branches, and its latch."""

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
WATCH_ms = 2000.0
UNLATCHED = Patch(
    "pdu/profile.py",
    "        self.trips.note()\n",
    "        self.trips.note()\n"
    "        if self.tripped_bits & ~self.relays.feedback:\n"
    "            self.release_bits = self.tripped_bits & ~self.relays.feedback\n"
    "            self.ask()\n",
    "a trip lets go as soon as its contactor is open",
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


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board"
    high = {f"branch.{n}.instantaneous": 750.0 for n in range(1, BRANCHES + 1)}
    low = {f"branch.{n}.instantaneous": 400.0 for n in range(1, BRANCHES + 1)}
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
    }
