"""An event loop in the time of an emulated board: the board runs while something is waited for, and its line is the loop's."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ..link.address import SerialAddress
from .emulatedclock import EmulatedClock

START = datetime(2026, 1, 1, tzinfo=UTC)
"""The date on readings when a board is made."""
_LIMIT_S = 600.0


class _Selector(selectors.DefaultSelector):
    """Where it would sleep, the board runs; the line wakes it."""

    def __init__(self, clock: EmulatedClock) -> None:
        super().__init__()
        self._clock = clock
        self.hear: Callable[[bytes], None] = lambda data: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        heard = self._clock.run(_LIMIT_S if timeout is None else timeout)
        if heard:
            self.hear(heard)
        elif timeout is None:
            raise TimeoutError(
                f"nothing happened on the board's line for {_LIMIT_S:g} s, and nothing else is waited for"
            )
        return []


class EmulatedLoop(asyncio.SelectorEventLoop):
    """Its `time()` is seconds since the board was made, over all of its power-ons."""

    def __init__(self, clock: EmulatedClock) -> None:
        self._clock = clock
        selector = _Selector(clock)
        selector.hear = self._heard
        self._received: Callable[[bytes], None] | None = None
        super().__init__(selector)
        self._clock_resolution = 1e-6  # asyncio takes timers within it as due

    def time(self) -> float:
        return self._clock.now_s

    def utc_now(self) -> datetime:
        return START + timedelta(seconds=self._clock.now_s)

    async def open_serial(
        self, address: SerialAddress, received: Callable[[bytes], None], lost: Callable[[Exception], None]
    ) -> _Port:
        """The other end of the board's line; one at a time."""
        self._received = received
        return _Port(self, self._clock)

    def _heard(self, data: bytes) -> None:
        if self._received is not None:
            self.call_soon(self._received, data)

    def hang_up(self) -> None:
        self._received = None


class _Port:
    def __init__(self, loop: EmulatedLoop, clock: EmulatedClock) -> None:
        self._loop, self._clock = loop, clock

    def write(self, data: bytes) -> None:
        self._clock.say(data)

    def close(self) -> None:
        self._loop.hang_up()
