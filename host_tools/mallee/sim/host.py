"""A host's place in the world: what it sends and receives, in process or at the far end of a pipe.

A host event is (kind, connection, payload); the host chooses the numbers of its connections.
"""

from __future__ import annotations

from typing import Any

from .ends import HostSide
from .network import Network

CONNECT, DATA, FIN, RESET, PAUSE, RESUME = 1, 2, 3, 4, 5, 6
"""From the host. CONNECT carries (host, port); FIN closes what it sends, RESET drops the connection."""
CONNECTED, REFUSED, TIMED_OUT, CLOSE = 7, 8, 9, 10
"""CONNECTED, REFUSED and TIMED_OUT go to the host, as do DATA, FIN and RESET; CLOSE comes from it: FIN, and deaf from now on."""

HostEvent = tuple[int, int, Any]


class _End:
    """Client end of one connection of a host."""

    def __init__(self, endpoint: HostEndpoint, number: int) -> None:
        self._endpoint = endpoint
        self._number = number

    def on_connected(self) -> None:
        self._endpoint.inbox.append((CONNECTED, self._number, b""))

    def on_refused(self) -> None:
        self._endpoint.inbox.append((REFUSED, self._number, b""))
        self._endpoint.connections.pop(self._number, None)

    def on_timeout(self) -> None:
        self._endpoint.inbox.append((TIMED_OUT, self._number, b""))
        self._endpoint.connections.pop(self._number, None)

    def on_data(self, data: bytes) -> None:
        self._endpoint.inbox.append((DATA, self._number, data))

    def on_fin(self) -> None:
        self._endpoint.inbox.append((FIN, self._number, b""))

    def on_reset(self) -> None:
        self._endpoint.inbox.append((RESET, self._number, b""))
        self._endpoint.connections.pop(self._number, None)


class HostEndpoint:
    """Connections of one host, and the events that wait for it."""

    def __init__(self, network: Network) -> None:
        self.inbox: list[HostEvent] = []
        self.connections: dict[int, HostSide] = {}
        self._network = network

    def apply(self, events: list[HostEvent]) -> None:
        """Carry out what the host did, at the present virtual time."""
        for kind, number, payload in events:
            if kind == CONNECT:
                connection = self._network.connect(payload[0], payload[1], _End(self, number))
                if connection is not None:
                    self.connections[number] = connection
                continue
            connection = self.connections.get(number)
            if connection is None:
                continue
            if kind == DATA:
                connection.send(payload)
            elif kind == FIN:
                connection.end_writing()
            elif kind == CLOSE:
                connection.close()
                del self.connections[number]
            elif kind == RESET:
                connection.abort()
                del self.connections[number]
            elif kind == PAUSE:
                connection.pause_reading()
            elif kind == RESUME:
                connection.resume_reading()

    def take(self) -> list[HostEvent]:
        events, self.inbox = self.inbox, []
        return events

    def close(self) -> None:
        """The host ended: the operating system closes its connections."""
        for connection in self.connections.values():
            connection.close()
        self.connections.clear()
        self.inbox.clear()
