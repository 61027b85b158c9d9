"""The host's end of a serial line of the world, as a PTY: what third-party masters open while the world runs paced."""

from __future__ import annotations

import selectors
from pathlib import Path
from typing import TYPE_CHECKING

from .line.ptys import PtyEnd
from .serialbus import SerialBus

if TYPE_CHECKING:
    from .world import World


class PtyGateway:
    """`name` is the PTY to open. Closes with the world."""

    def __init__(self, world: World, bus: SerialBus, link: Path | None = None) -> None:
        self._end = PtyEnd(link)
        self.name = self._end.name
        self.unheard = 0
        """Bytes on the line while no program had the port open: it must not find them when it opens it."""
        self._port = bus.host_end(self)
        world.io.register(self._end, selectors.EVENT_READ, self._readable)
        world.at_close(lambda: self._close(world))

    def _readable(self, events: int) -> None:
        data = self._end.read()
        if data:
            self._port.send(data)

    def _close(self, world: World) -> None:
        world.io.unregister(self._end)
        self._port.close()
        self._end.close()

    # What the line says; the rest of a client's end is for connections.

    def on_data(self, data: bytes) -> None:
        if self._end.in_use():
            self._end.write(data)
        else:
            self.unheard += len(data)

    def on_connected(self) -> None: ...
    def on_refused(self) -> None: ...
    def on_timeout(self) -> None: ...
    def on_fin(self) -> None: ...
    def on_reset(self) -> None: ...
