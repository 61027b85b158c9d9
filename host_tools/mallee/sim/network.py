"""The virtual TCP network: connections from hosts and gateways to controllers, with latency, windows, refusals and resets."""

from __future__ import annotations

import struct
from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import exchange
from .ends import ClientEnd, HostSide
from .eventlog import EventLog
from .events import EventQueue
from .exchange import BoardEvent
from .networkfaults import RETRANSMIT_US, NetworkFaults, Trouble
from .service import Service, ServiceConnection

if TYPE_CHECKING:
    from .liar import Liar
    from .serialbus import SerialBus

_SYN_RETRY_US = 1_000_000  # RFC 6298: the first retransmission comes after a second, then twice that, …
_SYN_RETRIES = 3
TO_SERVER, TO_CLIENT = 0, 1


def numeric(host: str) -> str:
    """An address as this network knows it, which has no names."""
    return "127.0.0.1" if host in ("localhost", "::1") else host


class Server:
    """A controller's side of the network: what it listens on, and the events that wait for its next grant."""

    def __init__(self, name: str, host: str, port: int) -> None:
        self.name = name
        self.address = (host, port)
        self.up = False
        self.listening: dict[int, int] = {}
        self.waiting: dict[int, int] = {}
        self.connections: dict[int, Connection] = {}
        self.inbox: deque[BoardEvent] = deque()
        self.on_serial: Callable[[BoardEvent, int], None] | None = None
        """Hears what the controller's UARTs do, and when; its line, where it has one."""
        self.on_down: Callable[[], None] | None = None
        """Hears when the controller dies: its line, where it has one."""
        self.trouble: Trouble | None = None
        """What is wrong with the way to this controller."""
        self.liar: Liar | None = None
        """Changes what the controller answers."""
        self.heard_us: int | None = None
        """When a client last got data of it."""

    def take_events(self) -> bytes:
        """Events for the next grant, as many as it holds."""
        if not self.inbox:
            return b""
        parts: list[bytes] = []
        size = 0
        while self.inbox:
            part = exchange.event_bytes(self.inbox[0])
            if size + len(part) > exchange.GRANT_EVENT_BYTES:
                break
            size += len(part)
            parts.append(part)
            self.inbox.popleft()
        return b"".join(parts)


