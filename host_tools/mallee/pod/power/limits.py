"""The tree of limits: site, feeds, PDUs; and what each carries of each rack. Pure.

A `reserve` limit is a feed, or a PDU of it, as it would be when the worst other feed were lost: who plans with it has headroom
before the event (N-1). Branches have their own protection in the controller, and a rack its rating; both are below a PDU's main.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from ..config import Feed, PodConfig, Rack
from ..document import PduState
from .loads import BranchLoad, branch_loads, rated_A
from .sums import feed_states, largest_phase_A

Kind = Literal["site", "feed", "pdu", "reserve"]


class Limit(msgspec.Struct, frozen=True):
    """One limit and what is behind it. `load`, `limit` and the loads of racks are in `unit`: A of the most loaded phase, or
    kW."""

    name: str
    kind: Kind
    unit: Literal["A", "kW"]
    limit: float
    load: float
    measured: bool
    """False: parts of it are not known, and were taken for their rating."""
    now: Mapping[str, float]
    """Load of each rack that is behind it."""
    rated: Mapping[str, float]
    """The same, were the rack to draw its rating through the branches that have voltage now."""

    @property
    def part(self) -> float:
        return self.load / self.limit

    @property
    def breaks(self) -> bool:
        """A main that opens when it carries too much for too long."""
        return self.kind in ("feed", "pdu")


def limits(config: PodConfig, pdus: Sequence[PduState]) -> tuple[Limit, ...]:
    """Those of a pod, from the top down. A PDU with unknown parts counts with what its racks may draw."""
    loads = branch_loads(config.feeds, config.racks, pdus)
    found: list[Limit] = []
    if config.power.site_kW is not None:
        found.append(_site(config.power.site_kW, config.racks, loads))
    states = {state.name: state for state in feed_states(config.feeds, pdus)}
    for feed in config.feeds:
        behind = [load for load in loads if load.feed == feed.name]
        current = states[feed.name].current_A
        found.append(_main(f"feed {feed.name}", "feed", feed, feed.main_A, current, behind, loads, config.racks))
        if feed.policy == "reserve":
            found.append(
                _reserve(f"feed {feed.name} alone", feed.main_A, feed, behind, config.feeds, loads, config.racks)
            )
    by_name = {feed.name: feed for feed in config.feeds}
    for pdu in pdus:
        behind = [load for load in loads if load.pdu == pdu.name]
        current = largest_phase_A(pdu)
        feed = by_name[pdu.feed]
        found.append(_main(pdu.name, "pdu", feed, pdu.main_A, current, behind, loads, config.racks))
        if feed.policy == "reserve":
            found.append(_reserve(f"{pdu.name} alone", pdu.main_A, feed, behind, config.feeds, loads, config.racks))
    return tuple(found)


def _site(site_kW: float, racks: Sequence[Rack], loads: Sequence[BranchLoad]) -> Limit:
    now = {rack.name: sum(load.power_kW for load in loads if load.rack == rack.name) for rack in racks}
    supplied = {load.rack for load in loads if load.supplied}
    return Limit(
        name="site",
        kind="site",
        unit="kW",
        limit=site_kW,
        load=sum(now.values()),
        measured=all(load.known for load in loads),
        now=now,
        rated={rack.name: rack.power_kW if rack.name in supplied else 0.0 for rack in racks},
    )


def _main(
    name: str,
    kind: Kind,
    feed: Feed,
    main_A: float,
    current_A: float | None,
    behind: Sequence[BranchLoad],
    loads: Sequence[BranchLoad],
    racks: Sequence[Rack],
) -> Limit:
    now = _by_rack(behind)
    total = sum(now.values())
    if current_A is not None:  # metering chips end at 131 A a branch; fast currents, of which `total` is made, do not
        current_A = max(current_A, total)
    if current_A is not None and total > 0:  # the most loaded phase carries more than the branches' means
        now = {rack: load * current_A / total for rack, load in now.items()}
    whole = rated_A({rack.name: rack.power_kW for rack in racks}, feed.voltage_V)
    return Limit(
        name=name,
        kind=kind,
        unit="A",
        limit=main_A,
        load=total if current_A is None else current_A,
        measured=current_A is not None,
        now=now,
        rated={rack: whole[rack] * _part_of(rack, behind, loads) for rack in now},
    )


def _reserve(
    name: str,
    main_A: float,
    feed: Feed,
    behind: Sequence[BranchLoad],
    feeds: Sequence[Feed],
    loads: Sequence[BranchLoad],
    racks: Sequence[Rack],
) -> Limit:
    """What is behind a main of this feed, after the loss of that other feed that costs it most."""
    worst: dict[str, float] = {}
    worst_rated: dict[str, float] = {}
    whole = rated_A({rack.name: rack.power_kW for rack in racks}, feed.voltage_V)
    for lost in [other for other in feeds if other.name != feed.name] or (None,):
        left = [load for load in loads if lost is None or load.feed != lost.name]
        now, rated = {}, {}
        for rack in {load.rack for load in behind}:
            total_A = sum(load.current_A for load in loads if load.rack == rack)
            part = _part_of(rack, behind, left)
            now[rack], rated[rack] = total_A * part, whole[rack] * part
        if sum(rated.values()) >= sum(worst_rated.values()):
            worst, worst_rated = now, rated
    return Limit(
        name=name,
        kind="reserve",
        unit="A",
        limit=main_A,
        load=sum(worst.values()),
        measured=all(load.known for load in loads),
        now=dict(sorted(worst.items())),
        rated=dict(sorted(worst_rated.items())),
    )


def _by_rack(loads: Sequence[BranchLoad]) -> dict[str, float]:
    found: dict[str, float] = {}
    for load in loads:
        found[load.rack] = found.get(load.rack, 0.0) + load.current_A
    return found


def _part_of(rack: str, behind: Sequence[BranchLoad], loads: Sequence[BranchLoad]) -> float:
    """Of a rack's load: its shelves with voltage share it alike. Of one that is off: as it would be, were it switched on."""
    its = [load for load in loads if load.rack == rack]
    carrying = [load for load in its if load.live] or [load for load in its if load.supplied]
    return sum(load in carrying for load in behind if load.rack == rack) / len(carrying) if carrying else 0.0
