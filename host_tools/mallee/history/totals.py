"""Sums over the pod and its feeds, which are not recorded themselves: of what is recorded of skids and PDUs.

A sum is known only where all of its parts are, as in the pod's document. Parts of one scan are up to a scan apart in time; of
summaries the sum is one of means, and nobody knows the lowest and highest of a sum from those of its parts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..pod.config import PodConfig
from .curves import Curve, Point, curves
from .query import History
from .series import Series

PHASES = 3
_APART_SCANS = 1.5


class Total(NamedTuple):
    """`groups` are names of series that are added; of several groups (phases) the largest sum counts. `factor`: from the unit of
    the series to that of the total."""

    name: str
    unit: str
    factor: float
    groups: tuple[tuple[str, ...], ...]

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for group in self.groups for name in group))


def totals(config: PodConfig) -> list[Total]:
    """With the names, units and meaning of the numbers that the document computes."""
    skids, pdus = [skid.name for skid in config.skids], [pdu.name for pdu in config.pdus]
    found = [
        Total("pod.power", "kW", 0.001, (_of(pdus, "power"),)),
        Total("pod.heat", "kW", 1.0, (_of(skids, "heat"),)),
        Total("pod.flow", "l/min", 1.0, (_of(skids, "flow"),)),
    ]
    for feed in config.feeds:
        own = [pdu.name for pdu in config.pdus if pdu.feed == feed.name]
        phases = tuple(_of(own, f"phase_current.{number}") for number in range(1, PHASES + 1))
        found.append(Total(f"feed {feed.name}.power", "kW", 0.001, (_of(own, "power"),)))
        found.append(Total(f"feed {feed.name}.current", "A", 1.0, phases))
    return [total for total in found if total.parts]


def _of(devices: Sequence[str], point: str) -> tuple[str, ...]:
    return tuple(f"{device}.{point}" for device in devices)


def curve_of(total: Total, parts: Mapping[str, Curve], scan_s: float) -> Curve:
    """At the times of its first part. A part that there is no curve of is never known."""
    looks = {name: _Look(parts[name].points if name in parts else (), _APART_SCANS * scan_s) for name in total.parts}
    points = [Point(time_s, _value(total, looks, time_s)) for time_s in looks[total.parts[0]].times_s]
    return Curve(total.name, total.unit, points)


def curves_of(
    history: History, wanted: Sequence[Total], parts: Sequence[Series], from_ms: int, to_ms: int, scan_s: float
) -> dict[str, Curve]:
    """By their names. `parts` are the series with the names of their parts; one whose unit or form changed has several."""
    joined: dict[str, Curve] = {}
    for each in curves(history, list(dict.fromkeys(parts)), from_ms, to_ms) if wanted else ():
        before = joined[each.name].points if each.name in joined else []
        joined[each.name] = each._replace(points=sorted([*before, *each.points], key=lambda point: point.time_s))
    return {total.name: curve_of(total, joined, scan_s) for total in wanted}


def _value(total: Total, looks: Mapping[str, _Look], time_s: float) -> float | None:
    sums: list[float] = []
    for group in total.groups:
        values = [looks[name].at(time_s) for name in group]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        sums.append(sum(known) * total.factor)
    return max(sums)


class _Look:
    """What a curve says at a time: its nearest point, if that is not farther than `apart_s`."""

    def __init__(self, points: Sequence[Point], apart_s: float) -> None:
        self.times_s = [point.time_s for point in points]
        self._points, self._apart_s = points, apart_s

    def at(self, time_s: float) -> float | None:
        at = bisect_left(self.times_s, time_s)
        near = [place for place in (at - 1, at) if 0 <= place < len(self._points)]
        place = min(near, key=lambda each: abs(self.times_s[each] - time_s), default=None)
        if place is None or abs(self.times_s[place] - time_s) > self._apart_s:
            return None
        return self._points[place].value
