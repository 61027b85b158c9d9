"""Inputs that a test sets by hand: what stands at the transmitters and transformers, by name and in its own unit."""

from __future__ import annotations

from typing import Protocol

from .boardtime import BoardTime
from .faults import no_such


class Settable(Protocol):
    """Whatever the inputs are wired to now."""

    def set(self, name: str, value: float | None) -> None: ...


class Inputs:
    """`known` are all names with what they have at first; None is an open wire. They outlive the board's power."""

    def __init__(self, time: BoardTime, known: dict[str, float | None]) -> None:
        self._time = time
        self._first = dict(known)
        self._values = dict(known)
        self._wired: Settable | None = None

    @property
    def values(self) -> dict[str, float | None]:
        return dict(self._values)

    def set(self, name: str, value: float | None) -> None:
        """Raises MalleeError for a name that there is not."""
        if name not in self._values:
            raise no_such("input", name, self._values)
        self._values[name] = value
        if self._wired is not None:
            with self._time.held():
                self._wired.set(name, value)

    def put_back(self) -> None:
        """To what they had at first."""
        for name, value in self._first.items():
            if self._values[name] != value:
                self.set(name, value)

    def wire(self, wired: Settable) -> None:
        """To a board that was just made: it gets everything that was set."""
        self._wired = wired
        for name, value in self._values.items():
            wired.set(name, value)
