"""How much a pod asks of its operator, from its alarm log, against EEMUA 191 and ISA-18.2. Pure.

Time counts only while the host ran: it marks its log every ten minutes. A date that was set back is no time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..document import Event
from .flood import FLOOD_BEGINS, FLOOD_WINDOW_S

STARTED, RUNNING, STOPPED = "started", "running", "stopped"
MARK_S = 600.0
_AWAY_S = 2 * MARK_S
PER_10_MIN_MAX = 1.0
"""EEMUA 191: at most one alarm in ten minutes is very likely acceptable."""
FLOOD_TIME_MAX = 0.01
IN_10_MIN_MAX = 10
CHATTERING_MAX = 0
STALE_S = 24 * 3600.0
STALE_MAX = 4
"""ISA-18.2: less than five on any day."""
SHARE_MAX = 0.05
"""The ten most frequent alarms together are 1 % to 5 % of all (ISA-18.2); of few alarms that says nothing."""
MANY = 200


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`ok` is None where the log is too short to tell."""

    figure: str
    value: float | None
    unit: str
    limit: str
    ok: bool | None


class Frequent(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    alarm: str
    count: int
    share: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`covered_s` is the time in which the host ran."""

    begin: datetime | None
    end: datetime | None
    covered_s: float
    told: int
    by_priority: dict[str, int]
    figures: tuple[Figure, ...]
    most_frequent: tuple[Frequent, ...]
    lines_unreadable: int = 0


def report(log: Sequence[Event], unreadable: int = 0) -> Report:
    """From the lines of the log, oldest first."""
    at_s, covered_s = _timeline(log)
    comings = [(at, event) for at, event in zip(at_s, log, strict=True) if event.kind == "alarm"]
    times = [at for at, _ in comings]
    told = len(times)
    long_enough = covered_s >= FLOOD_WINDOW_S
    rate = told / (covered_s / FLOOD_WINDOW_S) if long_enough else None
    flood = flood_s(times) / covered_s if long_enough else None
    most = most_in_window(times)
    chattering = sum(event.kind == "alarm_chattering" for event in log)
    stale = _stale(log, at_s)
    frequent = Counter((event.device, event.alarm) for _, event in comings).most_common(10)
    share = sum(count for _, count in frequent) / told if told >= MANY else None
    figures = (
        _figure("alarms in 10 minutes, mean", rate, "1", PER_10_MIN_MAX),
        _figure("alarms in 10 minutes, most", float(most), "1", IN_10_MIN_MAX),
        _figure("time in flood", flood, "1", FLOOD_TIME_MAX),
        _figure("alarms that chattered", float(chattering), "1", CHATTERING_MAX),
        _figure("alarms that stand for a day", float(stale), "1", STALE_MAX),
        _figure("share of the ten most frequent", share, "1", SHARE_MAX),
    )
    return Report(
        begin=log[0].time if log else None,
        end=log[-1].time if log else None,
        covered_s=covered_s,
        told=told,
        by_priority=dict(Counter(event.priority for _, event in comings)),
        figures=figures,
        most_frequent=tuple(
            Frequent(device=device, alarm=alarm, count=count, share=count / told) for (device, alarm), count in frequent
        ),
        lines_unreadable=unreadable,
    )


def most_in_window(times: Sequence[float]) -> int:
    """The most alarms in any ten minutes."""
    first = most = 0
    for last, at_s in enumerate(times):
        while at_s - times[first] >= FLOOD_WINDOW_S:
            first += 1
        most = max(most, last - first + 1)
    return most


def flood_s(times: Sequence[float]) -> float:
    """How long ten or more alarms lay within the ten minutes before."""
    total_s, until_s = 0.0, float("-inf")
    for first, last in zip(times, times[FLOOD_BEGINS - 1 :], strict=False):
        end_s = first + FLOOD_WINDOW_S  # then the first of these ten is too old to count
        if last < end_s:
            total_s += end_s - max(last, until_s)
            until_s = end_s
    return total_s


def _figure(name: str, value: float | None, unit: str, most: float) -> Figure:
    return Figure(
        figure=name, value=value, unit=unit, limit=f"<= {most:g}", ok=None if value is None else value <= most
    )


def _timeline(log: Sequence[Event]) -> tuple[list[float], float]:
    """When each line was, in seconds of one time that never goes back, and how much of that the host ran. Windows never reach
    over a time in which it was away."""
    at_s, covered_s, now_s = [], 0.0, 0.0
    for index, event in enumerate(log):
        if index:
            gap_s = (event.time - log[index - 1].time).total_seconds()
            if event.kind == STARTED or gap_s > _AWAY_S:
                now_s += max(gap_s, FLOOD_WINDOW_S)
            elif gap_s > 0:
                now_s += gap_s
                covered_s += gap_s
        at_s.append(now_s)
    return at_s, covered_s


def _stale(log: Sequence[Event], at_s: Sequence[float]) -> int:
    """Alarms that stand at the end, and came more than a day before."""
    standing: dict[tuple[str, str], float] = {}
    for at, event in zip(at_s, log, strict=True):
        if event.kind == "alarm":
            standing[event.device, event.alarm] = at
        elif event.kind in ("alarm_gone", "alarm_suppressed", "alarm_shelved", "alarm_out_of_service"):
            standing.pop((event.device, event.alarm), None)
    return sum(at_s[-1] - since > STALE_S for since in standing.values()) if at_s else 0
