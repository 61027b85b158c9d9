"""Masters that nobody knows: on the network, or on a serial line beside the host's.

They speak for themselves, byte by byte: they are no hosts, hold no lease, and take no notice of refusals beyond counting them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from ...device.writing import PlannedWrite
from ...link.reception import Reception
from ...link.rtu_frames import encode as frame
from ...link.statistics import LinkStatistics
from ..ends import HostSide
from ..world import World


class Stranger:
    """Connects to one controller and writes at once, then every `every_s` until `leave`. `refusals` counts exceptions,
    `answers` the rest."""

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


class RtuStranger:
    """Its adapter hangs on the line `port`: it sends one of `requests` (unit and PDU) in turn, every `every_s` until `leave`,
    whoever else is sending. It gives up on an answer that is not there by then."""

    def __init__(self, world: World, port: str, requests: Sequence[tuple[int, bytes]], every_s: float) -> None:
        self.answers = 0
        self.refusals = 0
        self.sent = 0
        self._world = world
        self._requests = requests
        self._every_us = round(every_s * 1e6)
        self._reception: Reception | None = None
        self._left = False
        self._port = world.network.connect(port, 0, self)
        self._send()

    def leave(self) -> None:
        self._left = True
        if self._port is not None:
            self._port.close()

    def _send(self) -> None:
        if self._left or self._port is None:
            return
        unit, pdu = self._requests[self.sent % len(self._requests)]
        self.sent += 1
        self._reception = Reception(unit, pdu, echo=False, statistics=LinkStatistics(), late=lambda _: None)
        self._port.send(frame(unit, pdu))
        self._world.queue.at(self._world.now_us + self._every_us, self._send)

    def on_data(self, data: bytes) -> None:
        answer = None if self._reception is None else self._reception.feed(data)
        if answer is not None:
            self._reception = None
            self.refusals += answer[0] >> 7
            self.answers += not answer[0] >> 7

    # A line has no connections.

    def on_connected(self) -> None: ...
    def on_refused(self) -> None: ...
    def on_timeout(self) -> None: ...
    def on_fin(self) -> None: ...
    def on_reset(self) -> None: ...
