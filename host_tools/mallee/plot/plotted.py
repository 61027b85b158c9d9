"""What a picture shows: curves by their units, and when alarms stood; made from values and from the log of alarms. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ..history.curves import Curve
from ..pod.document import Event

_BEGINS = "alarm"
_ENDS = ("alarm_gone", "alarm_suppressed", "alarm_shelved", "alarm_out_of_service")
_SEVERITY = {"critical": 0, "high": 1, "medium": 2, "low": 3}


class Panel(NamedTuple):
    """Curves of one unit share an axis."""

    unit: str
    curves: tuple[Curve, ...]


class Stood(NamedTuple):
    """An alarm from its coming to its going; `end_s` None: it stands."""

    device: str
    alarm: str
    priority: str
    begin_s: float
    end_s: float | None

    @property
    def name(self) -> str:
        return f"{self.device} {self.alarm}"


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    begin_s: float
    end_s: float
    panels: tuple[Panel, ...]
    alarms: tuple[Stood, ...] = ()
    alarms_left_out: int = 0
    """Of lower priority, where there are more than a picture can name."""


ALARMS_MAX = 24


def plot(curves: Sequence[Curve], begin_s: float, end_s: float, alarms: Sequence[Stood] = ()) -> Plot:
    """Panels in the order in which their units were asked for."""
    by_unit: dict[str, list[Curve]] = {}
    for curve in curves:
        by_unit.setdefault(curve.unit, []).append(curve)
    within = within_time(alarms, begin_s, end_s)
    shown = sorted(sorted(within, key=_severity)[:ALARMS_MAX], key=lambda each: (each.begin_s, each.name))
    return Plot(
        begin_s=begin_s,
        end_s=end_s,
        panels=tuple(Panel(unit, tuple(found)) for unit, found in by_unit.items()),
        alarms=tuple(shown),
        alarms_left_out=len(within) - len(shown),
    )


def stood(log: Sequence[Event], devices: Sequence[str] | None = None) -> list[Stood]:
    """From the log of alarms, oldest first; of these devices and of what is no device (a feed, the pod), None: of all. What was
    told under another alarm, or put aside, ends there."""
    open_: dict[tuple[str, str], Event] = {}
    found: list[Stood] = []
    for event in log:
        key = event.device, event.alarm
        if not event.alarm or (devices is not None and event.device not in devices):
            continue
        if event.kind == _BEGINS:
            open_.setdefault(key, event)
        elif event.kind in _ENDS and key in open_:
            begun = open_.pop(key)
            found.append(Stood(*key, begun.priority, begun.time.timestamp(), event.time.timestamp()))
    found += [Stood(*key, begun.priority, begun.time.timestamp(), None) for key, begun in open_.items()]
    return sorted(found, key=lambda each: (each.begin_s, each.name))


def within_time(alarms: Sequence[Stood], begin_s: float, end_s: float) -> list[Stood]:
    """Those that stood at any moment of it."""
    return [each for each in alarms if each.begin_s < end_s and (each.end_s is None or each.end_s >= begin_s)]


def empty(plotted: Plot) -> bool:
    """Nothing is known of any curve."""
    return not any(
        point.value is not None for panel in plotted.panels for curve in panel.curves for point in curve.points
    )


def _severity(each: Stood) -> tuple[int, float]:
    return _SEVERITY.get(each.priority, 9), -each.begin_s
