"""What must be true in every run, whatever happens in it: balances, temperatures, alarms that go again, honest ages."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...pod.document import AlarmState, PduState, PodDocument, SkidState, Value
from ...pod.state import stale_after_s
from .kpis import View
from .model import AlarmSection
from .reading import patterns_match

THROTTLE_DEGC = 85.0
"""Case temperature above which devices throttle (design/simulation.md, default pod)."""
BALANCE = 1e-3
_ANY_DEGC = 1e6
_SLACK_S = 0.05
"""A document is heard up to a grid step after it was made, and a value was sent a latency before it arrived."""


class Invariant(msgspec.Struct, kw_only=True):
    """`worst` is the largest deviation in `unit`; `first_s` and `what` tell of the first breach."""

    name: str
    unit: str
    limit: float
    worst: float = 0.0
    kept: bool = True
    first_s: float | None = None
    what: str = ""

    def check(self, value: float, at_s: float, what: str) -> None:
        self.worst = max(self.worst, value)
        if value > self.limit and self.kept:
            self.kept, self.first_s, self.what = False, at_s, what


class AlarmRecord(msgspec.Struct, kw_only=True):
    """One alarm of one device over the run, as the host had it."""

    device: str
    name: str
    priority: str
    first_s: float
    last_s: float
    comings: int = 1
    active: bool = True
    """Still, in the host's last document."""
    told: bool = False
    """To people; else it was only ever under the alarm that it follows from."""


class Invariants:
    """`sample` each second, `document` with each one of the host, `finish` at the end."""

    def __init__(self, view: View, may_throttle: bool, alarms: AlarmSection) -> None:
        self.energy = Invariant(name="energy_balance", unit="1", limit=BALANCE)
        self.mass = Invariant(name="mass_balance", unit="1", limit=BALANCE)
        self.throttle = Invariant(
            name="no_device_throttles", unit="°C", limit=_ANY_DEGC if may_throttle else THROTTLE_DEGC
        )
        self.alarms_clear = Invariant(name="alarms_clear", unit="1", limit=0)
        self.ages = Invariant(name="ages_are_true", unit="s", limit=_SLACK_S)
        self.alarms: dict[tuple[str, str], AlarmRecord] = {}
        self._view = view
        self._patterns = alarms

    @property
    def all(self) -> list[Invariant]:
        return [self.energy, self.mass, self.throttle, self.alarms_clear, self.ages]

    def sample(self, now_s: float) -> None:
        plant = self._view.equipment.plant
        electrical = plant.electrical
        drawn = sum(  # an inrush charges the shelf, and is not in its account
            b.shelf_W for p in electrical.pdus.values() for b in p.branches if b.inrush_us <= 0
        )
        into = sum(electrical.supplied_W) + electrical.loss_W
        self.energy.check(
            abs(drawn - into) / max(into, 1.0),
            now_s,
            f"shelves draw {drawn:.0f} W, racks and losses take {into:.0f} W",
        )
        given = sum(skid.flow_kg_s for skid in plant.skids.values())
        manifold = plant.manifold
        exponent = 1.0 / plant.parameters.racks.flow_exponent
        taken = sum(manifold.conductances) * manifold.differential_pressure_kPa**exponent
        self.mass.check(
            abs(given - taken) / max(taken, 1.0), now_s, f"skids give {given:.3f} kg/s, racks take {taken:.3f} kg/s"
        )
        warmest = max(plant.racks, key=lambda rack: rack.case_degC)
        self.throttle.check(warmest.case_degC, now_s, f"devices of {warmest.name} are at {warmest.case_degC:.1f} °C")

    def document(self, document: PodDocument, now_s: float) -> None:
        limit_s = stale_after_s(self._view.config)
        for member in (*document.skids, *document.pdus):
            heard_us = self._view.world.controller(member.name).server.heard_us
            for name, value in _values(member):
                if value.quality.value != "good" or value.age_s is None:
                    continue
                what = f"{member.name} {name} is said to be good and {value.age_s:.2f} s old"
                self.ages.check(value.age_s - limit_s, now_s, f"{what}: stale is what is older than {limit_s:g} s")
                true_s = now_s - (heard_us or 0) / 1e6
                self.ages.check(
                    true_s - value.age_s, now_s, f"{what}: the controller was last heard {true_s:.2f} s ago"
                )
        beneath = tuple(alarm for alarm in document.suppressed if alarm.active and alarm.suppressed_by)
        self._take_alarms((*document.alarms, *beneath), now_s)

    def _take_alarms(self, alarms: tuple[AlarmState, ...], now_s: float) -> None:
        present = {(alarm.device, alarm.name): alarm for alarm in alarms}
        for key, alarm in present.items():
            record = self.alarms.get(key)
            if record is None:
                self.alarms[key] = AlarmRecord(
                    device=alarm.device,
                    name=alarm.name,
                    priority=alarm.priority,
                    first_s=now_s,
                    last_s=now_s,
                    told=alarm.suppressed_by is None,
                )
                continue
            record.told = record.told or alarm.suppressed_by is None
            record.comings += not record.active
            record.active, record.last_s = True, now_s
        for key, record in self.alarms.items():
            record.active = key in present

    def finish(self, now_s: float) -> None:
        error = abs(self._view.equipment.plant.energy_error())
        self.energy.check(error, now_s, f"{error:.2%} of the coolant loop's energy is not accounted for")
        standing = [r for r in self.alarms.values() if r.active]
        left = [r for r in standing if not patterns_match(self._patterns.standing, r.device, r.name)]
        names = ", ".join(f"{r.device}: {r.name} (since {r.first_s:.0f} s)" for r in left)
        self.alarms_clear.check(float(len(left)), now_s, f"still active at the end: {names}")


def _values(member: SkidState | PduState) -> Iterator[tuple[str, Value]]:
    for name in member.__struct_fields__:
        found = getattr(member, name)
        if isinstance(found, Value):
            yield name, found
        elif name == "branches" and isinstance(member, PduState):
            for branch in member.branches:
                yield f"branch.{branch.number}.power", branch.power
                yield f"branch.{branch.number}.current", branch.current
        elif isinstance(found, tuple):
            yield from ((f"{name}.{i}", v) for i, v in enumerate(found, 1) if isinstance(v, Value))
