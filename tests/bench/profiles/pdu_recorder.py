"""The flight recorder of a PDU: samples before and behind a trip, of all eight channels."""

from __future__ import annotations

import asyncio

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

SHORT_A = 500.0
LOADS_A = [5.0 * n for n in range(1, 9)]
DEAF = Patch(
    "core/recorder.py",
    "    if event:\n        busy",
    "    if False:\n        busy",
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
    record, deaf = recorded(), recorded(DEAF)
    trip = "a trip of branch 3, the others at 5 to 40 A; one PDU's firmware on a virtual board"
    return {
        "before": Figure(
            record["before"], f"samples, one a ms; {trip}", recorded(SHORT_BEFORE)["before"], SHORT_BEFORE.off
        ),
        "after": Figure(record["after"], f"samples, one a ms; {trip}", recorded(SHORT_AFTER)["after"], SHORT_AFTER.off),
        "channels": Figure(record["channels"], f"that are whole; {trip}", deaf["channels"], DEAF.off),
        "error": Figure(
            record["error_A"],
            f"largest, of all samples up to the trip; {trip}",
            recorded(ONE_ROW)["error_A"],
            ONE_ROW.off,
        ),
    }
