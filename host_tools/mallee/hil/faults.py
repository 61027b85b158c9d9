"""Faults that a test brings about. What a board can do is a catalogue by name; a fault stands until it is ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from ..errors import ExitCode, MalleeError
from ..suggest import did_you_mean
from .boardtime import BoardTime

Undo = Callable[[], None]


class Standing:
    """A fault that is there. `end` ends it, and so does the end of a `with` block; a second time nothing happens."""

    def __init__(self, name: str, time: BoardTime, undo: Undo | None) -> None:
        self.name = name
        self._time = time
        self._undo = undo

    def end(self) -> None:
        """What is over at once, or never, stays as it is."""
        undo, self._undo = self._undo, None
        if undo is not None:
            with self._time.held():
                undo()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


class Faults(ABC):
    """`faults.begin("sensor_open", "flow")`, or `with faults.begin(…):`. Whatever still stands ends with the test."""

    def __init__(self, time: BoardTime) -> None:
        self._time = time
        self._begun: list[Standing] = []

    @property
    @abstractmethod
    def names(self) -> Iterable[str]:
        """Of what this board can have."""

    def begin(self, name: str, target: str = "", **parameters: Any) -> Standing:
        """`target` is a part of the controller under test, such as the name of a sensor or the number of a branch. Raises
        MalleeError for a name, a target or a parameter that there is not."""
        if name not in self.names:
            raise no_such("fault", name, self.names)
        with self._time.held():
            standing = Standing(name, self._time, self._begin(name, target, parameters))
        self._begun.append(standing)
        return standing

    @abstractmethod
    def _begin(self, name: str, target: str, parameters: dict[str, Any]) -> Undo | None: ...

    def end_all(self) -> None:
        """The latest first. One that cannot be ended does not keep the others."""
        while self._begun:
            with suppress(Exception):
                self._begun.pop().end()


def no_such(what: str, name: str, known: Iterable[str]) -> MalleeError:
    return MalleeError(
        f"there is no {what} {name!r} here",
        "a typing error, or another kind of board has it",
        did_you_mean(name, known),
        ExitCode.USAGE,
    )
