"""Power: feeds, contactors, shelves, racks.

A branch feeds one power shelf of the rack it names. The shelves of a rack that have voltage share its load equally, each up to
its rating; what they cannot carry the rack does not get. Shelves draw S = P / (efficiency × power factor), balanced over three
phases: I = S / (√3 U). Contactors are bistable: a coil pulse of 20 ms moves them, without power they stay.
"""

from __future__ import annotations

import math

from ...pod.config import PodConfig

BRANCHES = 8


class Feed:
    """`on` False is a lost feed. `voltage_V` is line to line."""

    def __init__(self, name: str, voltage_V: float) -> None:
        self.name = name
        self.voltage_V = voltage_V
        self.on = True


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

    def __init__(self, rack: int | None) -> None:
        self.rack = rack
        self.contactor = Contactor()
        self.power_W = 0.0
        self.reactive_var = 0.0
        self.current_A = 0.0
        """RMS of each phase."""
        self.foreign_W = 0.0
        """Fault: what else hangs on this circuit; its heat goes elsewhere."""


class PduPower:
    """The power side of one PDU."""

    def __init__(self, name: str, feed: Feed, racks: list[int | None]) -> None:
        self.name = name
        self.feed = feed
        self.branches = [Branch(rack) for rack in racks]
        self.set_coils = 0
        self.reset_coils = 0

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
        self.feeds = {feed.name: Feed(feed.name, feed.voltage_V) for feed in config.feeds}
        index = {rack.name: i for i, rack in enumerate(config.racks)}
        self.pdus: dict[str, PduPower] = {}
        for pdu in config.pdus:
            names = [*pdu.racks, *[""] * BRANCHES][:BRANCHES]
            racks = [index.get(name) for name in names]
            self.pdus[pdu.name] = PduPower(pdu.name, self.feeds[pdu.feed], racks)
        self.frequency_Hz = p.frequency_Hz
        self.demand_W = [rack.power_kW * 1000.0 for rack in config.racks]
        self.supplied_W = list(self.demand_W)
        self.loss_W = 0.0
        """Of all shelves; it heats the room."""
        self.version = 0
        self._contactor_us = round(p.contactor_ms * 1000)
        self._shelves: list[list[tuple[PduPower, Branch]]] = [[] for _ in config.racks]
        for pdu in self.pdus.values():
            for branch in pdu.branches:
                if branch.rack is not None:
                    self._shelves[branch.rack].append((pdu, branch))
        self.share()

    def step(self, dt_us: int) -> None:
        """Move contactors whose coils have been driven long enough."""
        moved = False
        for pdu in self.pdus.values():
            if pdu.set_coils or pdu.reset_coils:
                moved = self._coils(pdu, dt_us) or moved
        if moved:
            self.share()

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
        """Distribute the racks' demand over live shelves. Call after any change of contactors or feeds."""
        p = self._parameters
        self.version += 1
        rating = p.shelf_kW * 1000.0
        tangent = math.tan(math.acos(p.power_factor))
        self.loss_W = 0.0
        for rack, shelves in enumerate(self._shelves):
            live = sum(1 for pdu, branch in shelves if pdu.feed.on and branch.contactor.closed)
            each = min(self.demand_W[rack] / live, rating) if live else 0.0
            self.supplied_W[rack] = each * live
            power = each / p.shelf_efficiency
            self.loss_W += (power - each) * live
            for pdu, branch in shelves:
                on = pdu.feed.on and branch.contactor.closed
                drawn = power + branch.foreign_W if on else 0.0
                branch.power_W = drawn
                branch.reactive_var = drawn * tangent
                branch.current_A = drawn / p.power_factor / (math.sqrt(3.0) * pdu.feed.voltage_V)

    def lose_feed(self, name: str, lost: bool = True) -> None:
        """Fault: the feed has no voltage, or has it again."""
        self.feeds[name].on = not lost
        self.share()

    def feed_power_W(self, name: str) -> float:
        return sum(pdu.power_W for pdu in self.pdus.values() if pdu.feed.name == name)

    def feed_current_A(self, name: str) -> float:
        return sum(pdu.current_A for pdu in self.pdus.values() if pdu.feed.name == name)
