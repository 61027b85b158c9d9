"""The time of an emulated board over all of its power-ons, and what is said on its line and its console meanwhile."""

from __future__ import annotations

from .emulated.bus import Bus
from .emulated.pico import Pico

_SLICE_us = 20_000


class EmulatedClock:
    """Without supply time passes, and nothing else happens."""

    def __init__(self) -> None:
        self.printed = bytearray()
        """Everything that came from its console."""
        self.line_cut = False
        """Nobody on the line hears anybody."""
        self._before_us = 0.0
        self._pico: Pico | None = None
        self._bus: Bus | None = None
        self._heard = bytearray()

    @property
    def now_s(self) -> float:
        return (self._before_us + (self._pico.now_us if self._pico is not None else 0.0)) / 1e6

    def power(self, pico: Pico | None, bus: Bus | None = None) -> None:
        """Another power-on, or none; time goes on where it was."""
        self._before_us = self.now_s * 1e6 - (pico.now_us if pico is not None else 0.0)
        self._pico, self._bus = pico, bus

    def say(self, data: bytes) -> None:
        """On the line, from the master's end; to a board without supply it is lost."""
        if self._bus is not None and not self.line_cut:
            self._bus.send(data)

    def run(self, seconds: float) -> bytes:
        """Let so much time pass, or less when the board says something on its line: what it said."""
        pico, bus = self._pico, self._bus
        if pico is None or bus is None:
            self._before_us += seconds * 1e6
            return b""
        end_us = pico.now_us + seconds * 1e6
        bus.heard = self._hears
        while not self._heard and end_us - pico.now_us > 0.5:
            pico.run(min(_SLICE_us, end_us - pico.now_us))
            self.printed += pico.received
            pico.received.clear()
        bus.heard = lambda byte: None
        heard = bytes(self._heard)
        self._heard.clear()
        return heard

    def _hears(self, byte: int) -> None:
        if self.line_cut:
            return
        self._heard.append(byte)
        assert self._pico is not None
        self._pico.stop()
