"""An event loop whose clock jumps to the next timer, so that time-outs and back-off cost no waiting."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SETTLE_S = 0.005  # real time given to the kernel to deliver on loopback before virtual time moves on


class _JumpingSelector(selectors.DefaultSelector):
    """Waits for sockets only a moment; when nothing comes, time jumps by the rest of the time-out."""

    jumped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        events = super().select(min(timeout, _SETTLE_S))
        if not events:
            self.jumped_s += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.jumped_s

    def utc_now(self) -> datetime:
        return _START + timedelta(seconds=self.time())


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
