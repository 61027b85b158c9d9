"""Serve the page until it is told to stop: the pod is followed, the port is listened to, and both end together."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn

from ..errors import ExitCode, MalleeError
from ..paths import pod_state_dir
from ..pod.config import PodConfig
from ..pod.following import Seen, follow
from ..pod.hostfolder import host_folder
from ..pod.runner import wait_until
from .app import make_app
from .deadlines import Deadlines
from .live import Live
from .page import Page

PORT = 8034
_AGAIN_S = 5.0
"""Until a pod that could not be followed is tried again."""
_PATIENCE_S = 3
"""For requests that are under way when the server ends."""
Source = Callable[[asyncio.Event], AsyncIterator[Seen]]


def listen(host: str, port: int) -> socket.socket:
    """A socket there; port 0: any that is free. Raises MalleeError."""
    if not 0 <= port <= 65535:  # getaddrinfo would take some bits of it
        raise MalleeError(
            f"--port {port} is no port", "a typing error", "name --port 0 to 65535; 0 is any that is free"
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(address)
            found.listen(128)
        except OSError:
            found.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise MalleeError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}",
            "another `mallee serve`, or another program, has this port"
            if taken
            else "it is no address of this computer, or ports below 1024 are not for this user",
            "end the other one, or name another port: --port 8035" if taken else "name another --host or --port",
            ExitCode.USAGE,
        ) from error
    found.setblocking(False)
    return found


def url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def of_pod(page: Page) -> Source:
    """The pod's documents, from the host that runs here, or read by this process."""
    return lambda stop: follow(page.config, host_folder(page.config), stop, page.lent)


async def serve(page: Page, source: Source, listener: socket.socket, stop: asyncio.Event) -> None:
    """Until `stop` is set. The listener is closed then."""
    config = uvicorn.Config(
        make_app(page),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        http=cast(Any, partial(Deadlines, page.live.counters)),
        ws="none",
        timeout_graceful_shutdown=_PATIENCE_S,
    )
    server = _Server(config)
    try:
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(_follow(page.live, source, stop))
            serving = tasks.create_task(server.serve([listener]))
            ended = tasks.create_task(stop.wait())
            await asyncio.wait((ended, serving), return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            page.live.close()
            server.should_exit = True
            await serving
            following.cancel()
    finally:
        listener.close()


async def _follow(live: Live, source: Source, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        await live.run(source(stop))
        await wait_until(stop, loop.time() + _AGAIN_S)


class _Server(uvicorn.Server):
    """Signals belong to the command."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def data_folder(config: PodConfig) -> Path:
    """Where the journal of actions is: with the files of the pod's real host, whoever runs it now."""
    return pod_state_dir(config.pod.name, config.pod.host_id)
