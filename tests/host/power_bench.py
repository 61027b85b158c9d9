"""A feed pair with racks, as the power manager sees it: documents from what racks want, caps and switched-off racks; no time,
no I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from mallee import resources
from mallee.pod.config import PodConfig
from mallee.pod.document import BranchState, PduState, Value
from mallee.pod.loader import load_pod
from mallee.pod.power import manager, sums
from mallee.pod.power.capping import RackInput
from mallee.pod.power.limits import limits
from mallee.reading import Quality

OVERSUBSCRIBED = load_pod(resources.examples_dir() / "oversubscribed.toml")
_W_PER_A = math.sqrt(3.0) * 415.0 * 0.982 * 0.997


def _good(value: float) -> Value:
    return Value(value=value, quality=Quality.GOOD)


UNKNOWN = Value(quality=Quality.NO_ANSWER)


@dataclass
class Racks:
    """`wanted_kW` by rack. What they get: at most the cap that is in force, nothing while off. `step()` is one second."""

    config: PodConfig = OVERSUBSCRIBED
    wanted_kW: dict[str, float] = field(default_factory=dict)
    lost_feeds: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    """PDUs that do not answer."""
    limitable: bool = True
    caps_kW: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    state: manager.PowerState | None = None
    changes: list = field(default_factory=list)
    left_s: Mapping[str, float | None] = field(default_factory=dict)

    def drawn_kW(self, rack: str) -> float:
        if rack in self.off:
            return 0.0
        wanted = self.wanted_kW.get(rack, next(r.power_kW for r in self.config.racks if r.name == rack))
        return min(wanted, self.caps_kW.get(rack, wanted))

    def pdus(self) -> tuple[PduState, ...]:
        live = [pdu for pdu in self.config.pdus if pdu.feed not in self.lost_feeds]
        shelves = {r.name: sum(pdu.racks.count(r.name) for pdu in live) for r in self.config.racks}
        states = []
        for pdu in self.config.pdus:
            on, dark = pdu in live, pdu.name in self.silent
            powers = [self.drawn_kW(rack) / shelves[rack] if on and shelves[rack] else 0.0 for rack in pdu.racks]
            amps = [1000.0 * power / _W_PER_A for power in powers]
            states.append(
                PduState(
                    name=pdu.name,
                    address=pdu.address,
                    unit=pdu.unit,
                    answering=not dark,
                    feed=pdu.feed,
                    main_A=pdu.main_A,
                    power=UNKNOWN if dark else _good(1000.0 * sum(powers)),
                    phase_current=() if dark else (_good(sum(amps)),) * 3,
                    phase_voltage=() if dark else (_good(240.0 if on else 0.0),) * 3,
                    branches=tuple(
                        BranchState(
                            number=number,
                            rack=rack,
                            power=UNKNOWN if dark else _good(1000.0 * power),
                            current=UNKNOWN if dark else _good(current),
                            thermal=UNKNOWN,
                            closed=None if dark else on and rack not in self.off,
                        )
                        for number, (rack, power, current) in enumerate(zip(pdu.racks, powers, amps, strict=True), 1)
                    ),
                )
            )
        return sums.with_loads(states)

    def inputs(self, pdus: tuple[PduState, ...]) -> list[RackInput]:
        seen = sums.rack_states([(r.name, r.power_kW, r.liquid_kW) for r in self.config.racks], pdus)
        return [
            RackInput(
                name=entry.name,
                rated_kW=entry.power_kW,
                minimum_kW=entry.least_kW,
                priority=entry.priority,
                power_kW=rack.power_kW,
                limitable=self.limitable,
                off=entry.name in self.off,
                cap_kW=self.caps_kW.get(entry.name),
            )
            for entry, rack in zip(self.config.racks, seen, strict=True)
        ]

    def step(self, seconds: int = 1) -> list:
        """Changes in these seconds."""
        began = len(self.changes)
        for _ in range(seconds):
            pdus = self.pdus()
            found, inputs = limits(self.config, pdus), self.inputs(pdus)
            if self.state is None:
                self.state = manager.begin(found, inputs)
            self.state, decision = manager.step(self.config.power, self.state, found, inputs, 1.0)
            self.changes += decision.changes
            self.caps_kW = decision.caps_kW if self.limitable else {}
            self.off, self.left_s = decision.off, decision.left_s
        return self.changes[began:]

    def current_A(self, name: str) -> float:
        return next(limit.load for limit in limits(self.config, self.pdus()) if limit.name == name)


def with_power(config: PodConfig, **changes: object) -> PodConfig:
    return msgspec.structs.replace(config, power=msgspec.structs.replace(config.power, **changes))


def with_feeds(config: PodConfig, **changes: object) -> PodConfig:
    return msgspec.structs.replace(config, feeds=tuple(msgspec.structs.replace(f, **changes) for f in config.feeds))
