"""Something that stands in for the bus: links that are opened meanwhile are its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from ..link.base import Link
from ..link.opening import links_from


class StandIn(ABC):
    """`with stand_in:` no address leads to the network."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    @abstractmethod
    def open(self, address: str, timeout_s: float) -> Link:
        """A link to whatever stands at that address. Raises MalleeError."""

    def __enter__(self) -> Self:
        self._stack.enter_context(links_from(self.open))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
