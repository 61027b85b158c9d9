"""The line of one address, or the connection: one link, however many units of a test hang on it."""

from __future__ import annotations

from ..link.base import Link
from ..link.opening import open_link
from ..link.statistics import BusSummary, LinkStatistics, summarise
from ..link.tap import Tap
from .boardtime import BoardTime

_TIMEOUT_S = 1.0
_PROBE_S = 0.0  # nobody else is on this line: a board that was silent is asked again at once


class Line:
    """Opened by who asks first."""

    def __init__(self, time: BoardTime, address: str) -> None:
        self.time = time
        self.address = address
        self._taps: list[Tap] = []
        self.link: Link | None = None
        """None while nobody has asked, or others have the port."""
        self._past: list[LinkStatistics] = []

    def open(self) -> Link:
        """Raises MalleeError for a wrong address."""
        if self.link is None:
            self.link = open_link(self.address, timeout_s=_TIMEOUT_S, probe_ceiling_s=_PROBE_S)
            self.link.taps.extend(self._taps)
        return self.link

    def tap(self, tap: Tap) -> None:
        """It hears what is said from now on."""
        self._taps.append(tap)
        if self.link is not None:
            self.link.taps.append(tap)

    def untap(self, tap: Tap) -> None:
        for taps in (self._taps, [] if self.link is None else self.link.taps):
            if tap in taps:
                taps.remove(tap)

    def release(self) -> None:
        """Let go of it, so that others can open its port; who asks next takes it again."""
        link, self.link = self.link, None
        if link is not None:
            self._past.append(link.statistics)
            self.time.complete(link.close())

    def statistics(self) -> BusSummary:
        """Of everything that was asked here since it was made."""
        present = [] if self.link is None else [self.link.statistics]
        return summarise([*self._past, *present])
