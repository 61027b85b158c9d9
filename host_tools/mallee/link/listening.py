"""Hear a serial line without a byte of one's own: whoever listens has no way to write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from .. import clock
from .address import SerialAddress
from .failures import LinkDown
from .overheard import LineHeard, Tally
from .overhearing import PAUSE_S, Heard, Overhearing
from .rtu_frames import character_s, silence_s
from .serial_port import open_port
from .tap import TapFrame


class Listener:
    """`async with Listener(address, heard)`: `heard` is called with each frame and with bytes of none, in order. Raises LinkDown
    for a port that cannot be opened, and from `until` for one that goes away. Times are the loop's."""

    def __init__(self, address: SerialAddress, heard: Callable[[Heard], None] = lambda heard: None) -> None:
        self.address = address
        self.raw_bytes = 0
        """All that came, in frames or not."""
        self.news: Callable[[], None] = lambda: None
        """Called when something came, or was found to be noise."""
        self._heard = heard
        self._overhearing = Overhearing(character_s(address.baud, address.framing), silence_s(address.baud))
        self._timer: asyncio.TimerHandle | None = None
        self._lost: asyncio.Event = asyncio.Event()
        self._why = ""
        self._failure: Exception | None = None

    async def __aenter__(self) -> Listener:
        self._loop = asyncio.get_running_loop()
        port = await open_port(self.address, self._arrived, self._gone, quiet=True)
        self._close_port = port.close  # all that is kept of the port: it cannot be written to
        self.tally = Tally(str(self.address), character_s(self.address.baud, self.address.framing), self._loop.time())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close_port()
        if self._timer is not None:
            self._timer.cancel()
        self._hand_on(self._overhearing.silent())

    async def until(self, stop: asyncio.Event) -> None:
        """Raises LinkDown when the port goes away first, and what `heard` raised."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (stop, self._lost)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        if self._failure is not None:
            raise self._failure
        if self._lost.is_set() and not stop.is_set():
            raise LinkDown(str(self.address), f"the port went away ({self._why})")

    def report(self) -> LineHeard:
        return self.tally.report(self._loop.time())

    def frame(self, heard: Heard) -> TapFrame:
        """As a tap has it: a request is `sent`, by whoever is the master."""
        ago_s = self._loop.time() - heard.ended_s
        time = clock.utc_now() - timedelta(seconds=ago_s)
        sent, good = heard.role == "request", heard.role != "noise"
        return TapFrame(str(self.address), "rtu", time, sent, heard.data, good)

    def _arrived(self, data: bytes) -> None:
        now_s = self._loop.time()
        self.raw_bytes += len(data)
        self._hand_on(self._overhearing.feed(data, now_s))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(PAUSE_S, self._paused) if self._overhearing.unparsed_bytes else None
        self.news()

    def _paused(self) -> None:
        self._hand_on(self._overhearing.silent())
        self.news()

    def _hand_on(self, found: list[Heard]) -> None:
        for heard in found:
            self.tally.add(heard)
            if self._failure is not None:
                continue
            try:
                self._heard(heard)
            except (
                Exception
            ) as error:  # a closed pipe, a full disk: until() raises it, where the loop would only print it
                self._failure = error
                self._lost.set()

    def _gone(self, error: Exception) -> None:
        self._why = str(error)
        self._lost.set()