class Connection:
    """One TCP connection. The client's calls take effect at the controller one latency later, and the other way round."""

    def __init__(self, network: Network, identity: int, server: Server, port: int, client: ClientEnd) -> None:
        self.identity = identity
        self.server = server
        self.port = port
        self.client: ClientEnd | None = client
        self.established = False
        self._network = network
        self._pending: deque[bytes | None] = deque()  # to the controller, beyond its window; None is FIN
        self._room = exchange.WINDOW
        self._held: deque[bytes | None] = deque()  # to the client, while it does not read
        self._paused = False
        self._server_closed = False
        self._due_us = [0, 0]  # to the controller, to the client: nothing overtakes
        self._severed = False

    # Called by the client.

    def send(self, data: bytes) -> None:
        self._carry(TO_SERVER, data)

    def close(self) -> None:
        """FIN, after everything that was sent. The client hears nothing more."""
        self.client = None
        self._carry(TO_SERVER, None)

    def end_writing(self) -> None:
        """FIN, but go on reading."""
        self._carry(TO_SERVER, None)

    def abort(self) -> None:
        self.client = None
        trouble = self.server.trouble
        if not self._severed and (trouble is None or not trouble.faults.cut):
            self._network.later(self._abort)

    # On the way.

    def _carry(self, way: int, data: bytes | None, since_us: int | None = None) -> None:
        """Bring a segment, None for FIN, to the other end."""
        trouble = self.server.trouble
        if trouble is None:
            self._travel(way, data, 0, since_us)
        elif not self._severed:
            fate = trouble.fate()
            if fate is not None:
                self._severed = True
                if fate == "reset":
                    self._network.later(self.broken, since_us)
                return
            for piece in trouble.pieces(data):
                if trouble.faults.cut:
                    self._hold(trouble, way, piece)
                else:
                    self._travel(way, piece, trouble.late_us(), since_us)

    def _hold(self, trouble: Trouble, way: int, piece: bytes | None) -> None:
        trouble.held.append(lambda: self._travel(way, piece, RETRANSMIT_US))

    def _travel(self, way: int, data: bytes | None, late_us: int, since_us: int | None = None) -> None:
        if self._severed:
            return
        deliver = self._arrive if way == TO_SERVER else self._deliver
        due_us = self._due_us[way] = max(self._due_us[way], self._network.arrival_us(since_us) + late_us)
        self._network.at(due_us, lambda: deliver(data))

    def broken(self) -> None:
        """Reset from the middle: both ends hear of it."""
        self._abort()
        self._reset_client()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        while self._held and not self._paused:
            self._give(self._held.popleft())

    # Called by the network, at the controller's side.

    def _arrive(self, data: bytes | None) -> None:
        if self.identity in self.server.connections:
            self._pending.append(data)
            self.pump()

    def pump(self) -> None:
        """Hand pending bytes to the controller as far as its window allows."""
        while self._pending:
            data = self._pending[0]
            if data is None:
                self._pending.popleft()
                self._network.to_server(self.server, exchange.FIN, self.identity)
                if self._server_closed:
                    self._network.forget(self)
                continue
            count = min(len(data), self._room)
            if count == 0:
                return
            self._room -= count
            if self.server.liar is not None:
                self.server.liar.asked(self.identity, data[:count])
            if count == len(data):
                self._pending.popleft()
            else:
                self._pending[0] = data[count:]
            self._network.to_server(self.server, exchange.DATA, self.identity, data[:count])

    def _abort(self) -> None:
        if self.identity in self.server.connections:
            self._network.to_server(self.server, exchange.RESET_CONNECTION, self.identity)
            self._network.forget(self)

    def from_server(self, event: BoardEvent, time_us: int) -> None:
        """An event that the controller sent at `time_us`."""
        later = self._network.later
        if event.kind == exchange.DATA:
            liar = self.server.liar
            data = event.data if liar is None else liar.answered(self.identity, event.data)
            if data:
                self._carry(TO_CLIENT, data, time_us)
        elif event.kind == exchange.ROOM:
            self._room += int.from_bytes(event.data, "little")
            if self._pending:
                later(self.pump, time_us)
        elif event.kind == exchange.FIN:
            self._server_closed = True
            self._carry(TO_CLIENT, None, time_us)
        elif event.kind == exchange.RESET_CONNECTION:
            self._network.forget(self)
            later(self._reset_client, time_us)
        elif event.kind == exchange.ACCEPTED:
            self.server.waiting[self.port] = max(0, self.server.waiting.get(self.port, 0) - 1)

    def lost(self, time_us: int) -> None:
        """The controller died."""
        self._network.forget(self)
        self._network.later(self._reset_client, time_us)

    # At the client's side.

    def _deliver(self, data: bytes | None) -> None:
        if self._paused:
            self._held.append(data)
        else:
            self._give(data)

    def _give(self, data: bytes | None) -> None:
        client = self.client
        if data is None:
            self._network.log("fin", self)
            if client is None:
                self._network.forget(self)
            else:
                client.on_fin()
            return
        if self.identity in self.server.connections:
            # Rides on the next grant: room alone wakes nobody.
            room = struct.pack("<I", len(data))
            self.server.inbox.append(BoardEvent(exchange.ROOM, self.identity, room))
        if client is None:
            self._abort()  # data for a client that is gone is answered with a reset
            return
        self.server.heard_us = self._network.now_us
        self._network.log("from", self, data)
        client.on_data(data)

    def _reset_client(self) -> None:
        if self.client is not None:
            client, self.client = self.client, None
            self._network.log("reset", self)
            client.on_reset()


