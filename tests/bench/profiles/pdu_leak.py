"""A leak at a rack: the PDUs of both feeds open its branches, and its valve closes only when all of them are dead."""

from __future__ import annotations

from typing import NamedTuple

from mallee.sim.podworld import PodEquipment
from mallee.sim.world import World

from ..figure import Figure
from .patched import Patch, patched
from .skids import Skids, pod

AT_RACK = ("pdu-a3", "pdu-b3")
RACK = "rack-5"
WATCH_s = 10.0
UNPROVEN = Patch(
    "pdu/leaks.py",
    "if branches and not branches & ~dead:",
    "if branches:",
    "the valve closes without waiting for dead branches",
)


class Course(NamedTuple):
    """Seconds from the leak; WATCH_s: never."""

    opened_s: float
    """The last of the rack's branches on both feeds."""
    isolated_s: float
    wrong: int
    """Branches of other racks that opened."""


def leak(*changes: Patch, opens: bool = True, welded: bool = False) -> Course:
    """At rack-5, in the default pod at full load with the firmware of the two PDUs at that rack. `welded`: a contactor of
    feed B does not open."""
    config = pod()
    with patched(*changes), World.from_pod(config, seed=1, only=AT_RACK) as world:
        assert isinstance(world.equipment, PodEquipment)
        pods, plant = Skids(world, config), world.equipment.plant
        pods.run(3.0)
        for name in () if opens else AT_RACK:
            pods.write(name, {"leak_branches_1": 0, "leak_branches_2": 0})
        pods.run(2.0)
        rack = next(i for i, each in enumerate(plant.racks) if each.name == RACK)
        branches = [b for name in AT_RACK for b in plant.electrical.pdus[name].branches]
        mine = [branch for branch in branches if branch.rack == rack]
        if welded:
            mine[-1].contactor.welded = True
        plant.leak(RACK, 0.2)
        began_s, opened_s, isolated_s = world.now_s, WATCH_s, WATCH_s

        def look(now_us: int) -> None:
            nonlocal opened_s, isolated_s
            after_s = now_us / 1e6 - began_s
            if not any(branch.contactor.closed for branch in mine):
                opened_s = min(opened_s, after_s)
            if plant.racks[rack].restriction >= 1.0:
                isolated_s = min(isolated_s, after_s)

        world.on_grid.append(look)
        pods.run(WATCH_s)
        pods.check()
        others = [branch for branch in branches if branch.rack != rack]
        return Course(opened_s, isolated_s, sum(not branch.contactor.closed for branch in others))


def measure() -> dict[str, Figure]:
    how = "a hose of rack-5 leaks at full load; the PDUs of both feeds at that rack with real firmware, no host"
    found, deaf, unproven = leak(), leak(opens=False), leak(UNPROVEN)
    settings = "settings leak_branches 0: a leak opens nothing"
    return {
        "opened": Figure(
            found.opened_s, f"until the last of its branches on both feeds is open; {how}", deaf.opened_s, settings
        ),
        "isolated": Figure(found.isolated_s, f"until its valve is closed; {how}", deaf.isolated_s, settings),
        "isolated_after_dead": Figure(
            found.isolated_s - found.opened_s,
            f"from the last open branch to the closed valve; {how}",
            unproven.isolated_s - unproven.opened_s,
            UNPROVEN.off,
        ),
        "isolated_while_live": Figure(
            float(leak(welded=True).isolated_s < WATCH_s),
            f"its valve closes within 10 s though a contactor of feed B is welded; {how}",
            float(leak(UNPROVEN, welded=True).isolated_s < WATCH_s),
            UNPROVEN.off,
        ),
    }
