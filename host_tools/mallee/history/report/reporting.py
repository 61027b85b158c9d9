"""The reports that `mallee report` prints, from a history or from the controllers themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Literal, NamedTuple

import msgspec

from ...errors import MalleeError
from ...pod.config import PodConfig
from ...pod.power import balance
from ..asking import FOREVER_MS
from ..query import History
from .currents import mean_phases
from .energy import PlaceRow, PodRow, place_rows, pod_rows, unexplained
from .gathering import extent_ms, gather
from .periods import By, Zone, periods, shown

Of = Literal["pod", "feed", "pdu", "branch", "rack", "skid"]
_LATE_MS = 120_000
"""What comes once a minute may be so late without anything being missed."""
_UNEXPLAINED = 0.01
"""Meters of class 1 and their sum differ by no more."""


class EnergyReport(NamedTuple):
    """`notes`: what a reader of the rows should know."""

    rows: Sequence[PodRow] | Sequence[PlaceRow]
    notes: Sequence[str]


class MoveRow(msgspec.Struct, frozen=True):
    branch: int
    rack: str
    phases: str


class BalanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Of one PDU; A and percent. Means from `begin` to `end`, or, without them, of now. `moves` None: a branch is not known, and
    `note` says which; empty: nothing to do."""

    pdu: str
    source: str
    begin: str | None
    end: str | None
    phases_A: tuple[float, float, float] | None
    unbalance_percent: float | None
    neutral_A: float | None
    moves: tuple[MoveRow, ...] | None
    expected_phases_A: tuple[float, float, float] | None
    expected_unbalance_percent: float | None
    expected_neutral_A: float | None
    note: str = ""


def energy(history: History, config: PodConfig, from_ms: int, to_ms: int, by: By, of: Of, zone: Zone) -> EnergyReport:
    """Open ends of the range are where the recording begins and ends. Raises MalleeError where nothing was recorded."""
    begin_ms, end_ms = recorded_range_ms(history, config, from_ms, to_ms)
    measured = gather(history, config, periods(begin_ms, end_ms, "hour", zone))
    notes = outside(history, config, from_ms, to_ms, zone) + [
        f"{pdu}: the counters of its branches make {part:+.1%} of its own: one of them is wrong, or was replaced"
        for pdu, part in unexplained(config, measured).items()
        if abs(part) > _UNEXPLAINED
    ]
    if history.damaged_blocks:
        notes.append(f"{history.damaged_blocks} blocks could not be read; `mallee history check` says which")
    if of == "pod":
        rows = pod_rows(config, measured, by, zone)
        restarts = rows[-1].restarts if rows else 0
    else:
        rows = place_rows(config, measured, of, by, zone)
        restarts = sum(row.restarts for row in rows if row.by == by)
    if of in ("pod", "skid") and any(each.sources for own in measured.pumps.values() for each in own):
        notes.append("energy of pumps is by the curve in [plant.pumps] at the measured flow and speed, not measured")
    if restarts:
        notes.append(f"counters began anew, or leapt, {restarts} times: sums are the least that there was")
    return EnergyReport(rows, notes)


def recorded_range_ms(history: History, config: PodConfig, from_ms: int, to_ms: int) -> tuple[int, int]:
    """What was recorded of that range. Raises MalleeError where that is nothing."""
    first_ms, last_ms = extent_ms(history, config)
    if last_ms == 0:
        raise MalleeError(
            "nothing was recorded of the PDUs and skids of this pod file",
            "it is the history of another pod, or `mallee run` has only just begun",
            "`mallee history` shows what is in it; --history names another file",
        )
    begin_ms, end_ms = max(from_ms, first_ms), min(to_ms, last_ms)
    if end_ms <= begin_ms:
        raise MalleeError(
            "nothing was recorded in that time",
            f"the recording is from {shown(first_ms, UTC)} to {shown(last_ms, UTC)}",
            "choose another --from and --to, or leave them out",
        )
    return begin_ms, end_ms


def outside(history: History, config: PodConfig, from_ms: int, to_ms: int, zone: Zone) -> list[str]:
    """Says it where a range was asked for that the recording does not have."""
    first_ms, last_ms = extent_ms(history, config)
    said: list[str] = []
    if 0 < from_ms < first_ms - _LATE_MS:
        said.append(f"the recording begins at {shown(first_ms, zone)}: nothing is known before it")
    if last_ms + _LATE_MS < to_ms < FOREVER_MS:
        said.append(f"the recording ends at {shown(last_ms, zone)}: nothing is known after it")
    return said


def recorded_balance(
    history: History, config: PodConfig, from_ms: int, to_ms: int, zone: Zone, threshold: float, most: int
) -> list[BalanceRow]:
    """Of means over that time. Raises MalleeError where nothing was recorded."""
    begin_ms, end_ms = recorded_range_ms(history, config, from_ms, to_ms)
    found = mean_phases(history, config.pdus, begin_ms, end_ms)
    begin, end = shown(begin_ms, zone), shown(end_ms, zone)
    return [_row(name, "history", begin, end, own, threshold, most) for name, own in found.items()]


def live_balance(
    found: Mapping[str, Sequence[balance.BranchPhases] | str], threshold: float, most: int
) -> list[BalanceRow]:
    """Of what currents.live_phases found: a text says why a PDU gave nothing."""
    rows: list[BalanceRow] = []
    for name, own in found.items():
        known = () if isinstance(own, str) else own
        row = _row(name, "live", None, None, known, threshold, most)
        rows.append(msgspec.structs.replace(row, note=own) if isinstance(own, str) else row)
    return rows


def _row(
    pdu: str,
    source: str,
    begin: str | None,
    end: str | None,
    branches: Sequence[balance.BranchPhases],
    threshold: float,
    most: int,
) -> BalanceRow:
    found = balance.advise(branches, threshold=threshold, most=most)
    missing = ", ".join(str(number) for number in found.missing)
    note = f"phase currents of branch {missing} are not known" if missing else ""
    if not branches:
        note = "no phase currents of its branches are known"
    return BalanceRow(
        pdu=pdu,
        source=source,
        begin=begin,
        end=end,
        phases_A=_amperes(found.phases_A),
        unbalance_percent=_percent(found.unbalance),
        neutral_A=_ampere(found.neutral_A),
        moves=None if found.moves is None else tuple(MoveRow(m.branch, m.rack, _TURNED[m.by]) for m in found.moves),
        expected_phases_A=_amperes(found.expected_phases_A),
        expected_unbalance_percent=_percent(found.expected_unbalance),
        expected_neutral_A=_ampere(found.expected_neutral_A),
        note=note,
    )


_TURNED = {1: "L1→L2, L2→L3, L3→L1", 2: "L1→L3, L2→L1, L3→L2"}


def _ampere(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _amperes(values: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
    return None if values is None else (round(values[0], 2), round(values[1], 2), round(values[2], 2))


def _percent(part: float | None) -> float | None:
    return None if part is None else round(100.0 * part, 2)
