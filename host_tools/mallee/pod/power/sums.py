"""Sums and limits of the electrical side. Pure; it reports; who acts: manager.py."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..config import Feed
from ..document import FeedState, Finding, PduState, RackState

AIM = 0.95  # control.md, Dynamo's bands: aim for 95 % of a limit …
CAP = 0.99  # … and cap at 99 %
_WH_PER_KWH = 1000.0
_W_PER_KW = 1000.0


def largest_phase_A(pdu: PduState) -> float | None:
    """Current of the most loaded phase; None unless all phases are known."""
    currents = [value.number for value in pdu.phase_current]
    known = [current for current in currents if current is not None]
    return max(known) if known and len(known) == len(currents) else None


def with_loads(pdus: Sequence[PduState]) -> tuple[PduState, ...]:
    """The PDUs with `load` and `survivor_current_A` filled in."""
    feeds = sorted({pdu.feed for pdu in pdus})
    filled: list[PduState] = []
    for pdu in pdus:
        current = largest_phase_A(pdu)
        moved = [_taken_over(pdu, pdus, lost) for lost in feeds if lost != pdu.feed]
        worst = None if any(part is None for part in moved) else max((p for p in moved if p is not None), default=0.0)
        filled.append(
            msgspec.structs.replace(
                pdu,
                load=None if current is None else current / pdu.main_A,
                survivor_current_A=None if current is None or worst is None else current + worst,
            )
        )
    return tuple(filled)


def _taken_over(pdu: PduState, pdus: Sequence[PduState], lost_feed: str) -> float | None:
    """Current in A that this PDU gets when `lost_feed` goes: each rack's shelves share what theirs carried.

    None when a branch that would move is not known.
    """
    total = 0.0
    for branch in pdu.branches:
        if not branch.rack or branch.closed is False:
            continue
        lost = [
            b
            for p in pdus
            if p.feed == lost_feed
            for b in p.branches
            if b.rack == branch.rack and b.closed is not False
        ]
        left = [
            b
            for p in pdus
            if p.feed != lost_feed
            for b in p.branches
            if b.rack == branch.rack and b.closed is not False
        ]
        currents = [b.current.number for b in lost]
        known = [current for current in currents if current is not None]
        if len(known) < len(currents):
            return None
        total += sum(known) / len(left)
    return total


def feed_states(feeds: Sequence[Feed], pdus: Sequence[PduState]) -> tuple[FeedState, ...]:
    """Sums per feed. A sum with an unknown part is None: half a sum would look like headroom."""
    return tuple(_feed(feed, [pdu for pdu in pdus if pdu.feed == feed.name]) for feed in feeds)


def _feed(feed: Feed, pdus: list[PduState]) -> FeedState:
    phases = max((len(pdu.phase_current) for pdu in pdus), default=0)
    by_phase = [
        _sum([pdu.phase_current[n].number if n < len(pdu.phase_current) else None for pdu in pdus])
        for n in range(phases)
    ]
    known = [current for current in by_phase if current is not None]
    current = max(known) if known and len(known) == len(by_phase) else None
    survivor = _sum([pdu.survivor_current_A for pdu in pdus])
    power_W, energy_Wh = _sum([pdu.power.number for pdu in pdus]), _sum([pdu.energy.number for pdu in pdus])
    return FeedState(
        name=feed.name,
        main_A=feed.main_A,
        pdus=len(pdus),
        pdus_known=sum(pdu.power.number is not None for pdu in pdus),
        power_kW=None if power_W is None else power_W / _W_PER_KW,
        energy_kWh=None if energy_Wh is None else energy_Wh / _WH_PER_KWH,
        current_A=current,
        load=None if current is None else current / feed.main_A,
        survivor_current_A=survivor,
        headroom_A=None if survivor is None else feed.main_A - survivor,
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def rack_states(racks: Sequence[tuple[str, float, float]], pdus: Sequence[PduState]) -> tuple[RackState, ...]:
    """Electrical power of each rack (name, rated kW, liquid kW) from the branches that feed it."""
    states: list[RackState] = []
    for name, rated, liquid in racks:
        branches = [branch for pdu in pdus for branch in pdu.branches if branch.rack == name]
        known = [power for branch in branches if (power := branch.power.number) is not None]
        states.append(
            RackState(
                name=name,
                rated_kW=rated,
                liquid_kW=liquid,
                power_kW=sum(known) / _W_PER_KW if known and len(known) == len(branches) else None,
                estimate_kW=min(sum(known) / _W_PER_KW * len(branches) / len(known), rated) if known else None,
                branches=len(branches),
                branches_known=len(known),
                branches_closed=sum(branch.closed is True for branch in branches),
            )
        )
    return tuple(states)


def findings(feeds: Sequence[FeedState], pdus: Sequence[PduState]) -> tuple[Finding, ...]:
    """Mains in the 95 % and 99 % bands, and N-1 headroom that is not there."""
    found: list[Finding] = []
    for where, load in [(f"feed {f.name}", f.load) for f in feeds] + [(p.name, p.load) for p in pdus]:
        if load is not None and load >= AIM:
            level = "limit" if load >= CAP else "warning"
            found.append(Finding(level=level, where=where, what=f"{load * 100:.0f} % of its main"))
    mains = [(f"feed {f.name}", f.survivor_current_A, f.main_A) for f in feeds]
    mains += [(p.name, p.survivor_current_A, p.main_A) for p in pdus]
    for where, survivor, main in mains:
        if survivor is not None and survivor > main:
            what = f"would carry {survivor:.0f} A of {main:.0f} A if another feed were lost"
            found.append(Finding(level="warning", where=where, what=what))
    return tuple(found)
