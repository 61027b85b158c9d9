"""The same as mallee.api for programs that know no asyncio: each call waits for its answer.

The links live in a thread of their own, so that they are served while the program does something else. Calls may come from any
thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from . import api
from .device.alarms import AlarmReading
from .device.device import Device
from .device.dictionary import Dictionary
from .pod.config import PodConfig
from .reading import Reading, Scalar, Snapshot

T = TypeVar("T")


def open_pod(pod: str | Path | PodConfig | None = None, *, timeout_s: float | None = None) -> SyncPod:
    """`with mallee.sync.open_pod("pod.toml") as pod`. Arguments and errors as mallee.open_pod has them."""
    return SyncPod(api.open_pod(pod, timeout_s=timeout_s))


class _Thread:
    """A running event loop; `wait` runs a coroutine in it to its end."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mallee", daemon=True)
        self._thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # of Ctrl-C: nobody waits for it any more
            raise

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class SyncPod:
    """Devices of a pod file, by name. Links are closed at the end of the `with` block."""

    def __init__(self, pod: api.Pod) -> None:
        self._pod = pod
        self._thread = _Thread()
        self._open = True

    @property
    def names(self) -> tuple[str, ...]:
        return self._pod.names

    def device(self, name: str) -> SyncDevice:
        """As `Pod.device`."""
        return SyncDevice(self._thread.wait(self._pod.device(name)), self._thread)

    def subscribe(self, name: str, *points: str, interval_s: float = 1.0) -> Generator[Snapshot, None, None]:
        """As `Pod.subscribe`: `for snapshot in pod.subscribe("skid-1", "flow")`."""
        snapshots = self._pod.subscribe(name, *points, interval_s=interval_s)

        async def following() -> Snapshot | None:
            return await anext(snapshots, None)

        try:
            while (snapshot := self._thread.wait(following())) is not None:
                yield snapshot
        finally:
            if self._open:
                self._thread.wait(snapshots.aclose())

    def close(self) -> None:
        """Close every connection. Safe to call twice."""
        if self._open:
            self._open = False
            self._thread.wait(self._pod.close())
            self._thread.end()

    def __enter__(self) -> SyncPod:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SyncDevice:
    """One device; its methods are those of `Device`, and raise what those raise."""

    def __init__(self, device: Device, thread: _Thread) -> None:
        self._device = device
        self._thread = thread

    @property
    def name(self) -> str:
        return self._device.name

    @property
    def dictionary(self) -> Dictionary:
        """Its points: names, units, limits, meanings."""
        return self._device.dictionary

    def read(self, name: str) -> Reading:
        return self._thread.wait(self._device.read(name))

    def read_many(self, names: Iterable[str]) -> Snapshot:
        return self._thread.wait(self._device.read_many(names))

    def read_fast(self) -> Snapshot:
        return self._thread.wait(self._device.read_fast())

    def read_all(self) -> Snapshot:
        return self._thread.wait(self._device.read_all())

    def read_alarms(self) -> list[AlarmReading]:
        return self._thread.wait(self._device.read_alarms())

    def write(self, values: Mapping[str, Scalar]) -> Snapshot:
        return self._thread.wait(self._device.write(values))
