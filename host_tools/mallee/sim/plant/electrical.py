"""Power: feeds, breakers, contactors, shelves, racks.

A branch feeds one power shelf of the rack it names. The shelves of a rack that have voltage share its load equally, each up to
its rating; what they cannot carry the rack does not get. Shelves draw S = P / (efficiency × power factor), balanced over three
phases: I = S / (√3 U). Contactors are bistable: a coil pulse of 20 ms moves them, without power they stay.

From a feed to a shelf: the feed's main breaker, the PDU's, the meter, the branch's contactor and breaker. What is behind an open
one has no current, and what is behind an open main no voltage. A shelf that gets voltage draws its inrush first and takes load
after it. A breaker closes again only when somebody closes it.
"""

from __future__ import annotations

import math

from ...pod.config import PodConfig
from .breaker import Breaker

BRANCHES = 8


class Feed:
    """`on` False is a lost feed. `voltage_V` is line to line."""

    def __init__(self, name: str, voltage_V: float, main: Breaker) -> None:
        self.name = name
        self.voltage_V = voltage_V
        self.main = main
        self.on = True

    @property
    def live(self) -> bool:
        """There is voltage behind its main breaker."""
        return self.on and self.main.closed


class Contactor:
    def __init__(self) -> None:
        self.closed = True
        self.welded = False
        """Fault: it does not open."""
        self.broken = False
        """Fault: it does not close."""
        self.set_us = 0
        self.reset_us = 0


class Branch:
    """One outgoing circuit and the shelf behind it; `rack` is None where nothing is connected."""

    def __init__(self, rack: int | None, breaker: Breaker) -> None:
        self.rack = rack
        self.contactor = Contactor()
        self.breaker = breaker
        self.foreign_A = 0.0
        """Fault: what something else behind contactor and breaker draws of each phase, an overload or a short circuit."""
        self.live = True
        """There is voltage behind contactor and breaker."""
        self.inrush_us = 0
        """What is left of the shelf's inrush."""
        self.shelf_W = 0.0
        self.power_W = 0.0
        """Of the shelf and of whatever else hangs on the circuit, whose heat goes elsewhere."""
        self.reactive_var = 0.0
        self.current_A = 0.0
        """RMS of each phase."""


class PduPower:
    """The power side of one PDU."""

    def __init__(self, name: str, feed: Feed, main: Breaker, branches: list[Branch]) -> None:
        self.name = name
        self.feed = feed
        self.main = main
        self.branches = branches
        self.set_coils = 0
        self.reset_coils = 0

    @property
    def live(self) -> bool:
        """There is voltage at its meters."""
        return self.feed.live and self.main.closed

    @property
    def closed_bits(self) -> int:
        return sum(1 << i for i, branch in enumerate(self.branches) if branch.contactor.closed)

    @property
    def power_W(self) -> float:
        return sum(branch.power_W for branch in self.branches)

    @property
    def current_A(self) -> float:
        return sum(branch.current_A for branch in self.branches)


