"""A Modbus TCP master that nobody knows: it connects to one controller and writes one point again and again.

It speaks for itself, byte by byte: it is no host, holds no lease, and takes no notice of refusals beyond counting them.
"""

from __future__ import annotations

import struct

from ...device.writing import PlannedWrite
from ..network import HostSide
from ..world import World


class Stranger:
    """Writes at once, then every `every_s` until `leave`. `refusals` counts exceptions, `answers` the rest."""

    def __init__(self, world: World, address: tuple[str, int], unit: int, write: PlannedWrite, every_s: float) -> None:
        self.answers = 0
        self.refusals = 0
        self._world = world
        self._address = address
        pdu = write.pdu()
        self._message = struct.pack(">B", unit) + bytes([pdu.function_code]) + pdu.encode()
        self._every_us = round(every_s * 1e6)
        self._transaction = 0
        self._connection: HostSide | None = None
        self._connected = False
        self._left = False
        self._write()

    def leave(self) -> None:
        self._left = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self) -> None:
        if self._left:
            return
        if self._connection is None:
            self._connection = self._world.network.connect(*self._address, self)
        elif self._connected:
            self._transaction = (self._transaction + 1) & 0xFFFF
            head = struct.pack(">HHH", self._transaction, 0, len(self._message))
            self._connection.send(head + self._message)
        self._world.queue.at(self._world.now_us + self._every_us, self._write)

    # What the network tells.

    def on_connected(self) -> None:
        self._connected = True

    def on_data(self, data: bytes) -> None:
        if len(data) > 7 and data[7] & 0x80:
            self.refusals += 1
        else:
            self.answers += 1

    def _gone(self) -> None:
        self._connection = None
        self._connected = False

    on_refused = _gone
    on_timeout = _gone
    on_reset = _gone
    on_fin = _gone
