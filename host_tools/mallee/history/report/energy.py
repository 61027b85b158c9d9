"""The rows of an energy report: of the pod by period, and of its parts. Pure.

Everything is summed from hours, so days are sums of their hours, feeds of their PDUs, racks of their branches, and the last row
of each is the sum of those above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from ...pod.config import PodConfig
from ...pod.topology.graph import branch_name
from .amounts import Amount, total
from .periods import By, Period, Zone, periods, shown

Kind = Literal["feed", "pdu", "branch", "rack", "skid"]
LEAST_COVERAGE = 0.75
"""A ratio counts hours in which each of its parts was covered for so much of the time."""


class Measured(NamedTuple):
    """By name, an amount for each of `hours`. `pumps`: electric energy of a skid's pumps; `heat`: what the coolant brought to
    it, thermal. Branches are named PDU.NUMBER."""

    hours: tuple[Period, ...]
    pdus: Mapping[str, Sequence[Amount]]
    branches: Mapping[str, Sequence[Amount]]
    heat: Mapping[str, Sequence[Amount]]
    pumps: Mapping[str, Sequence[Amount]]


class PodRow(msgspec.Struct, frozen=True, kw_only=True):
    """`by` is hour, day or total. `it_kWh` is of the branches that feed racks, `other_kWh` of those that feed none, `cooling_kWh`
    of the skids' pumps; None: not known. Coverage is the part of the time in which it was measured, of all its places.
    `partial_pue` and `cooling_per_heat` (kWh of pumps by kWh of heat) are of mean powers over the hours in which all parts were
    measured; `ratios_percent` says what part of the time these are."""

    by: By
    begin: str
    end: str
    it_kWh: float | None
    other_kWh: float | None
    cooling_kWh: float | None
    heat_kWh: float | None
    partial_pue: float | None
    cooling_per_heat: float | None
    it_coverage_percent: float | None
    cooling_coverage_percent: float | None
    heat_coverage_percent: float | None
    ratios_percent: float | None
    bridged_kWh: float
    restarts: int
    it_source: str
    cooling_source: str


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """`quantity` is electric, or heat. `source`: counter, power, pump_curve; with a comma where both were needed."""

    by: By
    begin: str
    end: str
    kind: Kind
    name: str
    quantity: str
    energy_kWh: float | None
    coverage_percent: float | None
    bridged_kWh: float
    restarts: int
    source: str


def pod_rows(config: PodConfig, measured: Measured, by: By, zone: Zone) -> list[PodRow]:
    """In order of time, and one more for all of it where there are several."""
    racks, others = _branches_of(config, measured)
    return [_pod_row(measured, racks, others, period, at, zone) for period, at in _grouped(measured.hours, by, zone)]


def place_rows(config: PodConfig, measured: Measured, kind: Kind, by: By, zone: Zone) -> list[PlaceRow]:
    """Of each place of that kind, as pod_rows."""
    return [
        PlaceRow(
            by=period.by,
            begin=shown(period.begin_ms, zone),
            end=shown(period.end_ms, zone),
            kind=kind,
            name=name,
            quantity=quantity,
            energy_kWh=_rounded(amount.kWh),
            coverage_percent=_percent(amount.coverage),
            bridged_kWh=round(amount.bridged_kWh, _DIGITS),
            restarts=amount.restarts,
            source=_source(amount),
        )
        for period, at in _grouped(measured.hours, by, zone)
        for name, quantity, parts in _places(config, measured, kind)
        for amount in (total(each[n] for each in parts for n in at),)
    ]


def unexplained(config: PodConfig, measured: Measured) -> dict[str, float]:
    """Part by which the branches' counters differ from their PDU's, over the hours in which both are known for nearly all of
    the time; of PDUs of which that cannot be said, nothing."""
    found: dict[str, float] = {}
    for pdu in config.pdus:
        # Of branches that nothing hangs on many are not fitted.
        own = [branch_name(pdu.name, number) for number in range(1, len(pdu.racks) + 1)]
        parts = [measured.branches[name] for name in own]
        whole = measured.pdus[pdu.name]
        at = [n for n in range(len(measured.hours)) if all(_nearly(each[n]) for each in (*parts, whole))]
        sum_kWh = sum(each[n].kWh or 0.0 for each in parts for n in at)
        of_kWh = sum(whole[n].kWh or 0.0 for n in at)
        if of_kWh > 0:
            found[pdu.name] = sum_kWh / of_kWh - 1.0
    return found


_DIGITS = 6
_NEARLY = 0.99


def _nearly(amount: Amount) -> bool:
    return amount.kWh is not None and (amount.coverage or 0.0) >= _NEARLY


def _grouped(hours: Sequence[Period], by: By, zone: Zone) -> Iterator[tuple[Period, list[int]]]:
    """Periods and the numbers of their hours."""
    if not hours:
        return
    whole = Period("total", hours[0].begin_ms, hours[-1].end_ms)
    wanted = periods(whole.begin_ms, whole.end_ms, by, zone)
    if len(wanted) > 1:
        wanted.append(whole)
    first = 0
    for period in wanted:
        if period.by == "total":
            yield period, list(range(len(hours)))
            continue
        behind = first
        while behind < len(hours) and hours[behind].begin_ms < period.end_ms:
            behind += 1
        yield period, list(range(first, behind))
        first = behind


def _branches_of(config: PodConfig, measured: Measured) -> tuple[list[Sequence[Amount]], list[Sequence[Amount]]]:
    """Of branches that feed racks, and of the others as far as they are measured at all."""
    racks: list[Sequence[Amount]] = []
    others: list[Sequence[Amount]] = []
    for pdu in config.pdus:
        for number, rack in enumerate(pdu.racks, 1):
            own = measured.branches[branch_name(pdu.name, number)]
            if rack:
                racks.append(own)
            elif any(each.kWh is not None for each in own):
                others.append(own)
    return racks, others


def _places(config: PodConfig, measured: Measured, kind: Kind) -> Iterator[tuple[str, str, Sequence[Sequence[Amount]]]]:
    """Name, quantity, and what it is the sum of."""
    if kind == "feed":
        for feed in config.feeds:
            yield feed.name, "electric", [measured.pdus[pdu.name] for pdu in config.pdus if pdu.feed == feed.name]
    elif kind == "pdu":
        for pdu in config.pdus:
            yield pdu.name, "electric", [measured.pdus[pdu.name]]
    elif kind == "branch":
        for name, amounts in measured.branches.items():
            yield name, "electric", [amounts]
    elif kind == "rack":
        for rack in config.racks:
            names = [
                branch_name(pdu.name, number)
                for pdu in config.pdus
                for number, fed in enumerate(pdu.racks, 1)
                if fed == rack.name
            ]
            yield rack.name, "electric", [measured.branches[name] for name in names]
    else:
        for skid in config.skids:
            yield skid.name, "heat", [measured.heat[skid.name]]
            yield skid.name, "electric", [measured.pumps[skid.name]]


def _pod_row(
    measured: Measured,
    racks: Sequence[Sequence[Amount]],
    others: Sequence[Sequence[Amount]],
    period: Period,
    at: Sequence[int],
    zone: Zone,
) -> PodRow:
    pumps, warm = list(measured.pumps.values()), list(measured.heat.values())
    it, other, cooling, heat = (total(each[n] for each in of for n in at) for of in (racks, others, pumps, warm))
    pue, per_heat, hours_ms = _ratios(measured.hours, racks, others, pumps, warm, at)
    return PodRow(
        by=period.by,
        begin=shown(period.begin_ms, zone),
        end=shown(period.end_ms, zone),
        it_kWh=_rounded(it.kWh),
        other_kWh=_rounded(other.kWh),
        cooling_kWh=_rounded(cooling.kWh),
        heat_kWh=_rounded(heat.kWh),
        partial_pue=_rounded(pue),
        cooling_per_heat=_rounded(per_heat),
        it_coverage_percent=_percent(it.coverage),
        cooling_coverage_percent=_percent(cooling.coverage),
        heat_coverage_percent=_percent(heat.coverage),
        ratios_percent=_percent(hours_ms / (period.end_ms - period.begin_ms)),
        bridged_kWh=round(it.bridged_kWh + other.bridged_kWh, _DIGITS),
        restarts=it.restarts + other.restarts,
        it_source=_source(it),
        cooling_source=_source(cooling),
    )


def _ratios(
    hours: Sequence[Period],
    racks: Sequence[Sequence[Amount]],
    others: Sequence[Sequence[Amount]],
    pumps: Sequence[Sequence[Amount]],
    warm: Sequence[Sequence[Amount]],
    at: Sequence[int],
) -> tuple[float | None, float | None, float]:
    """PUE, cooling by heat, and how much time they are of."""
    it = other = cooling = heat = counted_ms = 0.0
    for n in at:
        of_ms = hours[n].end_ms - hours[n].begin_ms
        means = [_mean_kW(each[n] for each in of) for of in (racks, others, pumps, warm)]
        if (others and means[1] is None) or None in (means[0], means[2], means[3]):
            continue
        it, other, cooling, heat = (
            so_far + (mean or 0.0) * of_ms for so_far, mean in zip((it, other, cooling, heat), means, strict=True)
        )
        counted_ms += of_ms
    return (it + other + cooling) / it if it > 0 else None, cooling / heat if heat > 0 else None, counted_ms


def _mean_kW(parts: Iterable[Amount]) -> float | None:
    """Of all together while they were measured; None where one of them was not for long enough, or there is none."""
    sum_kW, any_part = 0.0, False
    for part in parts:
        if part.kWh is None or (part.coverage or 0.0) < LEAST_COVERAGE:
            return None
        sum_kW += (part.kWh - part.bridged_kWh) / (part.covered_ms / 3_600_000)
        any_part = True
    return sum_kW if any_part else None


def _source(amount: Amount) -> str:
    return ", ".join(sorted(amount.sources))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _percent(part: float | None) -> float | None:
    return None if part is None else round(100.0 * part, 3)
