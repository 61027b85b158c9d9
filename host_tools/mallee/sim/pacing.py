"""Virtual time held to the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST_LAG_S = 1.0


class Pace:
    """`speed` virtual seconds a wall second. A world that falls behind catches up at most one wall second of it."""

    def __init__(self, speed: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._clock = clock
        self._wall_s = clock()
        self._virtual_us = 0
        self.slipped_s = 0.0
        """Wall seconds given up because the machine could not keep the speed."""

    def restart(self, now_us: int) -> None:
        self._wall_s = self._clock()
        self._virtual_us = now_us

    def target_us(self, now_us: int) -> int:
        """Where virtual time ought to be now."""
        target = self._virtual_us + int((self._clock() - self._wall_s) * self.speed * 1e6)
        lag = target - now_us - int(_MOST_LAG_S * self.speed * 1e6)
        if lag > 0:
            self._wall_s += lag / 1e6 / self.speed
            self.slipped_s += lag / 1e6 / self.speed
            target -= lag
        return target

    def wait_s(self, until_us: int) -> float:
        """Wall seconds until virtual time ought to be `until_us`."""
        return max(0.0, self._wall_s + (until_us - self._virtual_us) / 1e6 / self.speed - self._clock())
