"""What each branch carries, as far as it is known, and what it has to be taken for where it is not. Pure.

A rack of which nothing is known is taken to draw its rating (control.md): unknown branches carry what the rating leaves beyond
the known ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from ..config import Feed, Rack
from ..document import PduState

POWER_FACTOR = 0.95
"""For currents that are not measured: an assumption on the safe side, for the plant's shelves have 0.997."""
_LIVE_PART = 0.5  # of the nominal voltage; assumed: no shelf carries load below this


class BranchLoad(msgspec.Struct, frozen=True):
    """One branch with a rack. `supplied` is False where there is known to be no voltage, `live` also where its contactor is
    known to be open. `current_A` is of each phase."""

    pdu: str
    number: int
    feed: str
    rack: str
    supplied: bool
    live: bool
    known: bool
    power_kW: float
    current_A: float


def branch_loads(feeds: Sequence[Feed], racks: Sequence[Rack], pdus: Sequence[PduState]) -> tuple[BranchLoad, ...]:
    """Of every branch that feeds one of these racks, in the order of the PDUs."""
    volts = {feed.name: feed.voltage_V for feed in feeds}
    rated = {rack.name: rack.power_kW for rack in racks}
    supplied = {pdu.name: _supplied(pdu, volts.get(pdu.feed)) for pdu in pdus}
    found: list[BranchLoad] = []
    for rack in racks:
        branches = [(pdu, branch) for pdu in pdus for branch in pdu.branches if branch.rack == rack.name]
        measured = {(pdu.name, b.number): b.power.number for pdu, b in branches}
        known_kW = sum(power for power in measured.values() if power is not None) / 1000.0
        dark = sum(
            measured[pdu.name, b.number] is None and supplied[pdu.name] is not False and b.closed is not False
            for pdu, b in branches
        )
        for pdu, branch in branches:
            power_W = measured[pdu.name, branch.number]
            live = supplied[pdu.name] is not False and branch.closed is not False
            missing_kW = max(0.0, rated[rack.name] - known_kW) / dark if power_W is None and live else 0.0
            power_kW = missing_kW if power_W is None else power_W / 1000.0
            current = branch.current.number
            found.append(
                BranchLoad(
                    pdu=pdu.name,
                    number=branch.number,
                    feed=pdu.feed,
                    rack=rack.name,
                    supplied=supplied[pdu.name] is not False,
                    live=live,
                    known=power_W is not None,
                    power_kW=power_kW,
                    current_A=_current_A(power_kW, volts.get(pdu.feed)) if current is None else current,
                )
            )
    return tuple(found)


def _supplied(pdu: PduState, volts: float | None) -> bool | None:
    """Whether there is voltage at this PDU; None: not known."""
    phases = [value.number for value in pdu.phase_voltage]
    known = [phase for phase in phases if phase is not None]
    if not known or volts is None:
        return None
    return max(known) >= _LIVE_PART * volts / math.sqrt(3.0)


def _current_A(power_kW: float, volts: float | None) -> float:
    return 0.0 if volts is None else 1000.0 * power_kW / (math.sqrt(3.0) * volts * POWER_FACTOR)


def rated_A(racks: Mapping[str, float], volts: float) -> dict[str, float]:
    """Current of each phase when a rack draws its rating (kW, by name) from one feed alone."""
    return {name: _current_A(power, volts) for name, power in racks.items()}
