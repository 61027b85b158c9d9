"""A whole pod for tests: every controller by its name, on one clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

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
from .line import Line
from .plant import PlantOnBench
from .reallines import held_line, wall_time
from .unit import Unit
from .virtual import virtual_time
from .worldfaults import WorldFaults


class PodOnBench(Mapping[str, Controller]):
    """`pod["skid-1"].read("flow")`. Of a real pod there is no plant, and no fault. `lines`, by address, are those that
    controllers share."""

    def __init__(self, config: PodConfig, time: BoardTime, lines: Mapping[str, Line] = MappingProxyType({})) -> None:
        self.config = config
        self.time = time
        self.units = {
            each.name: Unit(lines.get(each.address) or Line(time, each.address), each.unit, each.name)
            for each in config.controllers
        }
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

    def console(self, name: str) -> bytes:
        """What this controller has printed; of a real one nobody here reads it."""
        return b""

    @property
    def plant(self) -> PlantOnBench:
        raise Lacking("plant", "a real pod has no simulated plant")

    @property
    def faults(self) -> Faults:
        raise Lacking("faults", "a real pod has no faults to inject")

    def close(self) -> None:
        for unit in self.units.values():
            unit.close()


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
        self._printed = {name: bytearray() for name in self.units}
        for name, printed in self._printed.items():
            self.world.controller(name).board.on_console = printed.extend

    def console(self, name: str) -> bytes:
        self.world.controller(name).board.drain()
        return bytes(self._printed[name])

    @property
    def plant(self) -> PlantOnBench:
        return self._plant

    @property
    def faults(self) -> Faults:
        return self._faults

    def close(self) -> None:
        super().close()
        self.time.close()
        self.world.close()


@contextmanager
def opened(kind: str, file: Path | None) -> Iterator[PodOnBench]:
    """The pod of a file, or the default pod. Raises MalleeError for a file that is wrong."""
    config = load_pod(file or resources.pods()["default"])
    with ExitStack() as stack:
        pod = VirtualPod(config) if kind == "virtual" else _real(config, stack)
        stack.callback(pod.close)
        yield pod


def _real(config: PodConfig, stack: ExitStack) -> PodOnBench:
    time = stack.enter_context(wall_time())
    addresses = dict.fromkeys(each.address for each in config.controllers)
    return PodOnBench(config, time, {address: stack.enter_context(held_line(address)) for address in addresses})
