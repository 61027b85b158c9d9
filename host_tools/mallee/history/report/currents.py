"""Phase currents of branches: their means over a time, from a history, or those of now, from the PDUs."""

from __future__ import annotations

import asyncio

from ...errors import MalleeError
from ...pod.config import Pdu, PodConfig
from ...pod.fleet import Fleet
from ...pod.power.balance import BranchPhases
from ..compaction import DAY_MS, Level
from ..query import History


def mean_phases(history: History, pdus: tuple[Pdu, ...], from_ms: int, to_ms: int) -> dict[str, list[BranchPhases]]:
    """By PDU, of each branch that feeds a rack, and of the others where anything was recorded. None where a phase was not known
    in all of that time."""
    numbers = {pdu.name: range(1, len(pdu.racks) + 1) for pdu in pdus}
    wanted = {
        f"{name}.branch.{number}.phase_current.{phase}"
        for name, each in numbers.items()
        for number in each
        for phase in (1, 2, 3)
    }
    series = [each for each in history.series() if each.name in wanted]
    sums: dict[str, tuple[float, int]] = {}
    begin_ms = from_ms
    while begin_ms < to_ms and series:
        end_ms = min(to_ms, begin_ms // DAY_MS * DAY_MS + DAY_MS)
        # Currents come once a minute: each of them is a value of its own, as a minute.
        for piece in history.read(series, begin_ms, end_ms, Level.MINUTE):
            assert piece.counts is not None
            total, count = sums.get(piece.series.name, (0.0, 0))
            for value, values in zip(piece.values, piece.counts, strict=True):
                if isinstance(value, int | float):
                    total, count = total + value * values, count + values
            sums[piece.series.name] = (total, count)
        begin_ms = end_ms

    def mean(pdu: str, number: int, phase: int) -> float | None:
        total, count = sums.get(f"{pdu}.branch.{number}.phase_current.{phase}", (0.0, 0))
        return total / count if count else None

    found: dict[str, list[BranchPhases]] = {}
    for pdu in pdus:
        own = [
            BranchPhases(n, rack, (mean(pdu.name, n, 1), mean(pdu.name, n, 2), mean(pdu.name, n, 3)))
            for n, rack in enumerate(pdu.racks, 1)
        ]
        found[pdu.name] = [each for each in own if each.rack or each.phases_A != (None, None, None)]
    return found


async def live_phases(config: PodConfig, timeout_s: float) -> dict[str, list[BranchPhases] | str]:
    """By PDU, as mean_phases; a text says why a PDU gave nothing."""
    async with Fleet(config, timeout_s=timeout_s) as fleet:
        found = await asyncio.gather(*(_read(fleet, pdu) for pdu in config.pdus))
    return {pdu.name: each for pdu, each in zip(config.pdus, found, strict=True)}


async def _read(fleet: Fleet, pdu: Pdu) -> list[BranchPhases] | str:
    try:
        device = await fleet.device(pdu.name)
        names = [
            name
            for number in range(1, len(pdu.racks) + 1)
            for phase in (1, 2, 3)
            if (name := f"branch.{number}.phase_current.{phase}") in device.dictionary.by_name
        ]
        snapshot = await device.read_many(names)
    except MalleeError as error:
        return error.what

    def now(number: int, phase: int) -> float | None:
        name = f"branch.{number}.phase_current.{phase}"
        return snapshot.number(name) if name in snapshot else None

    own = [BranchPhases(n, rack, (now(n, 1), now(n, 2), now(n, 3))) for n, rack in enumerate(pdu.racks, 1)]
    return [each for each in own if each.rack or each.phases_A != (None, None, None)]
