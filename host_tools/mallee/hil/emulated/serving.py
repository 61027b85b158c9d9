"""An emulated controller that real masters can talk to: its RS-485 line and its console are two PTYs, and it runs as fast as the
emulator does, some twenty times slower than real time. One thread owns all of it: whoever calls turn() or run()."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from ...sim.line.ptys import PtyEnd
from .controller import EmulatedController

_SLICE_us = 2000


class Served:
    """A controller between two PTYs. `bus_end.name` and `console_end.name` are the ports to open.

    The board's time passes slower than a master's, so the gaps between the characters of an answer would be longer than some
    masters allow: an answer is handed over whole, when the board lets go of the line.
    """

    def __init__(
        self, controller: EmulatedController, *, bus_link: Path | None = None, console_link: Path | None = None
    ) -> None:
        self.printed: Callable[[bytes], None] = lambda data: None
        """Called with what came from the console."""
        self.controller = controller
        self.pico, self.bus = controller.pico, controller.bus
        self._answer = bytearray()
        self._wall_s = 0.0
        self._from_us = self.pico.now_us
        self.bus_end = PtyEnd(bus_link)
        try:
            self.console_end = PtyEnd(console_link)
        except BaseException:
            self.bus_end.close()
            raise

    @property
    def slower(self) -> float | None:
        """How many seconds one second of the board's takes here; None before it ran."""
        passed_s = (self.pico.now_us - self._from_us) / 1e6
        return self._wall_s / passed_s if passed_s else None

    def turn(self) -> None:
        """Let the board run for 2 ms of its own time, and move bytes between it and the PTYs."""
        began = monotonic()
        asked = self.bus_end.read()
        if asked:
            self.bus.send(asked)
        typed = self.console_end.read()
        if typed:
            self.pico.send(typed)
        self.bus.heard = self._answer.append  # what is said between turns answers somebody else
        self.pico.run(_SLICE_us)
        self.bus.heard = lambda byte: None
        if self._answer and not self.bus.driven:
            self.bus_end.write(bytes(self._answer))
            self._answer.clear()
        if self.pico.received:
            self.console_end.write(bytes(self.pico.received))
            self.printed(bytes(self.pico.received))
            self.pico.received.clear()
        self._wall_s += monotonic() - began

    def run(self, finished: Callable[[], bool]) -> None:
        """Turn until `finished`."""
        while not finished():
            self.turn()

    def close(self) -> None:
        """Safe to call twice."""
        self.bus_end.close()
        self.console_end.close()
