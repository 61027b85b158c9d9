"""A board under test, whatever it is: virtual, emulated or real. Tests know nothing else of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from ..device.device import Device
from ..errors import MalleeError
from .boardtime import BoardTime
from .faults import Faults
from .inputs import Inputs
from .plant import PlantOnBench
from .power import Power
from .unit import Unit

T = TypeVar("T")


class Lacking(MalleeError):
    """The board does not have what a test wants of it: the test is skipped, with this as its reason."""

    def __init__(self, capability: str, why: str) -> None:
        super().__init__(f"no {capability}: {why}", "another kind of board has it", "docs/hil.md says which")


class Board(ABC):
    """`unit` is its controller on its bus, `time` what a second is here.

    Time of a virtual and of an emulated board passes only while a test asks or waits: a run is the same each time, and nobody
    sleeps. In `live()` it passes by itself, so that other programs can talk to the board. Time of a real board is the wall's.
    """

    kind = ""
    start_s = 10.0
    """From its supply's coming to its first answer, at most."""

    def __init__(self, time: BoardTime, unit: Unit, profile: str | None) -> None:
        self.time = time
        self.unit = unit
        self.profile = profile
        """None: not known before it answers."""
        self.console_from = 0
        """Where in `console` the present test begins."""

    @property
    def now_s(self) -> float:
        return self.time.now_s

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.time.run(seconds)

    def do(self, scenario: Callable[[Device], Awaitable[T]]) -> T:
        """Run `scenario(device)` to its end in the board's time."""
        return self.unit.do(scenario)

    @property
    @abstractmethod
    def bus_address(self) -> str:
        """What other programs open, inside of `live()`."""

    @property
    @abstractmethod
    def console_port(self) -> str | None:
        """What pyserial opens, inside of `live()`; None where there is none."""

    @property
    @abstractmethod
    def console(self) -> bytes | None:
        """What it has printed since it was opened; None where somebody else reads it."""

    @abstractmethod
    def live(self) -> AbstractContextManager[None]:
        """Within the block time passes by itself, and `bus_address` and `console_port` are open to other programs."""

    @property
    @abstractmethod
    def origin(self) -> Mapping[str, str]:
        """Where its program comes from: names and hashes for reports."""

    # What a board may have. Each raises Lacking where this one has it not.

    @property
    def power(self) -> Power:
        raise Lacking("power", f"the supply of {self} cannot be switched")

    @property
    def faults(self) -> Faults:
        raise Lacking("faults", f"{self} has no faults to inject")

    @property
    def inputs(self) -> Inputs:
        raise Lacking("inputs", f"the inputs of {self} are not in the hands of tests")

    @property
    def plant(self) -> PlantOnBench:
        raise Lacking("plant", f"{self} has no simulated plant behind it")

    def put_back(self) -> None:  # noqa: B027  (a board that is new for each test has nothing to put back)
        """Behind a test: what it has set by hand is as it was, and no fault stands."""

    def close(self) -> None:
        """Safe to call twice."""
        self.unit.close()
        self.time.close()

    def __str__(self) -> str:
        return f"the {self.kind} {self.profile or 'board'}"


@contextmanager
def nothing() -> Iterator[None]:
    """Of what has nothing to do at its begin and end."""
    yield
