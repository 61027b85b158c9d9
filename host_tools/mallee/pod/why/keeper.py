"""The decisions of a running host: since when each stands, what is noted of them, and the files that show them to others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ..document import Finding, PodDocument
from ..reasons import Reason
from . import noting
from .noting import Note
from .store import DecisionStore

PUBLISH_EACH_S = 1.0
"""A pod that is scanned more often is shown so often."""
_WAITING_MAX = 1000


class Keeper:
    """`told` and then `publish`, once a scan. `folder` None: nothing is written."""

    def __init__(self, folder: Path | None) -> None:
        self._store = None if folder is None else DecisionStore(folder)
        self._opened = False
        self._state: noting.State = {}
        self._waiting: list[Note] = []
        self._lost = 0
        self._published_s: float | None = None
        self._trouble = ""

    def told(self, reasons: Sequence[Reason], now_s: float, utc: datetime) -> tuple[Reason, ...]:
        """The reasons of this scan with `since`."""
        self._state, told, notes = noting.step(self._state, reasons, now_s, utc)
        if self._store is not None:
            self._waiting += notes
            self._lost += max(0, len(self._waiting) - _WAITING_MAX)
            del self._waiting[:-_WAITING_MAX]
        return tuple(told)

    def forget(self) -> None:
        """Another host decides from now on: since when something stands is its affair."""
        self._state = {}

    def publish(self, document: PodDocument, now_s: float) -> None:
        """What could not be written is tried again with the next scan."""
        if self._store is None:
            return
        try:
            if not self._opened:
                self._store.open()
                self._opened = True
            self._store.append(self._waiting)
            self._waiting.clear()
            if self._published_s is None or now_s - self._published_s >= PUBLISH_EACH_S - 0.05:
                self._store.publish(document)
                self._published_s = now_s
        except OSError as error:
            self._trouble = f"what the host does is not written down: {error.strerror or error} ({error.filename})"
        else:
            self._trouble = ""

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with keeping decisions."""
        lost = f"{self._lost} notes of what the host did are lost" if self._lost else ""
        what = "; ".join(each for each in (self._trouble, lost) if each)
        return (Finding(level="warning", where="decisions", what=what),) if what else ()

    def close(self) -> None:
        if self._store is not None and self._opened:
            self._store.close()
