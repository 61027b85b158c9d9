"""A line between PTYs, in real time: so that any master can be tried against any device on a bad line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from .model import Line
from .ptys import PtyEnd


class LineRunner:
    """Moves bytes between PTYs through the model on the running loop's clock. Bytes come in groups of about a millisecond:
    that is how finely a computer can wait."""

    def __init__(self, line: Line, ends: Sequence[PtyEnd]) -> None:
        self.line = line
        self.ends = ends
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        for number, end in enumerate(self.ends):
            self._loop.add_reader(end.fileno(), self._readable, number)
        self._schedule()

    def stop(self) -> None:
        for end in self.ends:
            self._loop.remove_reader(end.fileno())
        if self._timer is not None:
            self._timer.cancel()

    def _now_us(self) -> int:
        return int((self._loop.time() - self._began_s) * 1e6)

    def _readable(self, number: int) -> None:
        self._move()
        self.line.send(number, self.ends[number].read(), self._now_us())
        self._schedule()

    def _move(self) -> None:
        heard: dict[int, bytearray] = {}
        for arrival in self.line.step(self._now_us()):
            heard.setdefault(arrival.listener, bytearray()).append(arrival.byte)
        for listener, data in heard.items():
            self.ends[listener].write(bytes(data))

    def _tick(self) -> None:
        self._move()
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        next_us = self.line.next_us
        self._timer = None if next_us is None else self._loop.call_at(self._began_s + next_us / 1e6, self._tick)
