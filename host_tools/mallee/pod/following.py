"""Follow a pod from document to document: a host that runs on this computer is listened to; where none does, the pod is read.

Who follows writes nothing and takes no lease. When a host begins, or ends, the source changes from one document to the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import msgspec

from ..link.base import Link
from .config import PodConfig
from .document import PodDocument
from .hostfolder import Live, host_folder, live
from .runner import PodRunner, wait_until

Source = Literal["host", "advising", "own"]
"""Whose document it is: a host's that controls, one's that only advises, or our own."""
_LOOK_PART = 0.25  # of a scan: how often a host's file is looked at
_LOOK_S = (0.05, 1.0)


class Seen(msgspec.Struct, frozen=True):
    """One document. `age_s` is since it was written; `stale`: its host says nothing any more."""

    document: PodDocument
    source: Source
    age_s: float = 0.0
    stale: bool = False


async def follow(
    config: PodConfig, folder: Path, stop: asyncio.Event, lent: dict[str, Link] | None = None
) -> AsyncIterator[Seen]:
    """Each new document until `stop`; of a host that falls silent the last one again, stale, each scan. `folder` is where to
    look first, as hostfolder.host_folder has it: a demo that begins later is found. Close the iterator, or let it end: our own
    connections are closed then. While the pod is read from here, `lent` has its links: a serial port can be opened only once."""
    loop = asyncio.get_running_loop()
    runner: PodRunner | None = None
    lent = {} if lent is None else lent
    last: tuple[Source, int, int] | None = None
    due_s = loop.time()
    try:
        while not stop.is_set():
            found = live(folder) or live(host_folder(config))
            if found is None:
                if runner is None:
                    runner = PodRunner(config, advise=True)
                    lent.update(runner.links)
                yield Seen(await runner.scan(), "own")
                last = None
                due_s = max(due_s + config.control.scan_s, loop.time())
                await wait_until(stop, due_s)
                continue
            if runner is not None:
                lent.clear()
                await runner.close()
                runner = None
            now = _key(found)
            if now != last or (found.stale and loop.time() >= due_s):
                yield Seen(found.document, now[0], found.age_s, found.stale)
                last, due_s = now, loop.time() + found.document.scan_s
            await wait_until(stop, loop.time() + min(max(_LOOK_PART * found.document.scan_s, _LOOK_S[0]), _LOOK_S[1]))
    finally:
        lent.clear()
        if runner is not None:
            await runner.close()


def _key(found: Live) -> tuple[Source, int, int]:
    return ("advising" if found.advising else "host"), found.document.host_id, found.document.scan
