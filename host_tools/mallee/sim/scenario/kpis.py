"""What a scenario can be judged by: each KPI is a number, sampled each virtual second. docs/scenarios.md is rendered from it.

Names that begin with `host_` are what the host says, from its latest document; all others are physical truth or counts of the
simulator. None: not known at that moment.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...pod.config import PodConfig
from ...pod.document import PduState, PodDocument, SkidState, Value
from ..hostprocess import HostProcess
from ..line.model import Line
from ..podworld import PodEquipment
from ..world import World
from .plantfaults import breaker_place
from .stranger import Stranger
from .targets import split

SAMPLE_US = 1_000_000


class View(msgspec.Struct):
    """What can be looked at."""

    world: World
    config: PodConfig
    equipment: PodEquipment
    host: HostProcess | None = None
    document: PodDocument | None = None
    document_us: int = 0
    """When it was heard."""
    strangers: list[Stranger] = []
    other_document: PodDocument | None = None
    """Of the fault `second_host`, which came last."""


class Kpi(msgspec.Struct, frozen=True):
    """`of` is a kind of mallee.sim.scenario.targets, "pod" where there is one value."""

    unit: str
    meaning: str
    read: Callable[[View, str], float | None]
    of: str = "pod"
    needs_host: bool = False


def _plant(view: View):
    return view.equipment.plant


def _case_degC(view: View, rack: str) -> float:
    return next(r.case_degC for r in _plant(view).racks if r.name == rack)


def _rack_kW(view: View, rack: str) -> float:
    plant = _plant(view)
    return plant.electrical.supplied_W[[r.name for r in plant.racks].index(rack)] / 1000.0


def _racks_limited(view: View, _: str) -> float:
    return float(view.equipment.rack_limits.limited_racks)


def _rack_isolated(view: View, rack: str) -> float:
    return next(float(r.restriction >= 1.0) for r in _plant(view).racks if r.name == rack)


def _unserved_kW(view: View, _: str) -> float:
    electrical = _plant(view).electrical
    return (sum(electrical.demand_W) - sum(electrical.supplied_W)) / 1000.0


def _dew_point_margin_K(view: View, _: str) -> float:
    plant = _plant(view)
    return plant.supply_degC - plant.room.dew_point_degC


def _pump_percent(view: View, target: str) -> float:
    skid, number = split(target)
    return _plant(view).skids[skid].pumps[int(number) - 1].speed_percent


def _branch_closed(view: View, target: str) -> float:
    pdu, number = split(target)
    return float(_plant(view).electrical.pdus[pdu].branches[int(number) - 1].contactor.closed)


def _branch_A(view: View, target: str) -> float:
    pdu, number = split(target)
    return _plant(view).electrical.pdus[pdu].branches[int(number) - 1].current_A


def _breaker_closed(view: View, target: str) -> float:
    return float(_plant(view).electrical.breaker(*breaker_place(target)).closed)


def _branch_says_A(view: View, target: str) -> float | None:
    pdu, number = split(target)
    member = next((m for m in _members(view) if m.name == pdu), None)
    return member.branches[int(number) - 1].current.number if isinstance(member, PduState) else None


def _members(view: View) -> tuple[SkidState | PduState, ...]:
    return () if view.document is None else (*view.document.skids, *view.document.pdus)


def _count(view: View, right: Callable[[SkidState | PduState], bool]) -> float | None:
    return None if view.document is None else float(sum(right(member) for member in _members(view)))


def _skid_says(name: str) -> Callable[[View, str], float | None]:
    def read(view: View, skid: str) -> float | None:
        value = next((getattr(s, name) for s in _members(view) if s.name == skid), None)
        return value.number if isinstance(value, Value) else None

    return read


def _document(read: Callable[[PodDocument], float | None]) -> Callable[[View, str], float | None]:
    return lambda view, _: None if view.document is None else read(view.document)


def _other(read: Callable[[PodDocument], float | None]) -> Callable[[View, str], float | None]:
    return lambda view, _: None if view.other_document is None else read(view.other_document)


def _leases(document: PodDocument) -> float:
    return float(sum(member.lease.ours for member in (*document.skids, *document.pdus)))


def _document_age_s(view: View, _: str) -> float | None:
    return None if view.document is None else (view.world.now_us - view.document_us) / 1e6


def _epoch(view: View, name: str) -> float | None:
    return next((m.lease.epoch for m in _members(view) if m.name == name), None)


def _line(view: View, port: str) -> Line:
    return view.world.network.lines[port].line


def _line_faults(view: View, port: str) -> float:
    return sum(_line(view, port).counts.values())


def _line_busy(view: View, port: str) -> float | None:
    return 100.0 * _line(view, port).busy_ns / (view.world.now_us * 1e3) if view.world.now_us else None


_WRONG = 0.05
"""Beyond every tolerance of a transmitter and whatever a steady pod moves in a scan."""


def _wrong_values(view: View, _: str) -> float | None:
    if view.document is None:
        return None
    plant = _plant(view)
    pairs: list[tuple[Value, float]] = []
    for skid in view.document.skids:
        truth = plant.skids[skid.name]
        pairs += [
            (skid.supply_temperature, truth.supply_degC),
            (skid.differential_pressure, plant.differential_pressure_kPa),
            (skid.flow, plant.l_min(truth.flow_kg_s)),
        ]
    for pdu in view.document.pdus:
        pairs.append((pdu.power, plant.electrical.pdus[pdu.name].power_W))
    good = [(value.number, true) for value, true in pairs if value.quality.value == "good"]
    return float(sum(number is None or abs(number - true) > _WRONG * abs(true) for number, true in good))


KPIS: dict[str, Kpi] = {
    "supply_temperature_degC": Kpi("°C", "Coolant to the racks", lambda v, _: _plant(v).supply_degC),
    "return_temperature_degC": Kpi("°C", "Coolant back from the racks", lambda v, _: _plant(v).return_degC),
    "differential_pressure_kPa": Kpi(
        "kPa", "Manifold, supply minus return", lambda v, _: _plant(v).differential_pressure_kPa
    ),
    "flow_l_min": Kpi("l/min", "Through all racks", lambda v, _: _plant(v).l_min(_plant(v).manifold.flow_kg_s)),
    "skid_flow_l_min": Kpi("l/min", "Of one skid", lambda v, t: _plant(v).l_min(_plant(v).skids[t].flow_kg_s), "skid"),
    "warmest_case_degC": Kpi(
        "°C", "Devices of the warmest rack", lambda v, _: max(r.case_degC for r in _plant(v).racks)
    ),
    "case_degC": Kpi("°C", "Devices of one rack", _case_degC, "rack"),
    "dew_point_margin_K": Kpi("K", "Coolant supply above the dew point of the room", _dew_point_margin_K),
    "level_percent": Kpi("%", "Of the expansion vessel", lambda v, _: _plant(v).vessel.level_percent),
    "suction_kPa": Kpi("kPa", "At the pumps' suction, above ambient", lambda v, _: _plant(v).suction_kPa),
    "void_percent": Kpi("%", "Gas in the coolant, by volume", lambda v, _: 100.0 * _plant(v).air.void),
    "pump_speed_percent": Kpi("%", "Of one pump", _pump_percent, "pump"),
    "pump_power_kW": Kpi(
        "kW", "Shafts of all pumps", lambda v, _: sum(s.pump_W for s in _plant(v).skids.values()) / 1000.0
    ),
    "valve_percent": Kpi(
        "%", "Primary valve of one skid", lambda v, t: 100.0 * _plant(v).skids[t].valve.position, "skid"
    ),
    "it_power_kW": Kpi("kW", "What the racks get", lambda v, _: sum(_plant(v).electrical.supplied_W) / 1000.0),
    "rack_isolated": Kpi("1", "1 while the isolation valve of a rack is closed", _rack_isolated, "rack"),
    "unserved_kW": Kpi("kW", "What the racks want and do not get", _unserved_kW),
    "rack_power_kW": Kpi("kW", "What one rack gets", _rack_kW, "rack"),
    "racks_limited": Kpi("1", "Racks whose power limit is in force", _racks_limited),
    "feed_current_A": Kpi("A", "Of one feed, each phase", lambda v, t: _plant(v).electrical.feed_current_A(t), "feed"),
    "branch_current_A": Kpi("A", "Of one branch, each phase", _branch_A, "branch"),
    "branch_closed": Kpi("1", "1 while the contactor of a branch is closed", _branch_closed, "branch"),
    "breaker_closed": Kpi("1", "1 while a breaker is closed", _breaker_closed, "breaker"),
    "controller_restarts": Kpi(
        "1", "Of one controller so far", lambda v, t: v.world.controller(t).restarts, "controller"
    ),
    "host_restarts": Kpi("1", "Of the host so far", lambda v, _: v.world.host_restarts, needs_host=True),
    "network_faults": Kpi("1", "Segments that met a fault so far", lambda v, _: sum(v.world.network.faults.values())),
    "stranger_answers": Kpi(
        "1", "Writes of strangers that were done so far", lambda v, _: sum(s.answers for s in v.strangers)
    ),
    "stranger_refusals": Kpi(
        "1", "Writes of strangers that were refused so far", lambda v, _: sum(s.refusals for s in v.strangers)
    ),
    "line_faults": Kpi(
        "1", "Bursts and bytes of a serial line that met a fault or each other so far", _line_faults, "line"
    ),
    "line_collisions": Kpi(
        "1", "Of these, bytes garbled by another sender", lambda v, t: _line(v, t).counts["collision"], "line"
    ),
    "line_busy_percent": Kpi("%", "Time in which bytes were on a serial line, since the start", _line_busy, "line"),
    "host_answering": Kpi(
        "1", "Controllers that answer", lambda v, _: _count(v, lambda m: m.answering), needs_host=True
    ),
    "host_leases": Kpi(
        "1", "Controllers whose lease is ours", lambda v, _: _count(v, lambda m: m.lease.ours), needs_host=True
    ),
    "host_quarantined": Kpi(
        "1", "Controllers that it does not believe", lambda v, _: _count(v, lambda m: m.quarantined), needs_host=True
    ),
    "host_lease_epoch": Kpi("1", "Epoch of the lease of one controller", _epoch, "controller", needs_host=True),
    "host_supply_temperature_degC": Kpi(
        "°C", "Measured by one skid", _skid_says("supply_temperature"), "skid", needs_host=True
    ),
    "host_differential_pressure_kPa": Kpi(
        "kPa", "Measured by one skid", _skid_says("differential_pressure"), "skid", needs_host=True
    ),
    "host_level_percent": Kpi("%", "Measured by one skid", _skid_says("level"), "skid", needs_host=True),
    "host_flow_l_min": Kpi("l/min", "Measured by one skid", _skid_says("flow"), "skid", needs_host=True),
    "host_branch_current_A": Kpi("A", "Measured on one branch", _branch_says_A, "branch", needs_host=True),
    "host_power_kW": Kpi("kW", "Measured by all PDUs", _document(lambda d: d.totals.power_kW), needs_host=True),
    "host_alarms": Kpi("1", "Active alarms", _document(lambda d: float(len(d.alarms))), needs_host=True),
    "host_age_s": Kpi("s", "Since the host last said something", _document_age_s, needs_host=True),
    "host_scan_overruns": Kpi(
        "1", "Scans missed since its start", _document(lambda d: d.scan_overruns), needs_host=True
    ),
    "host_timeouts": Kpi(
        "1", "Requests without answer since its start", _document(lambda d: d.bus.timeouts), needs_host=True
    ),
    "host_malformed": Kpi(
        "1", "Answers that were none since its start", _document(lambda d: d.bus.malformed), needs_host=True
    ),
    "host_damaged": Kpi(
        "1", "Answers without a good check sum since its start", _document(lambda d: d.bus.damaged), needs_host=True
    ),
    "host_resyncs": Kpi(
        "1", "Times that a unit won back trust since its start", _document(lambda d: d.bus.resyncs), needs_host=True
    ),
    "host_noise_bytes": Kpi(
        "1", "Bytes of no good frame since its start", _document(lambda d: d.bus.noise_bytes), needs_host=True
    ),
    "host_wrong_unit": Kpi(
        "1", "Good frames that nobody asked for since its start", _document(lambda d: d.bus.wrong_unit), needs_host=True
    ),
    "other_host_leases": Kpi("1", "Controllers whose lease is the second host's", _other(_leases), needs_host=True),
    "other_host_requests": Kpi(
        "1", "Sent by the second host since its start", _other(lambda d: d.bus.requests), needs_host=True
    ),
    "host_echoes": Kpi(
        "1", "Requests that came back as they were sent", _document(lambda d: d.bus.echoes), needs_host=True
    ),
    "host_wrong_values": Kpi(
        "1",
        "Values that it calls good and that are more than 5 % off the truth: supply temperature, pressure and flow of skids, "
        "power of PDUs",
        _wrong_values,
        needs_host=True,
    ),
}
"""By the name that a scenario says."""


class Series:
    """Samples of those KPIs that were asked for, and of those with one value. `times_s` are whole virtual seconds."""

    def __init__(self, view: View, wanted: set[tuple[str, str]]) -> None:
        self.times_s: list[float] = []
        self.values: dict[tuple[str, str], list[float | None]] = {}
        for name, kpi in KPIS.items():
            if kpi.of == "pod" and (view.host is not None or not kpi.needs_host):
                self.values[name, ""] = []
        for key in sorted(wanted):
            self.values.setdefault(key, [])
        self._view = view
        self._next_us = 0

    def sample(self, now_us: int) -> bool:
        """On each grid step; True when a sample was taken."""
        if now_us < self._next_us:
            return False
        self.times_s.append(self._next_us / 1e6)
        self._next_us += SAMPLE_US
        for (name, target), values in self.values.items():
            values.append(KPIS[name].read(self._view, target))
        return True

    def between(self, key: tuple[str, str], from_s: float, to_s: float) -> list[tuple[float, float | None]]:
        """Samples of a window, ends included."""
        pairs = zip(self.times_s, self.values[key], strict=True)
        return [(time_s, value) for time_s, value in pairs if from_s <= time_s <= to_s]
