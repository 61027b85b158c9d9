"""Virtual days of single controllers with real firmware in the default pod's plant: energy through power cuts, and quiet."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from mallee.device.device import Device
from mallee.link.address import parse_address
from mallee.link.opening import open_link
from mallee.sim.loop import run_in_world
from mallee.sim.trainingload import Training
from mallee.sim.world import World

from .skids import pod

DAY_S = 86_400
CUTS = 10
_GRID_us = 50_000
"""Five times what a pod's world steps with: the plant is stable with it, and a controller samples each millisecond anyway."""
_STARTED_S = 60
_LOOK_S = 600
PDU, SKID = "pdu-a1", "skid-1"
_OVERLOAD_A = 130.0  # on top of what its shelf draws: trips within a minute


@dataclass
class Quiet:
    """What came up in a day in which nothing was wrong."""

    alarms: list[str] = field(default_factory=list)
    trips: int = 0


def quiet(day_s: int = DAY_S, mean: float = 0.8, *, faulty: bool = False) -> Quiet:
    """A PDU and a skid, training load and 0.1 % of noise at every transmitter: each alarm that came, by its journal. `faulty`
    has an overload and a lost sensor in it, from the first look on."""
    found = Quiet()

    async def watch(world: World, devices: list[Device]) -> None:
        seen = {device.name: 0 for device in devices}
        if faulty:
            await asyncio.sleep(_STARTED_S)
            world.equipment.plant.electrical.overload(PDU, 0, _OVERLOAD_A)  # type: ignore[attr-defined]
            world.equipment.skids[SKID].transmitters["facility_flow"].fault = "open"  # type: ignore[attr-defined]
        while world.now_s < day_s:
            await asyncio.sleep(min(_LOOK_S, day_s - world.now_s))
            for device in devices:
                entries = [e for e in await device.read_journal() if e.sequence > seen[device.name]]
                seen[device.name] = max([seen[device.name], *(entry.sequence for entry in entries)])
                found.alarms += [f"{device.name} {entry.what}" for entry in entries if entry.kind == "alarm_came"]
                if device.name == PDU:
                    found.trips += bool((await device.read("tripped")).value)

    _run((PDU, SKID), mean, watch, day_s)
    return found


def energy_error(day_s: int = DAY_S, cuts: int = CUTS) -> tuple[float, float, int]:
    """(largest error of a branch's energy register, part of what flowed; error of the PDU's sum; times it fell).

    The load swings as training does. The controller and its meters lose their supply `cuts` times for 2 s, at moments that
    the seed chooses, and what flows meanwhile counts against them.
    """
    source = random.Random("energy")
    moments = sorted(source.uniform(_STARTED_S, day_s - _STARTED_S) for _ in range(cuts))
    errors: list[float] = []
    fell = 0

    async def meter(world: World, devices: list[Device]) -> None:
        nonlocal fell
        (device,) = devices
        branches = world.equipment.plant.electrical.pdus[PDU].branches  # type: ignore[attr-defined]
        names = [f"branch.{n}.energy" for n in range(1, len(branches) + 1)]
        true_Wh = [0.0] * len(branches)
        last_us = world.now_us

        def add(now_us: int) -> None:
            nonlocal last_us
            hours, last_us = (now_us - last_us) / 3.6e9, now_us
            for place, branch in enumerate(branches):
                true_Wh[place] += branch.power_W * hours

        start = [float(v) for v in await _values(device, names)]
        before = start
        world.on_grid.append(add)
        for until_s in [*moments, float(day_s)]:
            await asyncio.sleep(max(0.0, until_s - world.now_s))
            if until_s < day_s:
                world.controllers.power_cycle(PDU, 2_000_000)
                await asyncio.sleep(10)
            now = [float(v) for v in await _values(device, names)]
            fell += sum(new < old for new, old in zip(now, before, strict=True))
            before = now
        measured = [end - begin for end, begin in zip(before, start, strict=True)]
        errors.extend(abs(found - true) / true for found, true in zip(measured, true_Wh, strict=True))
        errors.append(abs(sum(measured) - sum(true_Wh)) / sum(true_Wh))

    _run((PDU,), 0.8, meter, day_s)
    return max(errors[:-1]), errors[-1], fell


async def _values(device: Device, names: list[str]) -> list[Any]:
    found = await device.read_many(names)
    return [found.value(name) for name in names]


def _run(
    names: tuple[str, ...], mean: float, session: Callable[[World, list[Device]], Coroutine[Any, Any, None]], day_s: int
) -> None:
    config = pod(1)
    entries = {entry.name: entry for entry in (*config.skids, *config.pdus)}

    async def connected(world: World) -> None:
        await asyncio.sleep(_STARTED_S / 10)
        links = [open_link(str(parse_address(entries[name].address))) for name in names]
        try:
            devices = [
                await Device.connect(link, entries[name].unit, name=name)
                for name, link in zip(names, links, strict=True)
            ]
            await session(world, devices)
        finally:
            for link in links:
                await link.close()

    with World.from_pod(config, seed=1, load=Training(mean, 1), noise=0.1, only=names, grid_us=_GRID_us) as world:
        run_in_world(world, connected(world), limit_s=2 * day_s)
