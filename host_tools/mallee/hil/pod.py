"""A whole pod for tests: every controller by its name, on one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .. import resources
from ..pod.config import PodConfig
from ..pod.loader import load_pod
from ..sim.loads import Constant
from ..sim.podworld import PodEquipment
from ..sim.world import World
from ..suggest import did_you_mean
from .board import Lacking
from .boardtime import BoardTime
from .controller import Controller
from .faults import Faults
from .plant import PlantOnBench
from .unit import Unit
from .virtual import virtual_time
from .worldfaults import WorldFaults


class PodOnBench(Mapping[str, Controller]):
    """`pod["skid-1"].read("flow")`. Of a real pod there is no plant, and no fault."""

    def __init__(self, config: PodConfig, time: BoardTime) -> None:
        self.config = config
        self.time = time
        self.units = {each.name: Unit(time, each.address, each.unit, each.name) for each in config.controllers}
        self._controllers = {name: Controller(unit) for name, unit in self.units.items()}

    def __getitem__(self, name: str) -> Controller:
        if name not in self._controllers:
            raise KeyError(f"there is no {name!r} in {self.config.pod.name}: {did_you_mean(name, self._controllers)}")
        return self._controllers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._controllers)

    def __len__(self) -> int:
        return len(self._controllers)

    @property
    def now_s(self) -> float:
        return self.time.now_s

    def run(self, seconds: float) -> None:
        self.time.run(seconds)

    @property
    def plant(self) -> PlantOnBench:
        raise Lacking("plant", "a real pod has no simulated plant")

    @property
    def faults(self) -> Faults:
        raise Lacking("faults", "a real pod has no faults to inject")

    def close(self) -> None:
        for unit in self.units.values():
            unit.close()
        self.time.close()


class VirtualPod(PodOnBench):
    """Real firmware in every controller, and the physics of the plant between them. `faults` takes the targets of scenarios, such
    as "skid-1/2"."""

    def __init__(self, config: PodConfig, seed: int = 0) -> None:
        self._load = Constant()
        self.world = World.from_pod(config, seed=seed, load=self._load)
        super().__init__(config, virtual_time(self.world))
        assert isinstance(self.world.equipment, PodEquipment)
        self._plant = PlantOnBench(self.world.equipment, self._load)
        self._faults = WorldFaults(self.time, self.world, config)

    @property
    def plant(self) -> PlantOnBench:
        return self._plant

    @property
    def faults(self) -> Faults:
        return self._faults

    def close(self) -> None:
        super().close()
        self.world.close()


@contextmanager
def opened(kind: str, file: Path | None) -> Iterator[PodOnBench]:
    """The pod of a file, or the default pod. Raises MalleeError for a file that is wrong."""
    config = load_pod(file or resources.pods()["default"])
    pod = VirtualPod(config) if kind == "virtual" else PodOnBench(config, BoardTime(asyncio.new_event_loop()))
    try:
        yield pod
    finally:
        pod.close()
