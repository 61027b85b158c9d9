"""A real board: its line by an adapter or over TCP, its console by USB, its supply by commands. Its seconds are the wall's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .board import Board, Lacking
from .line import Line
from .power import CommandPower, Power
from .unit import Unit


class RealBoard(Board):
    """`console` is a port of pyserial's (/dev/ttyACM0, COM3, socket://HOST:PORT); `line` the one that it shares with others,
    without an address where it is not connected."""

    kind = "real"

    def __init__(self, console: str, line: Line, unit: int, power: tuple[str, str] | None) -> None:
        super().__init__(line.time, Unit(line, unit, console), None)
        self._console_port = console
        self._power = None if power is None else CommandPower(self.unit, self.start_s, *power)

    @property
    def bus_address(self) -> str:
        if not self.unit.address:
            raise Lacking("bus", "no --board-bus was given")
        return self.unit.address

    @property
    def console_port(self) -> str | None:
        return self._console_port

    @property
    def console(self) -> bytes | None:
        """pytest-embedded reads it."""
        return None

    @contextmanager
    def live(self) -> Iterator[None]:
        """Time passes anyhow; the line is let go, so that another program can open its port, until the test itself asks."""
        self.unit.line.release()
        yield

    @property
    def origin(self) -> Mapping[str, str]:
        return {}

    @property
    def power(self) -> Power:
        if self._power is None:
            raise Lacking("power", "neither --board-power-on nor --board-power-off was given")
        return self._power

    def close(self) -> None:
        self.unit.close()  # its time is everybody's

    def __str__(self) -> str:
        return f"the board at {self._console_port}"
