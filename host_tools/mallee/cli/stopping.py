"""When a command that runs on ends: after a time, or when it is told to."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress


def stop_event(for_s: float | None, *, interrupted: bool = False) -> asyncio.Event:
    """Set `for_s` seconds of the loop's time from now, or on SIGTERM. Ctrl-C cancels the command instead, with code 130; it sets
    the event too where it is the usual end and the best comes last: `interrupted`."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    if for_s is not None:
        loop.call_later(for_s, stop.set)
    with suppress(NotImplementedError, RuntimeError):  # Windows, or not in the main thread
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        if interrupted:
            loop.add_signal_handler(signal.SIGINT, stop.set)
    return stop
