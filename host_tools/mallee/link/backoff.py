"""Exponential back-off with jitter, drawn from a seed so that a simulated run repeats to the byte."""

from __future__ import annotations

import random


class Backoff:
    """How long to leave something alone after it failed n times in a row.

    Delays are `first_s * 2**n`, at most `ceiling_s`, each times a factor from 0.75 to 1.25 so that many links
    that lost the same switch do not return in step.
    """

    def __init__(self, seed: str, first_s: float = 0.25, ceiling_s: float = 5.0) -> None:
        self._random = random.Random(seed)
        self._first_s = first_s
        self._ceiling_s = ceiling_s
        self._failures = 0
        self._until_s = float("-inf")

    def failed(self, now_s: float, ceiling_s: float | None = None) -> float:
        """Note a failure at loop time `now_s`; returns the delay in seconds, at most `ceiling_s` for this time."""
        ceiling_s = self._ceiling_s if ceiling_s is None else min(ceiling_s, self._ceiling_s)
        delay_s = min(self._first_s * 2.0 ** min(self._failures, 30), ceiling_s)
        delay_s *= self._random.uniform(0.75, 1.25)
        self._failures += 1
        self._until_s = now_s + delay_s
        return delay_s

    def succeeded(self) -> None:
        self._failures = 0
        self._until_s = float("-inf")

    def blocks(self, now_s: float) -> bool:
        return now_s < self._until_s
