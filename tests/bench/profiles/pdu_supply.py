"""What a PDU says of its supply, how soon, and that none of it opens a branch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

WATCH_s = 10.0
MISSING = Patch(
    "pdu/supply.py",
    "            elif _GONE * max(one, other) < low_cV:",
    "            elif True:",
    "no phase is missed",
)
GROUND = Patch(
    "pdu/supply.py",
    "report(PduAlarm.ground_fault, opened if",
    "report(PduAlarm.ground_fault, False if",
    "the ground-fault contact is not judged",
)
LOSING = Patch(
    "pdu/supply.py",
    "        gone = lowest_cV >= 0 and highest_cV * _GONE < low_cV",
    "        gone = lowest_cV < low_cV",
    "any low phase counts as a loss of supply",
)
Change = Callable[[Any], None]


def phase_lost(equipment: Any) -> None:
    equipment.phase_part = [1.0, 0.3, 1.0]


def low(equipment: Any) -> None:
    equipment.voltage_V = 200.0


def high(equipment: Any) -> None:
    equipment.voltage_V = 268.0


def ground(equipment: Any) -> None:
    equipment.wired |= 1


def told_after(change: Change, alarm: str, *changes: Patch, settings: dict[str, Any] | None = None) -> float:
    """Seconds until that alarm; WATCH_s where it never comes."""

    async def session(rig: Rig) -> float:
        await rig.device.write(settings or {"undervoltage": 204.0})
        await asyncio.sleep(2)
        change(rig.equipment)
        return await rig.until_alarm(alarm, WATCH_s)

    return run("pdu", session, *changes)


def opened(*changes: Patch) -> float:
    """Branches that any of these opens within 10 s."""

    async def session(rig: Rig) -> float:
        await asyncio.sleep(2)
        worst = 0
        for change in (phase_lost, low, high, ground):
            change(rig.equipment)
            await asyncio.sleep(WATCH_s)
            worst = max(worst, 8 - rig.equipment.contacts.bit_count())
            rig.equipment.phase_part, rig.equipment.voltage_V = [1.0] * 3, 240.0
            rig.equipment.wired &= ~1
            await asyncio.sleep(2)
        return float(worst)

    return run("pdu", session, *changes)


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board"
    return {
        "phase_loss_told": Figure(
            told_after(phase_lost, "phase_loss.2"),
            f"after a phase falls to 30 %; {one}",
            told_after(phase_lost, "phase_loss.2", MISSING),
            MISSING.off,
        ),
        "undervoltage_told": Figure(
            told_after(low, "undervoltage.1"),
            f"after 200 V; {one}",
            told_after(low, "undervoltage.1", settings={"undervoltage": 100.0}),
            "setting undervoltage 100 V",
        ),
        "overvoltage_told": Figure(
            told_after(high, "overvoltage.1"),
            f"after 268 V; {one}",
            told_after(high, "overvoltage.1", settings={"overvoltage": 400.0}),
            "setting overvoltage 400 V",
        ),
        "ground_fault_told": Figure(
            told_after(ground, "ground_fault"),
            f"after the contact opens; {one}",
            told_after(ground, "ground_fault", GROUND),
            GROUND.off,
        ),
        "opened": Figure(
            opened(),
            f"branches opened by a phase at 30 %, 200 V, 268 V or the contact; {one}",
            opened(LOSING),
            LOSING.off,
        ),
    }
