"""Lines of real boards and pods: locked against other processes, one for all that hang on it in this process, on one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Generic, TypeVar

from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress, TcpAddress, parse_address
from .boardtime import BoardTime
from .line import Line
from .lock import locked, real_name

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
def _line(port: str) -> Iterator[Line]:
    """Its first holder says how it is opened."""
    with wall_time() as time, locked(port):
        line = Line(time, "")
        try:
            yield line
        finally:
            line.release()


_clocks, _lines = _Shared(_clock), _Shared(_line)


def wall_time() -> AbstractContextManager[BoardTime]:
    """The clock of everything real."""
    return _clocks.held("")


@contextmanager
def held_line(address: str) -> Iterator[Line]:
    """Until the end of the block. Raises MalleeError where another process has it, the address is wrong, or the line is held with
    other settings."""
    parsed = parse_address(address)
    with _lines.held(port_of(address)) as line:
        if not line.address:
            line.address = str(parsed)
        elif _settings(parse_address(line.address)) != _settings(parsed):
            raise MalleeError(
                f"{line.address} and {address} are the same line, with different settings",
                "--board-bus and the pod file, or two parts of one of them, do not agree",
                "give it the same baud, framing and pauses everywhere",
                ExitCode.USAGE,
            )
        yield line


def _settings(address: SerialAddress | TcpAddress) -> SerialAddress | TcpAddress:
    """All but the name of its port."""
    return replace(address, device="") if isinstance(address, SerialAddress) else address


def port_of(address: str) -> str:
    """What two processes must not have at the same time: a port, by its real name, or a server's address."""
    parsed = parse_address(address)
    return real_name(parsed.device) if isinstance(parsed, SerialAddress) else str(parsed)
