"""Switching of a PDU's branches: staggered by priority within the inrush budget, restore policies, rest."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from ...system.bench import BRANCHES
from ..figure import Figure
from .patched import Patch
from .single import Rig, run

EVERY = 0xFF
INRUSH_A, BUDGET_A, INRUSH_s = 100, 250, 0.5
PRIORITIES = (5, 1, 7, 0, 3, 6, 2, 4)
UNSORTED = Patch("pdu/switching.py", "        priorities.sort()\n", "", "branches close by their number")
ALWAYS_LAST = Patch(
    "pdu/supply.py",
    "        if policy == Restore.LAST:",
    "        if True:",
    "what was on is restored, whatever the policy",
)
ANY_START = Patch(
    "pdu/profile.py",
    "        if self.image.get(Health.reset_reason) == ResetReason.POWER_ON:",
    "        if True:",
    "a mere reset restores as a loss of supply does",
)


def closings(log: list[tuple[int, tuple[int, ...]]]) -> list[tuple[float, int]]:
    """(seconds, branch) of each beginning of a set pulse."""
    found, before = [], 0
    for at, (set_coils, _, _) in log:
        new = max(0, set_coils) & ~before
        before = max(0, set_coils)
        found += [(at / 1e6, branch) for branch in range(BRANCHES) if new >> branch & 1]
    return found


def start(settings: dict[str, Any], *changes: Patch) -> tuple[float, float]:
    """(Largest inrush within INRUSH_s, closings out of the order of PRIORITIES) when all eight are switched on."""

    async def session(rig: Rig) -> tuple[float, float]:
        order = {f"branch.{n}.priority": p for n, p in enumerate(PRIORITIES, 1)}
        await rig.device.write({"minimum_off_time": 1, "inrush_budget": BUDGET_A, **order, **settings})
        await rig.device.write({f"branch_switch.{n}": False for n in range(1, BRANCHES + 1)})
        await asyncio.sleep(3)
        rig.equipment.log.clear()
        await rig.device.write({f"branch_switch.{n}": True for n in range(1, BRANCHES + 1)})
        await asyncio.sleep(8)
        seen = closings(rig.equipment.log)
        if rig.equipment.contacts != EVERY:
            return 1e6, 8.0
        # Regulation comes ten times a second: what closed 0.5 s ago may be off by its period.
        most = max(sum(INRUSH_A for then, _ in seen if 0 <= at - then < INRUSH_s - 0.05) for at, _ in seen)
        ranks = [(round(at, 3), PRIORITIES[branch]) for at, branch in seen]
        wrong = sum(then > now and before < after for (before, then), (after, now) in pairwise(ranks))
        return float(most), float(wrong)

    return run("pdu", session, *changes)


def restored_wrong(*changes: Patch) -> float:
    """Branches that are not as the policy wants them 10 s after a loss of supply of 3 s; of off, on and last together."""

    async def session(rig: Rig) -> float:
        wrong = 0
        for policy, wanted in (("last", EVERY & ~4), ("on", EVERY), ("off", 0)):
            await rig.device.write({"restore": policy, "minimum_off_time": 2})
            await rig.device.write({f"branch_switch.{n}": n != 3 for n in range(1, BRANCHES + 1)})
            await asyncio.sleep(8)
            rig.equipment.voltage_V = 0.0
            await asyncio.sleep(3)
            if not changes and rig.equipment.contacts:
                raise RuntimeError("nothing was opened, so nothing could be restored")
            rig.equipment.voltage_V = 240.0
            await asyncio.sleep(10)
            wrong += (rig.equipment.contacts ^ wanted).bit_count()
        return float(wrong)

    return run("pdu", session, *changes)


def switched_by_reset(*changes: Patch) -> float:
    """Contactors that a reset of the controller moves, with the policy `on` and four of them open."""

    async def session(rig: Rig) -> float:
        await asyncio.sleep(5)  # the start with its own supply is over, and so is what that restores
        await rig.device.write({"restore": "on", "minimum_off_time": 1})
        await rig.device.write({"commit": 0xC0DE})
        await rig.device.write({f"branch_switch.{n}": False for n in (2, 4, 6, 8)})
        await asyncio.sleep(3)
        before = rig.equipment.contacts
        if before.bit_count() != 4:
            raise RuntimeError("no branch is open, so a reset could close none")
        rig.bench.world.kill("bench")
        await asyncio.sleep(12)
        return float((rig.equipment.contacts ^ before).bit_count())

    return run("pdu", session, *changes)


def shortest_rest(settings: dict[str, Any]) -> float:
    """Seconds that a branch stays open when it is switched off and on at once."""

    async def session(rig: Rig) -> float:
        await rig.device.write(settings)
        await rig.device.write({"branch_switch.5": False})
        await rig.until(lambda: not rig.equipment.contacts >> 4 & 1, 5.0)
        await rig.device.write({"branch_switch.5": True})
        return await rig.until(lambda: bool(rig.equipment.contacts >> 4 & 1), 30.0)

    return run("pdu", session)


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board"
    (inrush, disorder), free = start({}), start({"inrush_budget": 10_000})
    eight = "eight branches of 100 A inrush switched on together, budget 250 A"
    return {
        "inrush": Figure(inrush, f"largest sum within 0.5 s; {eight}; {one}", free[0], "setting inrush_budget 10000 A"),
        "disorder": Figure(
            disorder,
            f"closings before one of a smaller number in priority; {eight}; {one}",
            start({}, UNSORTED)[1],
            UNSORTED.off,
        ),
        "restored_wrong": Figure(
            restored_wrong(),
            f"branches, policies off, on and last after 3 s without supply; {one}",
            restored_wrong(ALWAYS_LAST),
            ALWAYS_LAST.off,
        ),
        "moved_by_reset": Figure(
            switched_by_reset(),
            f"contactors moved by a reset, policy on, four open; {one}",
            switched_by_reset(ANY_START),
            ANY_START.off,
        ),
        "shortest_rest": Figure(
            shortest_rest({}),
            f"open when switched off and on at once; {one}",
            shortest_rest({"minimum_off_time": 0}),
            "setting minimum_off_time 0",
        ),
    }
