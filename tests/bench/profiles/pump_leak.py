"""Leaks at a skid by two sources, rope and make-up balance: when the skid stops, when it only tells; a broken rope."""

from __future__ import annotations

import asyncio

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

WET, CUT, SHORTED = 5_000, -1, 0
PEER = 1  # contact: the other skid carries flow
WATCH_s = 60.0
ONE_IS_ENOUGH = Patch(
    "pump/supervision.py",
    "if leak.wet and above(",
    "if leak.wet or above(",
    "one source of a leak stops as both do",
)
ALWAYS = Patch(
    "pump/leak.py",
    "return peer is True or self._cold_s >= NO_HEAT_s",
    "return True",
    "a leak stops whoever loses cooling by it",
)
BROKEN_IS_WET = Patch(
    "drivers/leak_rope.py",
    "        if ohm < SHORTED_ohm:\n            return LeakState.SHORTED",
    "        if ohm < SHORTED_ohm:\n            return LeakState.WET",
    "a shorted rope counts as wet",
)


def stopped_after(
    *changes: Patch,
    rope: int | None = None,
    litres: float = 0.0,
    contacts: int = PEER,
    heat: bool = True,
    settings: dict[str, float] | None = None,
) -> float:
    """Seconds from the leak to both pumps at 0; WATCH_s: never."""

    async def session(rig: Rig) -> float:
        if settings:
            await rig.device.write(settings)
        rig.equipment.contacts = contacts
        if not heat:
            rig.equipment.values["return"] = 37.1
        await asyncio.sleep(3)
        if rope is not None:
            rig.equipment.rope_ohm = rope
        rig.equipment.values["level"] -= litres  # of a vessel of 100 l
        return await rig.until(lambda: rig.equipment.speeds == (0, 0), WATCH_s)

    return run("pump", session, *changes)


def one_source(*changes: Patch) -> float:
    """Of two runs, those that stop although only one source tells a leak."""
    return float(
        sum(seconds < WATCH_s for seconds in (stopped_after(*changes, rope=WET), stopped_after(*changes, litres=5.0)))
    )


def wrongly_told(*changes: Patch) -> float:
    """Of a rope that is cut and one that is shorted, while the vessel loses 5 l: those told as a leak, as dry, or without their
    own alarm, and those that stop the skid."""

    async def broken(rig: Rig, ohm: int) -> int:
        rig.equipment.contacts = PEER
        await asyncio.sleep(1)
        rig.equipment.rope_ohm = ohm
        rig.equipment.values["level"] -= 5.0
        await asyncio.sleep(10)
        alarms = await rig.alarms()
        told = "leak_rope" in alarms or "leak_rope_fault" not in alarms
        return told or await rig.value("leak_rope") in ("dry", "wet") or rig.equipment.speeds == (0, 0)

    return float(sum(run("pump", lambda rig, ohm=ohm: broken(rig, ohm), *changes) for ohm in (CUT, SHORTED)))


def measure() -> dict[str, Figure]:
    one = "one skid's firmware on a virtual board"
    deaf = {"leak_volume": 500.0}
    return {
        "one_source_stops": Figure(
            one_source(),
            f"of a wet rope alone and 5 l lost alone, for 60 s, the other skid carrying; {one}",
            one_source(ONE_IS_ENOUGH),
            ONE_IS_ENOUGH.off,
        ),
        "both_stop": Figure(
            stopped_after(rope=WET, litres=5.0),
            f"after a wet rope and 5 l lost, the other skid carrying; {one}",
            stopped_after(rope=WET, litres=5.0, settings=deaf),
            "setting leak_volume 500 l: the balance never tells",
        ),
        "both_without_other_stop": Figure(
            float(stopped_after(rope=WET, litres=5.0, contacts=0) < WATCH_s),
            f"stops within 60 s of a wet rope and 5 l lost though nobody else carries and the racks have power; {one}",
            float(stopped_after(ALWAYS, rope=WET, litres=5.0, contacts=0) < WATCH_s),
            ALWAYS.off,
        ),
        "both_without_power_stop": Figure(
            stopped_after(rope=WET, litres=5.0, contacts=0, heat=False),
            f"after a wet rope and 5 l lost, nobody else carrying, rack power off; {one}",
            stopped_after(rope=WET, litres=5.0, contacts=0, heat=False, settings=deaf),
            "setting leak_volume 500 l",
        ),
        "broken_rope_wrong": Figure(
            wrongly_told(),
            f"of a cut and a shorted rope: told as leak or dry, or stopped by; {one}",
            wrongly_told(BROKEN_IS_WET),
            BROKEN_IS_WET.off,
        ),
    }
