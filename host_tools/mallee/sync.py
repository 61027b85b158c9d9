"""The same as mallee.api for programs that know no asyncio: each call waits for its answer.

The links live in a thread of their own, so that they are served while the program does something else. Calls may come from any
thread, and `close` too: whoever waits in another thread then is let go.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from . import api
from .device.alarms import AlarmReading
from .device.device import Device
from .device.dictionary import Dictionary
from .link.failures import Closed
from .pod.config import PodConfig
from .reading import Reading, Scalar, Snapshot

T = TypeVar("T")


def open_pod(pod: str | Path | PodConfig | None = None, *, timeout_s: float | None = None) -> SyncPod:
    """`with mallee.sync.open_pod("pod.toml") as pod`. Arguments and errors as mallee.open_pod has them."""
    return SyncPod(api.open_pod(pod, timeout_s=timeout_s))


class _Thread:
    """A running event loop; `wait` runs a coroutine in it to its end, or raises Closed when `end` comes first."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mallee", daemon=True)
        self._thread.start()
        self._ended = False
        self._handing_over = threading.Lock()
        """What is handed to the loop is handed over before its end, or not at all: nobody would ever answer."""

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        with self._handing_over:
            if self._ended:
                work.close()
                raise Closed
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise Closed from None
        except BaseException:
            future.cancel()  # of Ctrl-C: nobody waits for it any more
            raise

    def end(self, last: Coroutine[Any, Any, None]) -> None:
        """Run `last`, let go whoever waits still, and stop. The second time nothing happens."""
        with self._handing_over:
            if self._ended:
                last.close()
                return
            self._ended = True
            future = asyncio.run_coroutine_threadsafe(_finish(last), self._loop)
        try:
            future.result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


async def _finish(last: Coroutine[Any, Any, None]) -> None:
    try:
        await last
    finally:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_asyncgens()


class SyncPod:
    """Devices of a pod file, by name. Links are closed at the end of the `with` block."""

    def __init__(self, pod: api.Pod) -> None:
        self._pod = pod
        self._thread = _Thread()

    @property
    def names(self) -> tuple[str, ...]:
        return self._pod.names

    def device(self, name: str) -> SyncDevice:
        """As `Pod.device`."""
        return SyncDevice(self._thread.wait(self._pod.device(name)), self._thread)

    def subscribe(self, name: str, *points: str, interval_s: float = 1.0) -> Generator[Snapshot, None, None]:
        """As `Pod.subscribe`: `for snapshot in pod.subscribe("skid-1", "flow")`. `close` in another thread ends it."""
        snapshots = self._pod.subscribe(name, *points, interval_s=interval_s)

        async def following() -> Snapshot | None:
            return await anext(snapshots, None)

        snapshot = self._thread.wait(following())
        try:
            while snapshot is not None:
                yield snapshot
                try:
                    snapshot = self._thread.wait(following())
                except Closed:
                    return  # it ends with the pod, as those of `Pod` do
        finally:
            with suppress(Closed):
                self._thread.wait(snapshots.aclose())

    def close(self) -> None:
        """As `Pod.close`. Who waits in another thread for a snapshot comes to the end of the loop, who waits for anything else
        gets Closed. Safe to call twice."""
        self._thread.end(self._pod.close())

    def __enter__(self) -> SyncPod:
        self._pod.require_open()
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