class Network:
    def __init__(self, queue: EventQueue, log: EventLog, now: Callable[[], int], latency_us: int = 1000) -> None:
        self.servers: dict[tuple[str, int], Server] = {}
        self.lines: dict[str, SerialBus] = {}
        """Serial lines by the name under which hosts open them."""
        self.services: dict[tuple[str, int], Service] = {}
        """Servers that are no controllers."""
        self.latency_us = latency_us
        self._queue = queue
        self._log = log
        self._now = now
        self._identity = 0
        self.refused = 0
        self.dropped_syn = 0
        self.faults: Counter[str] = Counter()
        """How often each fault of NetworkFaults happened."""

    @property
    def now_us(self) -> int:
        return self._now()

    def arrival_us(self, since_us: int | None = None) -> int:
        """When what is sent now, or was sent at `since_us`, is at the other end."""
        return (self._now() if since_us is None else since_us) + self.latency_us

    def at(self, time_us: int, action: Callable[[], None]) -> None:
        self._queue.at(time_us, action)

    def later(self, action: Callable[[], None], since_us: int | None = None) -> None:
        self._queue.at(self.arrival_us(since_us), action)

    def disturb(self, server: Server, faults: NetworkFaults | None, seed: str = "") -> None:
        """Put faults on the way to a controller in place of those that were, or None for none; a cut that ends lets go."""
        before = server.trouble
        server.trouble = None if faults is None else Trouble(faults, f"{seed}/{server.name}/network", self.faults)
        if before is not None:
            if server.trouble is not None and server.trouble.faults.cut:
                server.trouble.held = before.held
                return
            for release in before.held:
                release()

    def log(self, kind: str, connection: Connection, data: bytes = b"") -> None:
        self.record(kind, f"{connection.server.name}:{connection.identity}", data)

    def record(self, kind: str, subject: str, data: bytes) -> None:
        self._log.record(self._now(), kind, subject, data)

    def add_server(self, name: str, host: str, port: int | None) -> Server:
        """`port` None: it listens on no network, its line is to be attached."""
        server = Server(name, host, port or 0)
        if port is not None:
            self.servers[host, port] = server
        return server

    def connect(self, host: str, port: int, client: ClientEnd) -> HostSide | None:
        """Open a connection; the client hears of success or failure. None where no controller has this address."""
        line = self.lines.get(host)
        if line is not None:
            self._queue.at(self._now(), client.on_connected)
            return line.host_end(client)
        service = self.services.get((host, port))
        if service is not None:
            return ServiceConnection(self, service.name, client, service.converse())
        server = self.servers.get((host, port))
        if server is None:
            self.later(lambda: self.later(client.on_refused))
            return None
        self._identity = self._identity % 0xFFFF + 1
        while self._identity in server.connections:
            self._identity = self._identity % 0xFFFF + 1
        connection = Connection(self, self._identity, server, port, client)
        self.later(lambda: self._syn(connection, 0))
        return connection

    def _syn(self, connection: Connection, attempt: int) -> None:
        client = connection.client
        if client is None:
            return
        server, port = connection.server, connection.port
        if (not server.up or port not in server.listening) and not self._unheard(server):
            self.refused += 1
            self.log("refused", connection)
            self.later(client.on_refused)
        elif self._unheard(server) or server.waiting.get(port, 0) >= server.listening[port]:
            self.dropped_syn += 1
            if attempt == _SYN_RETRIES:
                self.later(client.on_timeout)
            else:
                self._queue.at(self._now() + (_SYN_RETRY_US << attempt), lambda: self._syn(connection, attempt + 1))
        else:
            server.waiting[port] = server.waiting.get(port, 0) + 1
            server.connections[connection.identity] = connection
            connection.established = True
            peer = 49152 + connection.identity % 16384
            self.to_server(server, exchange.OPEN, connection.identity, struct.pack("<HH", port, peer))
            self.later(lambda: self._accepted(connection))

    @staticmethod
    def _unheard(server: Server) -> bool:
        """Who connects gets no answer at all."""
        return server.trouble is not None and (server.trouble.faults.cut or server.trouble.faults.full)

    def _accepted(self, connection: Connection) -> None:
        if connection.client is not None and connection.identity in connection.server.connections:
            connection.client.on_connected()

    def to_server(self, server: Server, kind: int, identity: int, data: bytes = b"") -> None:
        self._log.record(self._now(), "to", f"{server.name}:{identity}:{kind}", data)
        server.inbox.append(BoardEvent(kind, identity, data))

    def from_server(self, server: Server, events: list[BoardEvent], time_us: int) -> None:
        """What a controller sent at its local time `time_us`."""
        for event in events:
            if event.kind == exchange.LISTEN:
                server.listening[event.connection] = int.from_bytes(event.data, "little")
            elif event.kind == exchange.UNLISTEN:
                server.listening.pop(event.connection, None)
            elif event.kind in (exchange.SERIAL, exchange.OPEN_SERIAL):
                if server.on_serial is not None:
                    server.on_serial(event, time_us)
            else:
                connection = server.connections.get(event.connection)
                if connection is not None:
                    connection.from_server(event, time_us)

    def server_down(self, server: Server, time_us: int) -> None:
        server.up = False
        if server.on_down is not None:
            server.on_down()
        server.listening.clear()
        server.waiting.clear()
        server.inbox.clear()
        for connection in list(server.connections.values()):
            connection.lost(time_us)
        server.connections.clear()

    def forget(self, connection: Connection) -> None:
        connection.server.connections.pop(connection.identity, None)
