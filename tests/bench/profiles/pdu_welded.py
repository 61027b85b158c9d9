"""A contactor that does not do what it was told: welded, and known by its contact or by the current alone."""

from __future__ import annotations

import asyncio

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

NEVER_s = 10.0
WELD_UNSEEN = Patch(
    "pdu/judging.py",
    "report(PduAlarm.contactor_welded, None if lost else told_open & flowing & bit, branch)",
    "report(PduAlarm.contactor_welded, None, branch)",
    "current through an open contactor is not judged",
)
DISAGREEMENT_UNSEEN = Patch(
    "pdu/judging.py",
    "report(PduAlarm.contactor_disagrees, switching.disagrees(branch), branch)",
    "report(PduAlarm.contactor_disagrees, None, branch)",
    "contacts are not compared with what they were told",
)


def welded_told(by_current: bool, *changes: Patch) -> float:
    """Seconds from switching off to the alarm: the contact still says closed, or says open while current flows."""

    async def session(rig: Rig) -> float:
        await asyncio.sleep(1)
        if by_current:
            rig.equipment.leaking_A[3] = 20.0
        else:
            rig.equipment.welded = 0x08
        await rig.device.write({"branch_switch.4": False})
        return await rig.until_alarm("contactor_welded.4" if by_current else "contactor_disagrees.4", NEVER_s)

    return run("pdu", session, *changes)


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board"
    return {
        "closed_told": Figure(
            welded_told(False),
            f"after switching off, the contact says closed; {one}",
            welded_told(False, DISAGREEMENT_UNSEEN),
            DISAGREEMENT_UNSEEN.off,
        ),
        "current_told": Figure(
            welded_told(True),
            f"after switching off, the contact says open and 20 A flow; {one}",
            welded_told(True, WELD_UNSEEN),
            WELD_UNSEEN.off,
        ),
    }