class Electrical:
    """All of it. `version` moves whenever a measured value may have changed."""

    def __init__(self, config: PodConfig) -> None:
        p = self._parameters = config.plant.electrical
        tau_s = p.breaker_time_constant_s
        self.feeds = {
            feed.name: Feed(feed.name, feed.voltage_V, Breaker(feed.main_A, p.main_band, tau_s))
            for feed in config.feeds
        }
        index = {rack.name: i for i, rack in enumerate(config.racks)}
        self.pdus: dict[str, PduPower] = {}
        for pdu in config.pdus:
            names = [*pdu.racks, *[""] * BRANCHES][:BRANCHES]
            branches = [Branch(index.get(name), Breaker(p.branch_A, p.branch_band, tau_s)) for name in names]
            main = Breaker(pdu.main_A, p.main_band, tau_s)
            self.pdus[pdu.name] = PduPower(pdu.name, self.feeds[pdu.feed], main, branches)
        self._breakers = [
            *(feed.main for feed in self.feeds.values()),
            *(pdu.main for pdu in self.pdus.values()),
            *(branch.breaker for pdu in self.pdus.values() for branch in pdu.branches),
        ]
        self.frequency_Hz = p.frequency_Hz
        self.demand_W = [rack.power_kW * 1000.0 for rack in config.racks]
        self.supplied_W = list(self.demand_W)
        self.loss_W = 0.0
        """Of all shelves; it heats the room."""
        self.version = 0
        self._contactor_us = round(p.contactor_ms * 1000)
        self._inrush_us = round(p.inrush_ms * 1000)
        self._inrushing: list[Branch] = []
        self._shelves: list[list[tuple[PduPower, Branch]]] = [[] for _ in config.racks]
        for pdu in self.pdus.values():
            for branch in pdu.branches:
                if branch.rack is not None:
                    self._shelves[branch.rack].append((pdu, branch))
        self.share()

    def step(self, dt_us: int) -> None:
        """Move contactors whose coils have been driven long enough, end inrushes, warm breakers."""
        moved = False
        for branch in self._inrushing:
            branch.inrush_us -= dt_us
            moved = moved or branch.inrush_us <= 0
        for pdu in self.pdus.values():
            if pdu.set_coils or pdu.reset_coils:
                moved = self._coils(pdu, dt_us) or moved
        share = 1.0 - math.exp(-dt_us / 1e6 / self._parameters.breaker_time_constant_s)
        for breaker in self._breakers:
            moved = breaker.warm(share) or moved
        if moved:
            self.share()

    def settle(self) -> None:
        """Every breaker as warm as its present current makes it."""
        for breaker in self._breakers:
            breaker.settle()

    def _coils(self, pdu: PduPower, dt_us: int) -> bool:
        moved = False
        for i, branch in enumerate(pdu.branches):
            contactor = branch.contactor
            contactor.set_us = contactor.set_us + dt_us if pdu.set_coils >> i & 1 else 0
            contactor.reset_us = contactor.reset_us + dt_us if pdu.reset_coils >> i & 1 else 0
            closed = contactor.closed
            if contactor.set_us >= self._contactor_us and not contactor.broken and not contactor.reset_us:
                closed = True
            elif contactor.reset_us >= self._contactor_us and not contactor.welded and not contactor.set_us:
                closed = False
            if closed != contactor.closed:
                contactor.closed = closed
                moved = True
        return moved

    def coils(self, name: str, set_coils: int, reset_coils: int) -> None:
        """What a controller drives now. A coil that is released starts anew."""
        pdu = self.pdus[name]
        for i, branch in enumerate(pdu.branches):
            if not set_coils >> i & 1:
                branch.contactor.set_us = 0
            if not reset_coils >> i & 1:
                branch.contactor.reset_us = 0
        pdu.set_coils, pdu.reset_coils = set_coils, reset_coils

    def demand(self, powers_W: list[float]) -> None:
        """What the racks want now."""
        if powers_W != self.demand_W:
            self.demand_W = powers_W
            self.share()

    def share(self) -> None:
        """Distribute the racks' demand over live shelves. Call after any change of contactors, breakers or feeds."""
        p = self._parameters
        self.version += 1
        rating = p.shelf_kW * 1000.0
        self._energise()
        self.loss_W = 0.0
        for rack, shelves in enumerate(self._shelves):
            carrying = sum(1 for _, branch in shelves if branch.live and branch.inrush_us <= 0)
            each = min(self.demand_W[rack] / carrying, rating) if carrying else 0.0
            self.supplied_W[rack] = each * carrying
            power = each / p.shelf_efficiency
            self.loss_W += (power - each) * carrying
            for _, branch in shelves:
                drawn = power if branch.inrush_us <= 0 else rating / p.shelf_efficiency * p.inrush_ratio
                branch.shelf_W = drawn if branch.live else 0.0
        self._carry()

    def _energise(self) -> None:
        """Find which branches have voltage; shelves that get it now begin their inrush."""
        self._inrushing = []
        for pdu in self.pdus.values():
            pdu_live = pdu.live
            for branch in pdu.branches:
                before = branch.live
                branch.live = pdu_live and branch.contactor.closed and branch.breaker.closed
                if not branch.live:
                    branch.inrush_us = 0
                elif not before and branch.rack is not None:
                    branch.inrush_us = self._inrush_us
                if branch.inrush_us > 0:
                    self._inrushing.append(branch)

    def _carry(self) -> None:
        """Find what each branch draws, and tell each breaker its current. What is foreign has the shelves' power factor."""
        p = self._parameters
        tangent = math.tan(math.acos(p.power_factor))
        for feed in self.feeds.values():
            feed.main.current_A = 0.0
        for pdu in self.pdus.values():
            W_per_A = math.sqrt(3.0) * pdu.feed.voltage_V * p.power_factor
            total_A = 0.0
            for branch in pdu.branches:
                foreign_A = branch.foreign_A if branch.live else 0.0
                branch.current_A = branch.breaker.current_A = branch.shelf_W / W_per_A + foreign_A
                branch.power_W = branch.shelf_W + foreign_A * W_per_A
                branch.reactive_var = branch.power_W * tangent
                total_A += branch.current_A
            pdu.main.current_A = total_A
            pdu.feed.main.current_A += total_A

    def breaker(self, name: str, branch: int | None = None) -> Breaker:
        """The main breaker of a feed or a PDU, or that of a PDU's branch (from 0)."""
        if branch is not None:
            return self.pdus[name].branches[branch].breaker
        return self.feeds[name].main if name in self.feeds else self.pdus[name].main

    def open_breaker(self, name: str, branch: int | None = None, opened: bool = True) -> None:
        """Fault: a breaker opens (see `breaker`), or somebody closes it again."""
        self.breaker(name, branch).closed = not opened
        self.share()

    def overload(self, name: str, branch: int, by_A: float) -> None:
        """Fault: something else behind a PDU's branch (from 0) draws so much more of each phase, up to a short circuit.

        Overloads add up; the same with the other sign ends one.
        """
        self.pdus[name].branches[branch].foreign_A += by_A
        self.share()

    def lose_feed(self, name: str, lost: bool = True) -> None:
        """Fault: the feed has no voltage, or has it again."""
        self.feeds[name].on = not lost
        self.share()

    def feed_power_W(self, name: str) -> float:
        return sum(pdu.power_W for pdu in self.pdus.values() if pdu.feed.name == name)

    def feed_current_A(self, name: str) -> float:
        return sum(pdu.current_A for pdu in self.pdus.values() if pdu.feed.name == name)
