"""Lines of real boards and pods: locked against other processes, one for all that hang on it in this process, on one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Generic, TypeVar

from ..link.address import parse_address
from .boardtime import BoardTime
from .line import Line
from .lock import locked

T = TypeVar("T")


class _Shared(Generic[T]):
    """What `make` makes of a key is there from its first holder to its last."""

    def __init__(self, make: Callable[[str], AbstractContextManager[T]]) -> None:
        self._make = make
        self._held: dict[str, tuple[ExitStack, T, int]] = {}

    @contextmanager
    def held(self, key: str) -> Iterator[T]:
        if key not in self._held:
            stack = ExitStack()
            self._held[key] = stack, stack.enter_context(self._make(key)), 0
        stack, made, holders = self._held[key]
        self._held[key] = stack, made, holders + 1
        try:
            yield made
        finally:
            stack, made, holders = self._held.pop(key)
            if holders > 1:
                self._held[key] = stack, made, holders - 1
            else:
                stack.close()


@contextmanager
def _clock(_: str) -> Iterator[BoardTime]:
    time = BoardTime(asyncio.SelectorEventLoop())
    try:
        yield time
    finally:
        time.close()


@contextmanager
def _line(address: str) -> Iterator[Line]:
    with wall_time() as time, locked(port_of(address)):
        line = Line(time, address)
        try:
            yield line
        finally:
            line.release()


_clocks, _lines = _Shared(_clock), _Shared(_line)


def wall_time() -> AbstractContextManager[BoardTime]:
    """The clock of everything real."""
    return _clocks.held("")


def held_line(address: str) -> AbstractContextManager[Line]:
    """Until the end of the block. Raises MalleeError where another process has it, or the address is wrong."""
    return _lines.held(str(parse_address(address)))


def port_of(address: str) -> str:
    """What two processes must not have at the same time: a port, or a server's address."""
    return getattr(parse_address(address), "device", address)
