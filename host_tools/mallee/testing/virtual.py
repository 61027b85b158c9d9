"""Time that jumps: an hour of waiting costs nothing where nothing but timers is waited for."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
START = datetime(2026, 1, 1, tzinfo=UTC)
"""The date on readings when a run begins."""


class _Jumping(selectors.DefaultSelector):
    jumped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        events = super().select(0)
        if not events:
            self.jumped_s += timeout
        return events


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.jumped_s

    def utc_now(self) -> datetime:
        return START + timedelta(seconds=self.time())


def run(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, in virtual time: for devices in memory. Real sockets, ports and threads are not waited for."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
