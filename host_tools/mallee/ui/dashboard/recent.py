"""The last quarter of an hour of what people look at, kept in memory. Unknown stays unknown, and so does time without a word."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence

import msgspec

from ...pod.document import PodDocument, Value
from ..braille import Sample

SPAN_S = 900.0
_HOLE_SCANS = 3.0
_JOINED_S = 5.0  # what was recorded and what is heard from now on
_UNKNOWN = math.nan  # inside an array of numbers; outside it is None


class Quantity(msgspec.Struct, frozen=True):
    """`key` is DEVICE.POINT as the history has it, where it is a point. `target` is the set-point in force."""

    key: str
    title: str
    unit: str
    value: float | None
    target: float | None = None
    factor: float = 1.0
    """From the unit of the point to that shown."""


class Recent:
    """`hear` a document a scan."""

    def __init__(self) -> None:
        self._before: Mapping[str, Sequence[Sample]] = {}
        self._times_s = array("d")
        self._values: dict[str, array[float]] = {}
        self.dates_set_back = 0
        """Times that the host's date went back: what was later than that is forgotten."""

    def remember(self, before: Mapping[str, Sequence[Sample]]) -> None:
        """Samples of earlier times, by key, in the unit shown."""
        self._before = before

    @property
    def end_s(self) -> float:
        """Time of the newest document, in seconds of UTC; 0 before the first one."""
        return self._times_s[-1] if self._times_s else 0.0

    def hear(self, document: PodDocument) -> None:
        now_s = document.time.timestamp()
        if self._times_s and now_s <= self._times_s[-1]:
            if now_s == self._times_s[-1]:
                return
            self._forget_from(bisect_left(self._times_s, now_s))
            self.dates_set_back += 1
        if self._times_s and now_s - self._times_s[-1] > _HOLE_SCANS * max(document.scan_s, 1.0):
            self._add(self._times_s[-1] + document.scan_s, {})
        self._add(now_s, {q.key: q.value for q in everything(document) if q.value is not None})
        if now_s - self._times_s[0] > 1.1 * SPAN_S:  # not one by one: that moves all of them each time
            self._drop(bisect_left(self._times_s, now_s - SPAN_S))

    def samples(self, key: str) -> list[Sample]:
        """In order of time; None where it was not known."""
        own = self._values.get(key, ())
        found: list[Sample] = [
            (when, None if math.isnan(value) else value) for when, value in zip(self._times_s, own, strict=False)
        ]
        first_s = self._times_s[0] if self._times_s else math.inf
        before = [sample for sample in self._before.get(key, ()) if sample[0] < first_s]
        if before and found and first_s - before[-1][0] > _JOINED_S:
            before.append((before[-1][0], None))
        return before + found

    def _add(self, now_s: float, values: Mapping[str, float]) -> None:
        for key in values:
            if key not in self._values:
                self._values[key] = array("d", [_UNKNOWN] * len(self._times_s))
        self._times_s.append(now_s)
        for key, series in self._values.items():
            series.append(values.get(key, _UNKNOWN))

    def _drop(self, count: int) -> None:
        for series in (self._times_s, *self._values.values()):
            del series[:count]

    def _forget_from(self, index: int) -> None:
        for series in (self._times_s, *self._values.values()):
            del series[index:]


def groups(document: PodDocument) -> tuple[str, ...]:
    return ("pod", *(skid.name for skid in document.skids), *(pdu.name for pdu in document.pdus))


def everything(document: PodDocument) -> list[Quantity]:
    return [each for group in groups(document) for each in quantities(document, group)]


def quantities(document: PodDocument, group: str) -> list[Quantity]:
    """What is drawn of the pod, a skid or a PDU, the most important first."""
    totals = document.totals
    if group == "pod":
        feeds = [Quantity(f"feed {f.name}.current", f"feed {f.name}", "A", f.current_A) for f in document.feeds]
        return [
            Quantity("pod.power", "power", "kW", totals.power_kW),
            Quantity("pod.heat", "heat", "kW", totals.heat_kW),
            Quantity("pod.flow", "flow", "l/min", totals.flow_l_min),
            *feeds,
        ]
    for skid in document.skids:
        if skid.name == group:
            supply, pressure = skid.active_supply_temperature.number, skid.active_differential_pressure.number
            speeds = [
                _of(group, f"pump_speed.{n}", f"pump {n}", "%", speed) for n, speed in enumerate(skid.pump_speed, 1)
            ]
            return [
                _of(group, "supply_temperature", "supply", "°C", skid.supply_temperature, supply),
                _of(group, "differential_pressure", "ΔP", "kPa", skid.differential_pressure, pressure),
                _of(group, "flow", "flow", "l/min", skid.flow),
                _of(group, "return_temperature", "return", "°C", skid.return_temperature),
                _of(group, "heat", "heat", "kW", skid.heat),
                _of(group, "valve_position", "valve", "%", skid.valve_position),
                _of(group, "facility_supply_temperature", "facility water", "°C", skid.facility_supply_temperature),
                *speeds,
            ]
    for pdu in document.pdus:
        if pdu.name == group:
            phases = [
                _of(group, f"phase_current.{n}", f"L{n}", "A", current)
                for n, current in enumerate(pdu.phase_current, 1)
            ]
            power = pdu.power.number
            return [
                Quantity(f"{group}.power", "power", "kW", None if power is None else power / 1000, factor=0.001),
                *phases,
            ]
    return []


def _of(device: str, point: str, title: str, unit: str, value: Value, target: float | None = None) -> Quantity:
    return Quantity(f"{device}.{point}", title, unit, value.number, target)
