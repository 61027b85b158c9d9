"""Every sensor of a skid with every fault, one at a time, in a closed loop: does an actuator go the wrong way?

One skid carries the whole default pod with its real firmware and no host, by differential pressure or by flow. Wrong is what
harms: pumps commanded slower than in the run without a fault while what they hold is truly below 90 % of its set-point; the
valve commanded further closed while the true supply temperature is 1 K and more above its own. A sensor that lies within the
limits of its loop is among the faults.
"""

from __future__ import annotations

import asyncio
import sys
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import msgspec
from mallee.device.device import Device
from mallee.link.address import parse_address
from mallee.link.opening import open_link
from mallee.pod.config import PodConfig
from mallee.resources import examples_dir
from mallee.sim.loop import run_in_world
from mallee.sim.transmitters import Transmitter
from mallee.sim.world import World

from ..figure import Figure
from .patched import Patch, patched

SKID = "skid-1"
BEFORE_S, AFTER_S = 20, 100
LOW, WARM_K, BAND_percent = 0.9, 1.0, 2.0
MODES = ("differential_pressure", "flow")
ALONE = Patch(
    "pump/plausibility.py",
    "        elif apart(own, other, tolerance / 2 if was & (DIFFERENTIAL | PRESSURES) else tolerance):",
    "        elif False:",
    "the loop follows its own pressure sensor whatever the others say",
)
HIGH = ("differential_pressure", "differential_pressure", "reads high")


@dataclass(frozen=True)
class Sample:
    """Once a second: commands in percent, and what is true in the plant."""

    speed: float
    valve: float
    held: float
    """What the pumps hold, as part of its set-point."""
    supply_degC: float


def faults(transmitter: Transmitter, spread: float) -> dict[str, Callable[[], None]]:
    """What can happen to a sensor. `spread` is how far off a lie is, in the sensor's unit."""

    def change(**values: object) -> Callable[[], None]:
        def apply() -> None:
            for name, value in values.items():
                setattr(transmitter, name, value)

        return apply

    return {
        "open": change(fault="open"),
        "short": change(fault="short"),
        "stuck": change(fault="stuck"),
        "reads high": change(offset=spread),
        "reads low": change(offset=-spread),
        "drifts up": change(drift_per_s=spread / 60),
        "drifts down": change(drift_per_s=-spread / 60),
        "noisy": change(noise_percent=2.0),
    }


NAMES = tuple(faults(Transmitter(0, 1, None), 1.0))  # type: ignore[arg-type]


def run(mode: str, sensor: str | None, fault: str | None, config: PodConfig) -> list[Sample]:
    """The seconds behind the fault; of no sensor, those of the run that the others are compared with."""
    with World.from_pod(config, seed=1, noise=0.1, only=(SKID,)) as world:
        plant, wiring = world.equipment.plant, world.equipment.skids[SKID]  # type: ignore[attr-defined]
        flow_l_min = plant.l_min(wiring.skid.flow_kg_s)
        run_in_world(world, _set(config, {"flow_setpoint": round(flow_l_min, 1), "mode_setpoint": mode}))
        world.run_for(BEFORE_S)
        if sensor is not None and fault is not None:
            transmitter = wiring.transmitters[sensor]
            faults(transmitter, 0.15 * transmitter.span)[fault]()
        plant.facility_supply_degC += 1.0  # a sensor that is stuck has to miss something
        found = []
        for _ in range(AFTER_S):
            world.run_for(1)
            flow = plant.l_min(wiring.skid.flow_kg_s) / flow_l_min
            pressure = plant.differential_pressure_kPa / config.control.differential_pressure_kPa
            found.append(_sample(wiring.skid, flow if mode == "flow" else pressure))
        return found


async def _set(config: PodConfig, values: dict[str, Any]) -> None:
    (entry,) = config.skids
    await asyncio.sleep(2)
    link = open_link(str(parse_address(entry.address)))
    try:
        await (await Device.connect(link, entry.unit)).write(values)
    finally:
        await link.close()


def _sample(skid: Any, held: float) -> Sample:
    speed = max(pump.command_percent for pump in skid.pumps)
    return Sample(speed, 100 * skid.valve.command, held, skid.supply_degC)


def wrong(found: list[Sample], reference: list[Sample], config: PodConfig) -> str | None:
    """What went the wrong way first, in words; None where nothing did."""
    control = config.control
    for second, (now, then) in enumerate(zip(found, reference, strict=True), 1):
        if now.held < LOW and now.speed < then.speed - BAND_percent:
            held = f"{100 * now.held:.0f} % of what they hold"
            return f"pumps at {now.speed:.0f} % instead of {then.speed:.0f} %, {held}, after {second} s"
        warm = now.supply_degC > control.supply_temperature_degC + WARM_K
        if warm and now.valve < then.valve - BAND_percent:
            return (
                f"valve at {now.valve:.0f} % instead of {then.valve:.0f} %, {now.supply_degC:.1f} °C, after {second} s"
            )
    return None


def pod() -> PodConfig:
    """The default pod with one skid."""
    config = msgspec.convert(tomllib.loads((examples_dir() / "pod.toml").read_text(encoding="utf-8")), PodConfig)
    return msgspec.structs.replace(config, skids=config.skids[:1])


def enumerate_all(modes: tuple[str, ...] = MODES) -> Iterator[tuple[str, str, str, str | None]]:
    """(mode, sensor, fault, what went wrong) of each, on all cores."""
    config = pod()
    with World.from_pod(config, only=()) as world:
        sensors = list(world.equipment.skids[SKID].transmitters)  # type: ignore[attr-defined]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        references = dict(zip(modes, pool.map(_reference, modes), strict=True))
        todo = [(mode, sensor, fault) for mode in modes for sensor in sensors for fault in NAMES]
        for (mode, sensor, fault), found in zip(todo, pool.map(_lying, todo), strict=True):
            yield mode, sensor, fault, wrong(found, references[mode], config)


def _reference(mode: str) -> list[Sample]:
    return run(mode, None, None, pod())


def _lying(case: tuple[str, str, str]) -> list[Sample]:
    return run(*case, pod())


def measure() -> dict[str, Figure]:
    """The counter-proof is one case only: to take a mechanism away for all of them would take as long again."""
    bad = [" ".join(map(str, row)) for row in enumerate_all() if row[3] is not None]
    config, (mode, sensor, fault) = pod(), HIGH
    with patched(ALONE):
        without = wrong(run(mode, sensor, fault, config), run(mode, None, None, config), config)
    return {
        "wrong": Figure(
            float(len(bad)),
            "of every sensor of a skid with each of eight faults, by pressure and by flow, those that drive an actuator "
            f"the wrong way; the skid carries the default pod alone. {'; '.join(bad)}",
            float(without is not None),
            f"{ALONE.off}; {sensor} {fault} alone",
        )
    }


if __name__ == "__main__":
    bad = 0
    for mode, sensor, fault, what in enumerate_all():
        bad += what is not None
        print(f"{mode:22} {sensor:32} {fault:12} {what or ''}", flush=True)
    sys.exit(bad > 0)
