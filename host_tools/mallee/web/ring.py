"""The last quarter of an hour of every number, for pods that are not recorded and for live charts. Pure.

A row a document, as wide as there are names, is what memory it costs: some 300 numbers of the default pod are 2 MB.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ..history.journals import ms_of
from ..pod.document import PodDocument
from .samples import samples

KEPT_S = 900.0


class Run(NamedTuple):
    """Values of one name, None where one was not known."""

    name: str
    unit: str
    times_ms: list[int]
    values: list[float | None]


class Ring:
    def __init__(self, kept_s: float = KEPT_S) -> None:
        self._kept_ms = round(kept_s * 1000)
        self._at: dict[str, int] = {}
        self._units: dict[str, str] = {}
        self._rows: deque[tuple[int, array[float]]] = deque()

    def add(self, document: PodDocument) -> None:
        """A document that is not newer than the last one is of a computer whose clock went back: what was before is let go."""
        now_ms = ms_of(document.time)
        if self._rows and now_ms < self._rows[-1][0]:
            self._rows.clear()
        if self._rows and now_ms == self._rows[-1][0]:
            return
        row = array("d", [math.nan]) * len(self._at)
        for sample in samples(document):
            at = self._at.setdefault(sample.name, len(self._at))
            if at == len(row):
                row.append(math.nan)
            if sample.value is not None:
                row[at] = sample.value
            if sample.unit:
                self._units[sample.name] = sample.unit
        self._rows.append((now_ms, row))
        while self._rows[0][0] <= now_ms - self._kept_ms:
            self._rows.popleft()

    def names(self) -> dict[str, str]:
        """Name to unit, "" where it was never known."""
        return {name: self._units.get(name, "") for name in self._at}

    def runs(self, names: Sequence[str], from_ms: int, to_ms: int) -> list[Run]:
        """From `from_ms` on and up to `to_ms`. Each name must be one of `names()`."""
        rows = [(time, row) for time, row in self._rows if from_ms <= time <= to_ms]
        times = [time for time, _ in rows]
        found: list[Run] = []
        for name in names:
            at = self._at[name]
            values = [None if at >= len(row) or math.isnan(row[at]) else row[at] for _, row in rows]
            found.append(Run(name, self._units.get(name, ""), times, values))
        return found
