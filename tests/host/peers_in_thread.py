"""The pod of peers in a thread of its own, so that commands can be run against it like a real pod."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomli_w
from mallee.device.dictionary import Dictionary
from mallee.pod.config import PodConfig

from .peer import Peer
from .pod_of_peers import PodOfPeers, pod_of_peers


class PeersInThread:
    def __init__(self, pod: PodOfPeers, loop: asyncio.AbstractEventLoop) -> None:
        self.pod = pod
        self._loop = loop

    def call(self, function: Callable[[], object]) -> None:
        """Run something in the peers' thread and wait for it."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(5)


@contextmanager
def peers_in_thread(scan_s: float = 0.2) -> Iterator[PeersInThread]:
    started: list[PeersInThread] = []

    async def serve(ready: Callable[[], None], finish: asyncio.Event) -> None:
        async with pod_of_peers(scan_s=scan_s) as pod:
            started.append(PeersInThread(pod, asyncio.get_running_loop()))
            ready()
            while not finish.is_set():
                pod.tick()
                try:
                    await asyncio.wait_for(finish.wait(), 0.05)
                except TimeoutError:
                    continue

    with in_thread(serve):
        yield started[0]


@contextmanager
def peer_in_thread(dictionary: Dictionary) -> Iterator[Peer]:
    """One controller with that dictionary. What it was asked is in its `requests`."""
    started: list[Peer] = []

    async def serve(ready: Callable[[], None], finish: asyncio.Event) -> None:
        async with Peer(dictionary) as peer:
            started.append(peer)
            ready()
            await finish.wait()

    with in_thread(serve):
        yield started[0]


@contextmanager
def in_thread(serve: Callable[[Callable[[], None], asyncio.Event], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Run `serve(ready, finish)` in a thread's own loop until the block ends."""
    ready, finish = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(ready.set, finish),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(finish.set)
        thread.join(10)
        loop.close()


def write_pod_file(config: PodConfig, path: Path) -> Path:
    """The pod file that would load as this configuration."""
    data = {
        "pod": {"name": config.pod.name, "host_id": config.pod.host_id},
        "control": {"scan_s": config.control.scan_s, "lease_s": config.control.lease_s},
        "feed": [{"name": feed.name, "main_A": feed.main_A} for feed in config.feeds],
        "skid": [{"name": skid.name, "address": skid.address} for skid in config.skids],
        "pdu": [
            {"name": p.name, "address": p.address, "feed": p.feed, "main_A": p.main_A, "racks": list(p.racks)}
            for p in config.pdus
        ],
        "rack": [{"name": r.name, "power_kW": r.power_kW, "liquid_kW": r.liquid_kW} for r in config.racks],
    }
    path.write_text(tomli_w.dumps(data), encoding="utf-8")
    return path
