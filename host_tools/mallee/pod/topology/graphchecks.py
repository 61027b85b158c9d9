"""What is wrong with the graph of a pod file: whatever is not fed, not cooled, or leads nowhere. Pure.

References to feeds and racks that do not exist are found before, in mallee.pod.checks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...suggest import did_you_mean
from ..config import PodConfig
from ..lines import Path
from ..problem import Problem


def graph_problems(config: PodConfig) -> Iterator[Problem]:
    yield from _orphans(config)
    yield from _limits(config)
    yield from _loop_names(config)
    for index, loop in enumerate(config.loops):
        skids, racks = [skid.name for skid in config.skids], [rack.name for rack in config.racks]
        yield from _members(("loop", index, "skids"), loop.name, "skid", loop.skids, skids)
        yield from _members(("loop", index, "racks"), loop.name, "rack", loop.racks, racks)
    yield from _in_two_loops(config)
    yield from _not_cooled(config)


def _orphans(config: PodConfig) -> Iterator[Problem]:
    used = {pdu.feed for pdu in config.pdus}
    for index, feed in enumerate(config.feeds):
        if feed.name not in used:
            yield Problem(
                ("feed", index, "name"),
                f"feed {feed.name} feeds no PDU",
                "its [[pdu]] blocks are missing, or name another feed",
                "name it as `feed` of a [[pdu]], or take the block out",
            )
    for index, pdu in enumerate(config.pdus):
        # A list that is empty is a draft: nobody has said yet what hangs on it.
        if pdu.racks and not any(pdu.racks):
            yield Problem(
                ("pdu", index, "racks"),
                f"{pdu.name} feeds no rack",
                "all its branches are marked as not used",
                "name the rack of each branch, in order, or take the block out",
            )


def _limits(config: PodConfig) -> Iterator[Problem]:
    """Mains above that of their feed are found in mallee.pod.powerchecks."""
    for index, pdu in enumerate(config.pdus):
        if pdu.branch_A is not None and pdu.branch_A > pdu.main_A:
            yield Problem(
                ("pdu", index, "branch_A"),
                f"{pdu.name}: branch_A = {pdu.branch_A:g} is more than main_A = {pdu.main_A:g}",
                "what is behind a main has no larger one",
                f"write at most {pdu.main_A:g}, or correct main_A",
            )
    volts = {feed.name: feed.voltage_V for feed in config.feeds}
    for index, rack in enumerate(config.racks):
        path = ("rack", index, "power_kW")
        site_kW = config.power.site_kW
        if site_kW is not None and rack.power_kW > site_kW:
            yield Problem(
                path,
                f"{rack.name}: power_kW = {rack.power_kW:g} is more than [power] site_kW = {site_kW:g}",
                "a rack draws no more than the site may",
                f"write at most {site_kW:g}, or correct site_kW",
            )
        mains_kVA = sum(
            math.sqrt(3.0) * volts.get(pdu.feed, 0.0) * pdu.main_A / 1000.0
            for pdu in config.pdus
            if rack.name in pdu.racks
        )
        if rack.power_kW > mains_kVA:
            yield Problem(
                path,
                f"{rack.name}: power_kW = {rack.power_kW:g} is more than the mains of its PDUs carry, {mains_kVA:.0f} kVA",
                "a main or the power is in another unit than the key's name says, or a PDU of the rack is missing",
                f"write at most {mains_kVA:.0f}, or correct main_A of its PDUs",
            )


def _loop_names(config: PodConfig) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, loop in enumerate(config.loops):
        if loop.name in seen:
            yield Problem(
                ("loop", index, "name"),
                f"there are two loops named {loop.name!r}",
                "a block was copied and its name not changed",
                "give each loop its own name",
            )
        seen.add(loop.name)


def _members(path: Path, loop: str, kind: str, named: Sequence[str], known: Sequence[str]) -> Iterator[Problem]:
    if not named:
        yield Problem(
            path,
            f"loop {loop} has no {kind}",
            "the list was left empty",
            f"name the {kind}s on it, or take the block out",
        )
    for position, name in enumerate(named):
        if name not in known:
            yield Problem(
                path,
                f"loop {loop}: there is no {kind} {name!r}",
                f"a typing error, or a [[{kind}]] is missing",
                did_you_mean(name, list(known)),
            )
        if name in named[:position]:
            yield Problem(path, f"loop {loop} names {kind} {name!r} twice", "it was copied", "name each of them once")


def _in_two_loops(config: PodConfig) -> Iterator[Problem]:
    for key, kind in (("skids", "skid"), ("racks", "rack")):
        owner: dict[str, str] = {}
        for index, loop in enumerate(config.loops):
            for name in getattr(loop, key):
                other = owner.setdefault(name, loop.name)
                if other != loop.name:
                    yield Problem(
                        ("loop", index, key),
                        f"{kind} {name} is on loop {loop.name} and on loop {other}",
                        "a block was copied and its names not changed",
                        f"name the {kind} on one loop; loops that share coolant are one",
                    )


def _not_cooled(config: PodConfig) -> Iterator[Problem]:
    if not config.loops:
        return  # all skids and racks are one loop; a pod without a skid is cooled by something that is not in the file
    skids = {name for loop in config.loops for name in loop.skids}
    racks = {name for loop in config.loops for name in loop.racks}
    for index, skid in enumerate(config.skids):
        if skid.name not in skids:
            yield Problem(
                ("skid", index, "name"),
                f"{skid.name} is on no loop",
                "its name is missing in `skids` of every [[loop]]",
                "name it in `skids` of the loop that it pumps",
            )
    for index, rack in enumerate(config.racks):
        if rack.name not in racks and rack.liquid_kW > 0:
            yield Problem(
                ("rack", index, "name"),
                f"{rack.name} is cooled by no loop",
                "its name is missing in `racks` of every [[loop]]",
                "name it in `racks` of the loop that cools it; liquid_kW = 0 is a rack that needs none",
            )
