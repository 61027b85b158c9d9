"""A board's own time: its crystal against the world's clock."""

from __future__ import annotations

_MILLION = 1_000_000


class BoardClock:
    """Times are integer microseconds, so that a run repeats to the bit. `slow_ppm` 0 keeps the world's time."""

    def __init__(self) -> None:
        self.slow_ppm = 0
        self._world_us = 0
        self._board_us = 0

    def start(self, world_us: int) -> None:
        """The board's time is 0 now."""
        self._world_us, self._board_us = world_us, 0

    def run_slow(self, world_us: int, slow_ppm: int) -> None:
        """From now on the board's time falls behind by so much (below one million; negative: it runs ahead)."""
        self._board_us = self.board_us(world_us)
        self._world_us, self.slow_ppm = world_us, slow_ppm

    def board_us(self, world_us: int) -> int:
        return self._board_us + (world_us - self._world_us) * (_MILLION - self.slow_ppm) // _MILLION

    def world_us(self, board_us: int) -> int:
        """The first world time at which the board has come to `board_us`."""
        return self._world_us - (self._board_us - board_us) * _MILLION // (_MILLION - self.slow_ppm)
