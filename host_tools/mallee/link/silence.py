"""Units that do not answer: probed now and then, so that they cost those that do next to nothing."""

from __future__ import annotations

from .backoff import Backoff
from .statistics import UnitStatistics

SILENT_BEFORE_PROBING = 2  # timeouts in a row before a unit is only probed
_SHARE = 0.02  # of the time of a link with living units that may be spent on probing …
_ALL_SILENT_S = 2.0  # back-off at the most while nobody answers: a line that was disturbed is back as a whole
_CREDIT_S = 2.0  # … counted over as long as it takes to save this


class Silence:
    """What one link knows of units that are silent. Times are the loop's.

    A unit that was silent twice in a row may be asked again after a back-off (0.5 s, doubled each time, at most `ceiling_s`, with
    jitter). While others answer, all probes together have 2 % of the link's time; while nobody does there is nobody to spare
    it for, and the back-off ends at two seconds.
    """

    def __init__(self, seed: str, ceiling_s: float) -> None:
        self._seed = seed
        self._ceiling_s = ceiling_s
        self._backoffs: dict[int, Backoff] = {}
        self._alive: set[int] = set()
        self._credit_s = _CREDIT_S
        self._counted_s: float | None = None
        self.spent_s = 0.0
        """Time that probes took so far."""

    def blocks(self, unit: int, now_s: float) -> bool:
        """This unit is not to be asked now."""
        backoff = self._backoffs.get(unit)
        if backoff is None:
            return False
        return backoff.blocks(now_s) or (bool(self._alive) and self._saved(now_s) < 0.0)

    def silent(self, unit: int, statistics: UnitStatistics, now_s: float, took_s: float) -> None:
        """It was asked, and did not answer; that took the link `took_s`."""
        statistics.timeouts += 1
        statistics.silent_in_a_row += 1
        self._alive.discard(unit)
        if unit in self._backoffs:
            self._credit_s = self._saved(now_s) - took_s
            self.spent_s += took_s
        if statistics.silent_in_a_row >= SILENT_BEFORE_PROBING:
            backoff = self._backoffs.setdefault(unit, Backoff(f"{self._seed}/{unit}", 0.5, self._ceiling_s))
            backoff.failed(now_s, None if self._alive else _ALL_SILENT_S)

    def answered(self, unit: int) -> None:
        if not self._alive:  # nobody answered, and somebody does: it was the line, and the others are back as well
            self._backoffs.clear()
        self._alive.add(unit)
        if self._backoffs:
            self._backoffs.pop(unit, None)

    def _saved(self, now_s: float) -> float:
        if self._counted_s is not None:
            self._credit_s = min(_CREDIT_S, self._credit_s + _SHARE * (now_s - self._counted_s))
        self._counted_s = now_s
        return self._credit_s
