"""Time for host code: the running event loop's, so that the same code runs in real and in simulated time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from .errors import MalleeError

T = TypeVar("T")
SIMULATOR_FD = "MALLEE_SIM_FD"
"""Environment variable: file descriptor on which the simulator that started this process gives it time."""


def utc_now() -> datetime:
    """Now, aware UTC: the running loop's `utc_now()` if it has one (the simulator's does), else the
    computer's."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return datetime.now(UTC)
    virtual = getattr(loop, "utc_now", None)
    return datetime.now(UTC) if virtual is None else virtual()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, on the simulator's loop when this process was started by a simulator."""
    try:
        found = runner()
    except MalleeError:
        main.close()
        raise
    with found:
        return found.run(main)


def runner() -> asyncio.Runner:
    """For a command that runs several coroutines, one after the other, and talks with a person between them. A process has one
    clock, so one of these."""
    descriptor = os.environ.get(SIMULATOR_FD)
    if not descriptor:
        return asyncio.Runner()
    try:
        from .sim.loop import child_loop_factory  # pyright: ignore[reportMissingImports]

        return asyncio.Runner(loop_factory=child_loop_factory(int(descriptor)))
    except (ImportError, ValueError, OSError) as error:
        raise MalleeError(
            f"{SIMULATOR_FD} is set, but the simulator's clock cannot be used: {error}",
            "the variable was left over in this shell, or the sim extra is not installed",
            f"unset {SIMULATOR_FD}, or install mallee[sim]",
        ) from error
