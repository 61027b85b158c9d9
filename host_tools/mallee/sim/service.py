"""Servers of the virtual network that are no controllers: what a connection's bytes mean is theirs to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .ends import ClientEnd
    from .network import Network


class Conversation(Protocol):
    """The server's side of one connection."""

    def received(self, data: bytes) -> bytes:
        """What is answered at once."""
        ...

    @property
    def over(self) -> bool:
        """Nothing more is answered: the connection is closed."""
        ...


class ServiceConnection:
    """One connection to a service, as a host sees it (HostSide). Each way takes the network's latency."""

    def __init__(self, network: Network, name: str, client: ClientEnd, conversation: Conversation) -> None:
        self._network, self._name, self._conversation = network, name, conversation
        self._client: ClientEnd | None = client
        self._paused = False
        self._held: list[bytes | None] = []
        network.later(lambda: network.later(self._connected))

    def send(self, data: bytes) -> None:
        self._network.later(lambda: self._arrived(data))

    def close(self) -> None:
        self._client = None

    abort = close

    def end_writing(self) -> None:
        self._network.later(lambda: self._network.later(lambda: self._give(None)))

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        held, self._held = self._held, []
        for data in held:
            self._give(data)

    def _connected(self) -> None:
        if self._client is not None:
            self._client.on_connected()

    def _arrived(self, data: bytes) -> None:
        if self._client is None:
            return
        self._network.record("to", self._name, data)
        answer = self._conversation.received(data)
        if answer:
            self._network.record("from", self._name, answer)
            self._network.later(lambda: self._give(answer))
        if self._conversation.over:
            self._network.later(lambda: self._give(None))

    def _give(self, data: bytes | None) -> None:
        if self._paused:
            self._held.append(data)
        elif self._client is not None:
            if data is None:
                self._client.on_fin()
            else:
                self._client.on_data(data)


class Service:
    """`converse` begins a connection."""

    def __init__(self, name: str, converse: Callable[[], Conversation]) -> None:
        self.name = name
        self.converse = converse
