"""A pod for programs: its devices by name, read, written and subscribed to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from . import settings
from .device.device import Device
from .device.selecting import fast_points, select
from .errors import MalleeError
from .link.failures import Closed
from .pod.config import PodConfig
from .pod.fleet import Fleet
from .poll.watching import WatchSummary, watch
from .reading import Snapshot


def open_pod(pod: str | Path | PodConfig | None = None, *, timeout_s: float | None = None) -> Pod:
    """The pod of a pod file: `async with open_pod("pod.toml") as pod`.

    `pod` is the path of a pod file, or a configuration at hand; None: as for commands, MALLEE_CONFIG or the nearest pod.toml.
    `timeout_s` is how long one request may take (1 s). Nothing is sent, and no port opened, until a device is asked for. Raises
    MalleeError, which says what is wrong in the file, and where.
    """
    found = settings.resolve({"config": None if isinstance(pod, PodConfig) else pod, "timeout_s": timeout_s})
    return Pod(pod if isinstance(pod, PodConfig) else settings.load(found), timeout_s=found.timeout_s)


class Pod:
    """Devices of a pod file. Each line or connection is opened once, and closed at the end of the `async with` block."""

    def __init__(self, config: PodConfig, *, timeout_s: float = 1.0) -> None:
        self.config = config
        self._fleet = Fleet(config, timeout_s=timeout_s)
        self._devices: dict[str, Device] = {}
        self._connecting: dict[str, asyncio.Lock] = {}
        self._subscriptions: dict[asyncio.Event, AsyncGenerator[Snapshot, None]] = {}
        self._closed = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the devices: skids, PDUs, then devices of others."""
        return tuple(member.name for member in self.config.members)

    async def device(self, name: str) -> Device:
        """The device of that name, connected to once, however many ask. An address works too: `tcp://HOST:PORT#UNIT`.

        Raises MalleeError: exit code 2 for a name that there is not, 3 where nobody answers, or another device than the map says.
        """
        async with self._connecting.setdefault(name, asyncio.Lock()):
            self.require_open()
            if name not in self._devices:
                self._devices[name] = await self._fleet.device(name)
        self.require_open()
        return self._devices[name]

    async def subscribe(self, name: str, *points: str, interval_s: float = 1.0) -> AsyncGenerator[Snapshot, None]:
        """A snapshot each `interval_s` seconds, without end: `async for snapshot in pod.subscribe("skid-1", "flow")`.

        `points` are names or patterns; none: the fast block. A poll that fails is no error: its points are those of the last
        one, with their age and soon with quality `stale`, and `snapshot.failures` says why. Who is slower than the interval gets
        the newest. It ends when the pod is closed. Raises MalleeError as `device` does, and for a point that there is not.
        """
        device = await self.device(name)
        chosen = select(device.dictionary, points) if points else fast_points(device.dictionary)
        if not interval_s > 0:
            raise MalleeError(
                f"interval_s = {interval_s} cannot be kept", "a typing error", "write seconds, such as 1.0"
            )
        stop = asyncio.Event()
        watched = watch(device, [point.name for point in chosen], interval_s, WatchSummary(), stop)
        self._subscriptions[stop] = watched
        try:
            async for snapshot in watched:
                yield snapshot
        finally:
            stop.set()
            self._subscriptions.pop(stop, None)
            await _end(watched)

    async def close(self) -> None:
        """End subscriptions and close every connection, for good: what is asked of the pod or its devices afterwards, and what
        was on its way, raises Closed. Safe to call twice."""
        self._closed = True
        for stop, watched in list(self._subscriptions.items()):
            stop.set()
            await _end(watched)
        await self._fleet.close()

    def require_open(self) -> None:
        """Raises Closed after `close`."""
        if self._closed:
            raise Closed

    async def __aenter__(self) -> Pod:
        self.require_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _end(watched: AsyncGenerator[Snapshot, None]) -> None:
    with suppress(RuntimeError):  # somebody waits in it and hears of the end, or is ending it already
        await watched.aclose()
