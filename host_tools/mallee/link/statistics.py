"""Counters of a link and of each unit on it. Nothing is dropped without one of these moving."""

from __future__ import annotations

import math
from collections import deque

import msgspec

_RTT_WINDOW = 512  # latest round trips that percentiles are computed from


class UnitStatistics:
    """What one unit was asked, and how it answered."""

    def __init__(self) -> None:
        self.requests = 0
        self.answers = 0  # good ones
        self.exceptions: dict[int, int] = {}  # by exception code
        self.timeouts = 0
        self.malformed = 0  # answers that do not fit their request
        self.late = 0  # answers after their deadline, dropped
        self.given_up = 0  # requests whose asker went away before their answer or deadline
        self.damaged = 0  # requests to which only bytes without a good check sum came back (serial)
        self.resyncs = (
            0  # times that the unit proved, after silence or damage, that its next answer is the right one (serial)
        )
        self.unproven = 0  # times that it did not
        self.held_back = 0  # requests not sent, because the unit is known to be silent
        self.silent_in_a_row = 0
        self._rtt_s: deque[float] = deque(maxlen=_RTT_WINDOW)

    def answered(self, rtt_s: float) -> None:
        self.silent_in_a_row = 0
        self._rtt_s.append(rtt_s)

    def rtt_s(self, fraction: float) -> float | None:
        """A percentile of the latest round trips (nearest rank), None before the first answer."""
        return percentile(list(self._rtt_s), fraction)

    def round_trips_s(self) -> list[float]:
        return list(self._rtt_s)


def percentile(values: list[float], fraction: float) -> float | None:
    """Nearest-rank percentile of `values`; `fraction` from 0 to 1."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


class LinkStatistics:
    """Counters of one connection and of the units behind it. `serial`: it is a line, whose time can be told from its bytes."""

    def __init__(self, *, serial: bool = False) -> None:
        self.serial = serial
        self.busy_s = 0.0  # time that the bytes of both directions took on the line (serial)
        self.opened_s: float | None = None  # loop time of the first connection
        self.broadcasts = 0  # sent (serial)
        self.connects = 0
        self.connect_failures = 0
        self.disconnects = 0
        self.malformed_streams = 0  # connections closed because their bytes were no Modbus TCP
        self.unknown_transactions = 0  # answers to nothing that was asked
        self.duplicates = 0  # second answers to the same request
        self.wrong_unit = 0  # good frames of a unit that was not asked (serial)
        self.noise_bytes = 0  # bytes of no good frame (serial)
        self.unread_bytes = 0  # bytes of others that came while nobody asked, beyond what is kept (serial)
        self.echoes = 0  # requests that the port repeated to us: a cheap dongle (serial)
        self.foreign_requests = 0  # of another master, heard on a line that this end shares (serial)
        self.never_silent = 0  # requests not sent, because somebody babbles (serial)
        self.bytes_in = 0
        self.bytes_out = 0
        self.units: dict[int, UnitStatistics] = {}

    def unit(self, unit: int) -> UnitStatistics:
        return self.units.setdefault(unit, UnitStatistics())

    def opened(self, now_s: float) -> None:
        """There is a connection, or an open port."""
        self.connects += 1
        if self.opened_s is None:
            self.opened_s = now_s

    def load(self, now_s: float) -> float | None:
        """Part of the time since it was opened that bytes were on a serial line; None over TCP, and before there was any time."""
        if not self.serial or self.opened_s is None or now_s <= self.opened_s:
            return None
        return self.busy_s / (now_s - self.opened_s)

    @property
    def reconnects(self) -> int:
        return max(0, self.connects - 1)

    def summary(self) -> BusSummary:
        return summarise([self])


class BusSummary(msgspec.Struct, frozen=True):
    """Sums over any number of links; round trips in milliseconds, None before the first answer."""

    requests: int = 0
    answers: int = 0
    exceptions: int = 0
    exceptions_by_code: dict[str, int] = msgspec.field(default_factory=dict)
    timeouts: int = 0
    late: int = 0
    malformed: int = 0
    unknown: int = 0
    held_back: int = 0
    damaged: int = 0
    resyncs: int = 0
    unproven: int = 0
    wrong_unit: int = 0
    noise_bytes: int = 0
    echoes: int = 0
    never_silent: int = 0
    reconnects: int = 0
    connect_failures: int = 0
    broadcasts: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    load: float | None = None
    """Of the busiest serial line: part of the time that bytes were on it."""
    rtt_p50_ms: float | None = None
    rtt_p99_ms: float | None = None


def summarise(links: list[LinkStatistics], now_s: float | None = None) -> BusSummary:
    """`now_s` is the loop's time; without it there is no load."""
    loads = [] if now_s is None else [load for link in links if (load := link.load(now_s)) is not None]
    units = [unit for link in links for unit in link.units.values()]
    by_code: dict[str, int] = {}
    for unit in units:
        for code, count in unit.exceptions.items():
            by_code[str(code)] = by_code.get(str(code), 0) + count
    trips = [trip for unit in units for trip in unit.round_trips_s()]
    p50, p99 = percentile(trips, 0.5), percentile(trips, 0.99)
    return BusSummary(
        requests=sum(unit.requests for unit in units),
        answers=sum(unit.answers for unit in units),
        exceptions=sum(by_code.values()),
        exceptions_by_code=by_code,
        timeouts=sum(unit.timeouts for unit in units),
        late=sum(unit.late for unit in units),
        malformed=sum(unit.malformed for unit in units) + sum(link.malformed_streams for link in links),
        unknown=sum(link.unknown_transactions + link.duplicates for link in links),
        held_back=sum(unit.held_back for unit in units),
        damaged=sum(unit.damaged for unit in units),
        resyncs=sum(unit.resyncs for unit in units),
        unproven=sum(unit.unproven for unit in units),
        wrong_unit=sum(link.wrong_unit for link in links),
        noise_bytes=sum(link.noise_bytes for link in links),
        echoes=sum(link.echoes for link in links),
        never_silent=sum(link.never_silent for link in links),
        reconnects=sum(link.reconnects for link in links),
        connect_failures=sum(link.connect_failures for link in links),
        broadcasts=sum(link.broadcasts for link in links),
        bytes_out=sum(link.bytes_out for link in links),
        bytes_in=sum(link.bytes_in for link in links),
        load=max(loads, default=None),
        rtt_p50_ms=None if p50 is None else p50 * 1000,
        rtt_p99_ms=None if p99 is None else p99 * 1000,
    )
