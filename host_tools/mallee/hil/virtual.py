"""A virtual board: the real firmware of one controller, in a world of its own with the physics of its plant."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from .. import resources
from ..sim import runtime
from ..sim.line.ptys import PtyEnd
from ..sim.loads import Constant
from ..sim.loop import WorldDriver, WorldLoop
from ..sim.podworld import PodEquipment
from ..sim.ptygateway import PtyGateway
from ..sim.scenario.overriding import pod_of
from ..sim.world import World
from .board import Board
from .boardtime import BoardTime
from .faults import Faults
from .line import Line
from .plant import PlantOnBench
from .power import Power, SwitchedPower
from .unit import Unit
from .worldfaults import WorldFaults

BUS = "/dev/virtual"
"""The port of the line, as the world names it; it is not of this computer."""
_ADDRESS = f"serial://{BUS}?baud=19200&framing=8E1"
_STEP_S = 0.01
_BEHIND_S = 1.0  # time that a busy computer lost is not caught up beyond this
_NAMED = {"pump": "skid", "pdu": "pdu"}
_NEVER_US = 1 << 60


def virtual_time(world: World) -> BoardTime:
    return BoardTime(WorldLoop(WorldDriver(world)))


def paced(time: BoardTime) -> Callable[[], float]:
    """Steps that keep up with the wall clock, for `BoardTime.flow`."""
    ahead_s = [time.now_s - monotonic()]

    def step() -> float:
        time.run(_STEP_S)
        behind_s = monotonic() + ahead_s[0] - time.now_s
        if not -_BEHIND_S < behind_s < _BEHIND_S:  # the computer was busy, or a test let time pass by itself
            ahead_s[0] -= behind_s
            behind_s = 0.0
        return max(0.0, -behind_s)

    return step


class VirtualBoard(Board):
    """The first controller of `profile` in the pod of `file`, alone on a serial line; what the others drive stays as it is."""

    kind = "virtual"

    def __init__(self, profile: str, unit: int, file: Path | None = None, seed: int = 0) -> None:
        path = file or resources.pods()["default"]
        plain, _ = pod_of(path, {}, str(path))
        name = (plain.skids if profile == "pump" else plain.pdus)[0].name
        self.config, _ = pod_of(path, {_NAMED[profile]: {name: {"address": _ADDRESS, "unit": unit}}}, str(path))
        self._load = Constant()
        self.world = World.from_pod(self.config, seed=seed, load=self._load, only=(name,))
        time = virtual_time(self.world)
        super().__init__(time, Unit(Line(time, _ADDRESS), unit, name), profile)
        self._controller = self.world.controller(name)
        self._printed = bytearray()
        self._console_end: PtyEnd | None = None
        self._bus_end: PtyGateway | None = None
        self._controller.board.on_console = self._said
        assert isinstance(self.world.equipment, PodEquipment)
        self._plant = PlantOnBench(self.world.equipment, self._load)
        self._faults = WorldFaults(time, self.world, self.config, name)

    @property
    def bus_address(self) -> str:
        port = self._bus_end.name if self._bus_end is not None else BUS
        return _ADDRESS.replace(BUS, port)

    @property
    def console_port(self) -> str | None:
        """It only speaks: nothing reads what is typed."""
        if self._console_end is None:
            self._console_end = PtyEnd()
        return self._console_end.name

    @property
    def console(self) -> bytes:
        self._controller.board.drain()
        return bytes(self._printed)

    def _said(self, part: bytes) -> None:
        self._printed += part
        if self._console_end is not None:
            self._console_end.write(part.replace(b"\n", b"\r\n"))

    @contextmanager
    def live(self) -> Iterator[None]:
        if self._bus_end is None:
            self._bus_end = PtyGateway(self.world, self.world.network.lines[BUS])
        with self.time.flow(paced(self.time)):
            yield

    @property
    def origin(self) -> Mapping[str, str]:
        return {"image_sha256": hashlib.sha256(runtime.micropython().read_bytes()).hexdigest()}

    @property
    def power(self) -> Power:
        controllers, name = self.world.controllers, self.unit.name
        return SwitchedPower(
            self.unit,
            self.start_s,
            off=lambda: controllers.power_cycle(name, _NEVER_US),
            on=lambda: controllers.power_cycle(name),
        )

    @property
    def faults(self) -> Faults:
        return self._faults

    @property
    def plant(self) -> PlantOnBench:
        return self._plant

    def close(self) -> None:
        super().close()
        if self._console_end is not None:
            self._console_end.close()
        self.world.close()
