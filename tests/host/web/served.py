"""The page on a port: a pod of peers, the host that controls it, and the server, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mallee.pod.document import PodDocument
from mallee.pod.following import Seen, follow
from mallee.pod.runner import run_pod
from mallee.web.page import Page
from mallee.web.roles import Role
from mallee.web.serving import Source, listen, serve, url

from ..peers_in_thread import in_thread
from ..pod_of_peers import PodOfPeers, pod_of_peers
from .pages import make_page

OVER_TEMPERATURE = 21


@dataclass
class Served:
    url: str
    page: Page
    tokens: dict[Role, str]
    loop: asyncio.AbstractEventLoop
    stop_serving: asyncio.Event
    pod: PodOfPeers | None = None
    problems: list[str] = field(default_factory=list)

    def call(self, function: Callable[[], object]) -> None:
        """Run something in the server's loop and wait for it."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        self.loop.call_soon_threadsafe(run)
        assert done.wait(10)


def alarm(pod: PodOfPeers, active: bool) -> None:
    pod.skid.image["discrete"][OVER_TEMPERATURE] = active
    pod.skid.set("alarm_count", int(active))
    pod.skid.set("first_out", OVER_TEMPERATURE if active else 0xFFFF)


@contextmanager
def served_pod(folder: Path, **options: bool) -> Iterator[Served]:
    """A host scans five times a second, and its skid has an alarm. `options` of the page."""
    started: list[Served] = []

    async def run(ready: Callable[[], None], finish: asyncio.Event) -> None:
        async with pod_of_peers(scan_s=0.2) as pod:
            alarm(pod, True)
            page, tokens = make_page(folder, pod.config, **options)
            listener, stop = listen("127.0.0.1", 0), asyncio.Event()
            started.append(Served(url(listener), page, tokens, asyncio.get_running_loop(), stop, pod))

            def published(document: PodDocument) -> None:
                pod.tick()
                if document.alarms and page.live.seen is not None:
                    ready()

            def source(stop: asyncio.Event):
                return follow(pod.config, folder, stop)

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(run_pod(pod.config, publish=published, stop=finish, state_dir=folder))
                tasks.create_task(serve(page, source, listener, stop))
                await finish.wait()
                stop.set()

    with in_thread(run):
        yield started[0]


@contextmanager
def served_documents(folder: Path, *seen: Seen, source: Source | None = None) -> Iterator[Served]:
    """These and no more: nobody stands behind them."""
    started: list[Served] = []

    async def run(ready: Callable[[], None], finish: asyncio.Event) -> None:
        page, tokens = make_page(folder)
        listener = listen("127.0.0.1", 0)

        async def told(stop: asyncio.Event):
            for each in seen:
                yield each
            await stop.wait()

        started.append(Served(url(listener), page, tokens, asyncio.get_running_loop(), finish))
        ready()
        await serve(page, source or told, listener, finish)

    with in_thread(run):
        yield started[0]
