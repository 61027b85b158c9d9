"""An event loop whose clock jumps to the next timer, so that time-outs and back-off cost no waiting."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SETTLE_S = 0.005  # real time given to the kernel to deliver on loopback, and to threads, before virtual time moves on


class _JumpingSelector(selectors.DefaultSelector):
    """Waits for sockets and threads only a moment; when nothing comes, time jumps by the rest of the time-out."""

    jumped_s = 0.0
    threads = False

    def __init__(self) -> None:
        super().__init__()
        self._own = 0

    def all_so_far_are_its_own(self) -> None:
        """What the loop wakes itself by says nothing of the world."""
        self._own = len(self.get_map())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        alone = len(self.get_map()) <= self._own and not self.threads
        events = super().select(0 if alone else min(timeout, _SETTLE_S))
        if not events:
            self.jumped_s += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._jumping.all_so_far_are_its_own()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        self._jumping.threads = True
        return super().run_in_executor(executor, func, *args)

    def time(self) -> float:
        return self._jumping.jumped_s

    def utc_now(self) -> datetime:
        return _START + timedelta(seconds=self.time())


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
