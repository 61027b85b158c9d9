"""Every sensor of a skid with every fault, one at a time, in a closed loop: does an actuator go the wrong way?

One skid carries the whole default pod with its real firmware and no host. Wrong is what harms: pumps commanded slower than in the
run without a fault while the true differential pressure is below 90 % of its set-point; the valve commanded further closed while
the true supply temperature is 1 K and more above its own. A sensor that lies within the limits of its loop is among the faults.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
from mallee.pod.config import PodConfig
from mallee.resources import examples_dir
from mallee.sim.skidwiring import SkidWiring
from mallee.sim.transmitters import Transmitter
from mallee.sim.world import World

from ..figure import Figure
from .patched import Patch, patched

SKID = "skid-1"
BEFORE_S, AFTER_S = 20, 100
SHORTED = ("supply_pressure", "short")
BELIEVING = Patch(
    "drivers/current_loop.py",
    "    if not FAULT_LOW_uA <= current_uA <= FAULT_HIGH_uA:",
    "    if False:",
    "every current is a value",
)
LOW_PRESSURE, WARM_K, BAND_percent = 0.9, 1.0, 2.0


@dataclass(frozen=True)
class Sample:
    """Once a second: commands in percent, and what is true in the plant."""

    speed: float
    valve: float
    pressure_kPa: float
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


def run(sensor: str | None, fault: str | None, config: PodConfig) -> list[Sample]:
    """The seconds behind the fault; of no sensor, those of the run that the others are compared with."""
    with World.from_pod(config, seed=1, noise=0.1, only=(SKID,)) as world:
        world.run_for(BEFORE_S)
        plant, wiring = world.equipment.plant, world.equipment.skids[SKID]  # type: ignore[attr-defined]
        if sensor is not None and fault is not None:
            transmitter = wiring.transmitters[sensor]
            faults(transmitter, 0.15 * transmitter.span)[fault]()
        plant.facility_supply_degC += 1.0  # a sensor that is stuck has to miss something
        found = []
        for _ in range(AFTER_S):
            world.run_for(1)
            found.append(_sample(plant, wiring))
        return found


def _sample(plant, wiring: SkidWiring) -> Sample:
    skid = wiring.skid
    return Sample(
        max(pump.command_percent for pump in skid.pumps),
        100 * skid.valve.command,
        plant.differential_pressure_kPa,
        skid.supply_degC,
    )


def wrong(found: list[Sample], reference: list[Sample], config: PodConfig) -> str | None:
    """What went the wrong way first, in words; None where nothing did."""
    control = config.control
    for second, (now, then) in enumerate(zip(found, reference, strict=True), 1):
        low = now.pressure_kPa < LOW_PRESSURE * control.differential_pressure_kPa
        if low and now.speed < then.speed - BAND_percent:
            return f"pumps at {now.speed:.0f} % instead of {then.speed:.0f} %, {now.pressure_kPa:.0f} kPa, after {second} s"
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


def enumerate_all() -> Iterator[tuple[str, str, str | None]]:
    """(sensor, fault, what went wrong) of each."""
    config = pod()
    reference = run(None, None, config)
    with World.from_pod(config, only=()) as world:
        sensors = list(world.equipment.skids[SKID].transmitters)  # type: ignore[attr-defined]
    for sensor in sensors:
        for fault in NAMES:
            yield sensor, fault, wrong(run(sensor, fault, config), reference, config)


def measure() -> dict[str, Figure]:
    """The counter-proof is one pair only: to take a mechanism away for all of them would take as long again."""
    bad = [(sensor, fault, what) for sensor, fault, what in enumerate_all() if what is not None]
    config = pod()
    with patched(BELIEVING):
        without = wrong(run(*SHORTED, config), run(None, None, config), config)
    told = "; ".join(f"{sensor} {fault}: {what}" for sensor, fault, what in bad)
    return {
        "wrong": Figure(
            float(len(bad)),
            "of every sensor of a skid with each of eight faults, those that drive an actuator the wrong way; the skid carries "
            f"the default pod alone. {told}",
            float(without is not None),
            f"{BELIEVING.off}; {' '.join(SHORTED)} alone",
        )
    }


if __name__ == "__main__":
    bad = 0
    for sensor, fault, what in enumerate_all():
        bad += what is not None
        print(f"{sensor:32} {fault:12} {what or ''}", flush=True)
    sys.exit(bad > 0)
