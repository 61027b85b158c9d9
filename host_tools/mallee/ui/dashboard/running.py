"""Run the dashboard on this terminal until the person, a signal, a vanished terminal or the time ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, cast

from ...errors import MalleeError
from ...pod.alarms.store import AlarmStore
from ...pod.config import PodConfig
from ...pod.document import PodDocument
from ...pod.following import Seen, follow
from ..braille import Sample
from .app import Act, Dashboard
from .recent import everything

End = Literal["left", "interrupted", "vanished", "failed"]
Before = Callable[[Mapping[str, float]], Mapping[str, Sequence[Sample]]]
"""What was recorded of these quantities, by key, each value times its factor. Raises MalleeError. May take its time: it is called
in a thread."""


class Ended:
    """How it ended, and the last document; `documents` is how many there were."""

    def __init__(self) -> None:
        self.how: End = "left"
        self.documents = 0
        self.last: PodDocument | None = None
        self.heard = False
        """A controller answered in one of them."""


class _Warning(logging.Handler):
    """What the library says, from any thread."""

    def __init__(self, app: Dashboard, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(logging.WARNING)
        self._app, self._loop = app, loop

    def emit(self, record: logging.LogRecord) -> None:
        self._loop.call_soon_threadsafe(self._app.warn, record.getMessage())


async def run(config: PodConfig, folder: Path, act: Act, stop: asyncio.Event, before: Before | None = None) -> Ended:
    """Raises MalleeError where the pod cannot be followed; the terminal is as it was then too."""
    app, ended = Dashboard(act), Ended()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError, RuntimeError, AttributeError):  # Windows, or not in the main thread
        loop.add_signal_handler(signal.SIGINT, app.interrupt)
        loop.add_signal_handler(signal.SIGHUP, app.lost)
    following = asyncio.create_task(_follow(app, config, folder, stop, before, ended))
    said = logging.getLogger("mallee")
    before_it = list(said.handlers)
    said.handlers[:] = [_Warning(app, loop)]  # else it would be written across the screen
    try:
        await app.run_async(mouse=False)
    finally:
        said.handlers[:] = before_it
        stop.set()
        with suppress(asyncio.CancelledError):
            await following
    ended.how = "vanished" if app.vanished else "interrupted" if app.interrupted else "left"
    if app.return_code:
        ended.how = "failed"
    return ended


async def _follow(
    app: Dashboard, config: PodConfig, folder: Path, stop: asyncio.Event, before: Before | None, ended: Ended
) -> None:
    """Whatever ends it ends the dashboard."""
    try:
        documents = follow(config, folder, stop)
        try:
            async for seen in documents:
                if ended.last is None:
                    log, _ = await asyncio.to_thread(AlarmStore(folder).events)
                    app.recall(event for event in log if event.text and event not in seen.document.events)
                if before is not None and not ended.documents:
                    wanted = {quantity.key: quantity.factor for quantity in everything(seen.document)}
                    try:
                        app.remember(await asyncio.to_thread(before, wanted))
                    except MalleeError as error:  # then the curves begin now
                        app.complain(error)
                if not seen.stale:
                    ended.documents += 1
                ended.last = seen.document
                ended.heard = ended.heard or any(member.answering for member in seen.document.members)
                app.show(seen.document, age_s=seen.age_s, source=_source(seen), stale=seen.stale)
        finally:
            await cast("AsyncGenerator[Seen, None]", documents).aclose()
    finally:
        app.end()


def _source(seen: Seen) -> str:
    match seen.source:
        case "host":
            return f"host {seen.document.host_id}"
        case "advising":
            return f"host {seen.document.host_id}, which only advises"
        case "own":
            return "read from here"
