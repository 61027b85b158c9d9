"""Reads from a history what an energy report is made of, a day at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from ...pod.config import Pdu, PodConfig
from ...pod.pumps import SkidPumps
from ...pod.topology.graph import branch_name
from ..compaction import DAY_MS, HOUR_MS, STEP_MS, Level
from ..consuming import widened
from ..query import History, Piece
from ..series import Series
from .amounts import Amount
from .counting import Bucket, Counter, add_buckets
from .energy import Measured
from .integrating import Integral, Recorded, mean_of, merged
from .periods import Period

_TO_KILO = {"Wh": 1e-3, "kWh": 1.0, "MWh": 1e3, "W": 1e-3, "kW": 1.0}
_RAW_MAX_MS = 6 * HOUR_MS
_SCANS = "sequence"
"""A point of every controller that is good in each scan: how many there were."""
_OVERLOAD = 2.0
"""A main carries more than its rating for a while, not this much for long."""


def extent_ms(history: History, config: PodConfig) -> tuple[int, int]:
    """Times of the first and the last value of PDUs and skids, and a scan more; (0, 0) where nothing was recorded."""
    names = {controller.name for controller in config.controllers}
    own = [each for each in history.extents() if each.device in names]
    first_ms, last_ms = min((e.first_ms for e in own), default=0), max((e.last_ms for e in own), default=0)
    return first_ms, last_ms + (round(config.control.scan_s * 1000) if own else 0)


def gather(history: History, config: PodConfig, hours: Sequence[Period]) -> Measured:
    """Of each of these periods, which follow each other: counters where there are any, else power."""
    reader = _Reader(history, config, hours)
    voltage_V = {feed.name: feed.voltage_V for feed in config.feeds}
    pdus: dict[str, tuple[str, str, float]] = {}
    branches: dict[str, tuple[str, str, float]] = {}
    for pdu in config.pdus:
        kVA_A = _OVERLOAD * math.sqrt(3.0) * voltage_V[pdu.feed] / 1000.0
        pdus[pdu.name] = (pdu.name, "", pdu.main_A * kVA_A)
        for number in _numbers(pdu):
            place = branch_name(pdu.name, number)
            branches[place] = (pdu.name, f"branch.{number}.", (pdu.branch_A or pdu.main_A) * kVA_A)
    short = hours[-1].end_ms - hours[0].begin_ms <= _RAW_MAX_MS if hours else True
    return Measured(
        hours=tuple(hours),
        pdus=reader.energy(pdus, Level.RAW if short else Level.MINUTE),
        # They come once a minute: that is little, and a minute does not say when in it.
        branches=reader.energy(branches, Level.RAW),
        heat={skid.name: reader.heat(skid.name) for skid in config.skids},
        pumps={skid.name: reader.pumps(skid.name) for skid in config.skids},
    )


def _numbers(pdu: Pdu) -> range:
    return range(1, len(pdu.racks) + 1)


class _Reader:
    def __init__(self, history: History, config: PodConfig, hours: Sequence[Period]) -> None:
        self._history = history
        self._hours = hours
        self._range = (hours[0].begin_ms, hours[-1].end_ms) if hours else (0, 0)
        self._scan_ms = round(config.control.scan_s * 1000)
        self._curve = SkidPumps(config.plant.pumps)
        self._series: dict[str, list[Series]] = {}
        for series in history.series():
            self._series.setdefault(series.name, []).append(series)
        self._ends: dict[str, tuple[int, int]] = {}
        for each in history.extents():
            first_ms, last_ms = self._ends.get(each.device, (each.first_ms, each.last_ms))
            self._ends[each.device] = (min(first_ms, each.first_ms), max(last_ms, each.last_ms))

    def energy(self, places: Mapping[str, tuple[str, str, float]], level: Level) -> dict[str, list[Amount]]:
        """`places`: device, what stands before `energy` and `power`, and the most kW, by name."""
        counted = self._counted(places, level)
        found: dict[str, list[Amount]] = {}
        for name, (device, prefix, _) in places.items():
            amounts = counted[name]
            if any(amount.kWh is None for amount in amounts):
                powers = self._integrated(device, [f"{prefix}power"], "power", lambda values: values[0])
                amounts = [
                    power if amount.kWh is None and power.kWh is not None else amount
                    for amount, power in zip(amounts, powers, strict=True)
                ]
            found[name] = amounts
        return found

    def heat(self, skid: str) -> list[Amount]:
        return self._integrated(skid, ["heat"], "power", lambda values: values[0])

    def pumps(self, skid: str) -> list[Amount]:
        points = ["flow", "pump_speed.1", "pump_speed.2"]
        return self._integrated(skid, points, "pump_curve", lambda values: self._curve.power_kW(values[1:], values[0]))

    def _counted(self, places: Mapping[str, tuple[str, str, float]], level: Level) -> dict[str, list[Amount]]:
        counters = {name: Counter(self._hours, most_kW) for name, (_, _, most_kW) in places.items()}
        of: dict[Series, Counter] = {}
        for name, (device, prefix, _) in places.items():
            for series in self._series.get(f"{device}.{prefix}energy", []):
                if series.unit in _TO_KILO:
                    of[series] = counters[name]
        if of:
            wides = [widened(self._history, device, *self._range) for device in {each.device for each in of}]
            begin_ms, end_ms = min(wide[0] for wide in wides), max(wide[1] for wide in wides)
            for piece in self._pieces(list(of), begin_ms, end_ms, level):
                _count(of[piece.series], piece)
        return {name: counter.amounts() for name, counter in counters.items()}

    def _integrated(
        self, device: str, points: Sequence[str], source: str, kW: Callable[[Sequence[float | None]], float | None]
    ) -> list[Amount]:
        """`kW` of the means of `points`, in kW where they are powers, and as they are otherwise."""
        integral = Integral(self._hours, source)
        wanted = {point: self._series.get(f"{device}.{point}", []) for point in (*points, _SCANS)}
        if not all(wanted[point] for point in points):
            return integral.amounts()
        first_ms, last_ms = self._ends[device]
        recorded = Recorded(first_ms, last_ms + self._scan_ms, self._gaps(device))
        flat = [series for each in wanted.values() for series in each]
        for buckets in self._buckets(flat):
            for (begin_ms, step_ms), values in buckets.items():
                good = min(values[point][1] if point in values else 0 for point in points)
                if good:
                    scans = values[_SCANS][1] if _SCANS in values else good
                    power_kW = kW([values[point][0] for point in points])
                    integral.add(mean_of(begin_ms, step_ms, power_kW, good, scans, recorded))
        return integral.amounts()

    def _buckets(self, wanted: Sequence[Series]) -> Iterator[dict[tuple[int, int], dict[str, tuple[float, int]]]]:
        """A day at a time: by (begin, step) of a bucket, mean and count of each point."""
        begin_ms, end_ms = self._range
        for day_ms, behind_ms in _days(begin_ms, end_ms):
            found: dict[tuple[int, int], dict[str, tuple[float, int]]] = {}
            for piece in self._history.read(wanted, day_ms, behind_ms, Level.MINUTE):
                step_ms, factor = STEP_MS[piece.level], _TO_KILO.get(piece.series.unit, 1.0)
                assert piece.counts is not None
                for time_ms, value, count in zip(piece.times_ms, piece.values, piece.counts, strict=True):
                    if count and isinstance(value, int | float):
                        found.setdefault((time_ms, step_ms), {})[piece.series.point] = (value * factor, count)
            yield found

    def _pieces(self, wanted: Sequence[Series], begin_ms: int, end_ms: int, level: Level) -> Iterator[Piece]:
        for day_ms, behind_ms in _days(begin_ms, end_ms):
            yield from self._history.read(wanted, day_ms, behind_ms, level)

    def _gaps(self, device: str) -> list[tuple[int, int]]:
        found = self._history.gaps(device, *self._range)
        return merged((gap.from_ms, self._range[1] if gap.to_ms is None else gap.to_ms) for gap in found)


def _days(begin_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """Cut at midnights of UTC, where the blocks of the history end."""
    while begin_ms < end_ms:
        next_ms = min(end_ms, begin_ms // DAY_MS * DAY_MS + DAY_MS)
        yield begin_ms, next_ms
        begin_ms = next_ms


def _count(counter: Counter, piece: Piece) -> None:
    factor = _TO_KILO[piece.series.unit]
    if piece.lows is None or piece.highs is None or piece.counts is None:
        for time_ms, value in zip(piece.times_ms, piece.values, strict=True):
            counter.add(time_ms, value * factor if isinstance(value, int | float) else None)
        return
    add_buckets(
        counter,
        [
            Bucket(time_ms, STEP_MS[piece.level], low * factor, high * factor, count)
            for time_ms, low, high, count in zip(piece.times_ms, piece.lows, piece.highs, piece.counts, strict=True)
            if isinstance(low, int | float) and isinstance(high, int | float)
        ],
    )
