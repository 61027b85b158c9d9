"""Faults of a virtual board or pod: the catalogue of scenarios (docs/scenarios.md), begun by a test."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..errors import ExitCode, MalleeError
from ..pod.config import PodConfig
from ..sim.hostprocess import HostProcess
from ..sim.podworld import PodEquipment
from ..sim.scenario.faults import FAULTS
from ..sim.scenario.standing import Standing
from ..sim.scenario.stranger import Stranger
from ..sim.scenario.targets import targets
from ..sim.world import World
from .boardtime import BoardTime
from .faults import Faults, Undo, no_such

_NEED_A_PROCESS = ("second_host",)


class WorldFaults(Faults):
    """It is the stage of these faults, too (mallee.sim.scenario.stage). A target without an owner belongs to `name`."""

    def __init__(self, time: BoardTime, world: World, config: PodConfig, name: str = "") -> None:
        super().__init__(time)
        self.world = world
        self.config = config
        self.seed = world.seed
        self.standing = Standing()
        self.strangers: list[Stranger] = []
        self.host: HostProcess | None = None
        assert isinstance(world.equipment, PodEquipment)
        self.equipment = world.equipment
        self._name = name

    def another_host(self, host_id: int) -> HostProcess:
        raise AssertionError("no fault here starts a host")

    @property
    def names(self) -> Iterable[str]:
        """Those that need no host's process, and strike something that there is."""
        return [
            name
            for name, fault in FAULTS.items()
            if not fault.needs_host and name not in _NEED_A_PROCESS and targets(fault.target, self.config)
        ]

    def _begin(self, name: str, target: str, parameters: dict[str, Any]) -> Undo | None:
        fault = FAULTS[name]
        try:
            found = msgspec.convert(parameters, fault.parameters)
        except msgspec.ValidationError as error:
            takes = [f.encode_name for f in msgspec.structs.fields(fault.parameters)]
            raise MalleeError(
                f"parameters of {name}: {str(error).replace('Object', 'it')}",
                "a typing error, or a value that cannot be",
                f"it takes {', '.join(takes) or 'none'}; docs/scenarios.md has their limits",
                ExitCode.USAGE,
            ) from error
        where = self._target(fault.target, target)
        self.world.log.record(self.world.now_us, "fault", where, name.encode())
        return fault.begin(self, where, found)

    def _target(self, kind: str, target: str) -> str:
        known = targets(kind, self.config)
        own = [each for each in known if each.partition("/")[0] == self._name]
        for each in (target, f"{self._name}/{target}" if target else self._name):
            if each in known:
                return each
        if not target and len(known) == 1:  # the one line, say
            return known[0]
        raise no_such(kind, target, [each.partition("/")[2] or each for each in own] or known)
