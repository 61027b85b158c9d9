"""What faults have in common: what they reach, what they take, what they give back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from ...pod.config import PodConfig
from ..hostprocess import HostProcess
from ..podworld import PodEquipment
from ..world import World
from .standing import Standing
from .stranger import Stranger

Undo = Callable[[], None]
Probability = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[float, Meta(ge=0, le=60_000)]


class Stage(Protocol):
    """What a running scenario lets faults reach."""

    world: World
    config: PodConfig
    equipment: PodEquipment
    host: HostProcess | None
    seed: int
    standing: Standing
    strangers: list[Stranger]
    """All that ever came."""

    def another_host(self, host_id: int) -> HostProcess: ...


class Parameters(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A fault that needs none."""


class Fault(msgspec.Struct, frozen=True):
    """`target` is a kind of mallee.sim.scenario.targets. `undoable` False: it is over at once, or never."""

    meaning: str
    target: str
    begin: Callable[[Stage, str, Any], Undo | None]
    parameters: type[Parameters] = Parameters
    undoable: bool = True
    needs_host: bool = False
