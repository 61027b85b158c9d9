"""Coolant pump skids of the default pod, with their real firmware in the whole plant and no host: every 10 ms a sample of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from mallee.device.device import Device
from mallee.link.opening import open_link
from mallee.pod.config import PodConfig
from mallee.resources import examples_dir
from mallee.sim.loads import Load
from mallee.sim.loop import run_in_world
from mallee.sim.podworld import PodEquipment
from mallee.sim.world import World

from .patched import Patch, patched

BOTH = ("skid-1", "skid-2")


@dataclass(frozen=True)
class Sample:
    """What is true, and what the first skid commands: percent, l/min, kPa, °C."""

    at_s: float
    flow: float
    pressure: float
    supply: float
    commands: tuple[float, float]
    valve: float


def pod(skids: int = 2, **control: Any) -> PodConfig:
    """The default pod with so many skids; `control` are other values of its [control]."""
    config = msgspec.convert(tomllib.loads((examples_dir() / "pod.toml").read_text(encoding="utf-8")), PodConfig)
    changed = msgspec.structs.replace(config.control, **control)
    return msgspec.structs.replace(config, skids=config.skids[:skids], control=changed)


class Skids:
    """`samples` since the last forget()."""

    def __init__(self, world: World, config: PodConfig) -> None:
        assert isinstance(world.equipment, PodEquipment)
        self.world = world
        self.config = config
        self.equipment = world.equipment
        self.plant = world.equipment.plant
        self.samples: list[Sample] = []
        self.kills = 0
        world.on_grid.append(self._sample)

    def _sample(self, now_us: int) -> None:
        plant = self.plant
        first = next(iter(plant.skids.values()))
        one, other = first.pumps
        self.samples.append(
            Sample(
                now_us / 1e6,
                plant.l_min(plant.manifold.flow_kg_s),
                plant.differential_pressure_kPa,
                plant.supply_degC,
                (one.command_percent, other.command_percent),
                100 * first.valve.command,
            )
        )

    def run(self, seconds: float) -> list[Sample]:
        """Go on for so long; returns the samples of it."""
        self.samples = []
        self.world.run_for(seconds)
        return self.samples

    def pump(self, skid: str, number: int) -> Any:
        return self.plant.skids[skid].pumps[number - 1]

    def kill(self, name: str) -> None:
        """Its program crashes, and its watchdog starts it again."""
        self.kills += 1
        self.world.kill(name)

    def check(self) -> None:
        """Raises RuntimeError when a controller was not there all the time: then nothing was measured."""
        died = {name: c.last_reason for name, c in self.world.controllers.by_name.items() if c.restarts}
        if sum(c.restarts for c in self.world.controllers.by_name.values()) != self.kills:
            raise RuntimeError(f"controllers died: {died}")

    def write(self, name: str, values: dict[str, Any]) -> None:
        self.ask(name, lambda device: device.write(values))

    def read(self, name: str, point: str) -> Any:
        return self.ask(name, lambda device: device.read(point)).value

    def ask(self, name: str, question: Any) -> Any:
        """What `question(device)` returns, asked of that controller. Takes some milliseconds."""
        entry = next(c for c in self.config.controllers if c.name == name)
        answers: list[Any] = []

        async def session() -> None:
            link = open_link(entry.address)
            try:
                answers.append(await question(await Device.connect(link, entry.unit, name=name)))
            finally:
                await link.close()

        run_in_world(self.world, session())
        return answers[0]


@contextmanager
def skids(
    *changes: Patch,
    settings: dict[str, dict[str, Any]] | None = None,
    config: PodConfig | None = None,
    load: Load | None = None,
    names: tuple[str, ...] = BOTH,
    noise: float = 0.0,
    settle_s: float = 5.0,
) -> Iterator[Skids]:
    """In the steady state, `settings` written by controller, and `settle_s` after that."""
    config = config or pod()
    with patched(*changes), World.from_pod(config, seed=1, load=load, noise=noise, only=names) as world:
        found = Skids(world, config)
        found.run(0.1)
        for name, values in (settings or {}).items():
            found.write(name, values)
        found.run(settle_s)
        yield found
        found.check()
