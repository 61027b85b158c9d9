"""Numbers for Prometheus: names, base units and suffixes after its conventions (prometheus.io/docs/practices/naming).

Measured numbers get their names from the document's (a skid's `supply_temperature` in degC is
mallee_skid_supply_temperature_celsius), so that a new one needs nothing here. What is not known, or stale, has no sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from .. import __version__
from ..link.reporting import LinkView
from ..link.statistics import BusSummary
from ..pod.document import PodDocument
from .live import Live
from .samples import Sample, samples


class _Base(NamedTuple):
    """`suffix` of the name, and what to multiply by."""

    suffix: str
    factor: float = 1.0
    counter: bool = False


BASE = {
    "degC": _Base("celsius"),
    "K": _Base("kelvin"),
    "kPa": _Base("pascals", 1e3),
    "l/min": _Base("cubic_meters_per_second", 1e-3 / 60),
    "W": _Base("watts"),
    "kW": _Base("watts", 1e3),
    "Wh": _Base("joules", 3600.0, counter=True),
    "kWh": _Base("joules", 3.6e6, counter=True),
    "A": _Base("amperes"),
    "V": _Base("volts"),
    "Hz": _Base("hertz"),
    "%": _Base("ratio", 0.01),
    "1": _Base("ratio"),
    "s": _Base("seconds"),
}
_ALWAYS = ("broadcasts", "bytes_in", "bytes_out")
_SUMS = [f.name for f in msgspec.structs.fields(BusSummary) if f.type is int and f.name not in (*_ALWAYS, "exceptions")]
_LINK_SUMS = [f.name for f in msgspec.structs.fields(LinkView) if f.type is int]
_TRUST = ("frozen", "impossible", "clock", "returns", "glitches")
_LOAD = ("floods", "told", "suppressed", "while_aside", "actions_refused", "actions_damaged")


class PodCollector(Collector):
    """Of the last document, and of this process."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        live = self._live
        yield _gauge("build_info", "The mallee that serves this page.", [({"version": __version__}, 1)])
        yield from _served(live)
        age_s = live.age_s
        if live.seen is None or age_s is None:
            return
        seen = live.seen
        yield _gauge("document_age_seconds", "Since the pod's document was written.", [({}, age_s)])
        yield _gauge("document_stale", "1: whoever writes the document says nothing any more.", [({}, seen.stale)])
        source = [({"source": seen.source}, 1)]
        yield _gauge("document_source_info", "Whose document it is: a host's, an advising one's, or our own.", source)
        if not seen.stale:
            yield from of_document(seen.document)


def registry(live: Live) -> CollectorRegistry:
    found = CollectorRegistry(auto_describe=False)
    found.register(PodCollector(live))
    return found


def of_document(document: PodDocument) -> Iterator[Metric]:
    """Families of everything in it."""
    yield from _measured(samples(document))
    yield from _members(document)
    yield from _states(document)
    yield from _alarms(document)
    yield from _bus(document.bus, document.scan_overruns)
    yield from _links(document.links)


def _measured(found: Iterable[Sample]) -> Iterator[Metric]:
    families: dict[str, Metric] = {}
    for sample in found:
        base = BASE.get(sample.unit)
        if sample.value is None or base is None:
            continue
        name = f"{sample.kind}_{sample.field}_{base.suffix}"
        if name not in families:
            what = f"{sample.field.replace('_', ' ')} of each {sample.kind}, in {base.suffix.replace('_', ' ')}."
            families[name] = (_counter if base.counter else _gauge)(name, what.capitalize(), ())
        full = f"mallee_{name}{'_total' if base.counter else ''}"
        families[name].add_sample(full, dict(sample.labels), sample.value * base.factor)
    yield from families.values()


def _members(document: PodDocument) -> Iterator[Metric]:
    members = document.members

    def each(value) -> list[tuple[dict[str, str], float]]:
        return [({"device": member.name}, value(member)) for member in members]

    yield _gauge("controller_answering", "1: it answered in the last scan.", each(lambda m: m.answering))
    yield _gauge("controller_quarantined", "1: what it says is not believed.", each(lambda m: m.quarantined))
    yield _gauge("controller_lease_ours", "1: the host holds its lease.", each(lambda m: m.lease.ours))
    silent = [({"device": m.name}, m.silent_s) for m in members if m.silent_s is not None]
    yield _gauge("controller_silent_seconds", "Since it answered last.", silent)
    known = [
        ({"device": m.name, "state": m.state.value}, 1)
        for m in members
        if m.answering and isinstance(m.state.value, str)
    ]
    yield _gauge("controller_state_info", "Its state, as a label.", known)
    for name in _TRUST:
        counts = [({"device": m.name}, getattr(m.trust, name)) for m in members]
        yield _counter(f"controller_{name}", f"Times that it was found so (docs/quarantine.md): {name}.", counts)


def _states(document: PodDocument) -> Iterator[Metric]:
    branches = [
        ({"device": pdu.name, "branch": str(branch.number), "rack": branch.rack}, branch)
        for pdu in document.pdus
        for branch in pdu.branches
    ]
    for name, what in (("closed", "1: its contactor is closed."), ("tripped", "1: protection opened it.")):
        rows = [(labels, flag) for labels, branch in branches if (flag := getattr(branch, name)) is not None]
        yield _gauge(f"branch_{name}", what, rows)
    racks = [({"rack": rack.name}, rack.off) for rack in document.racks]
    yield _gauge("rack_off", "1: the pod took the permit of its branches.", racks)
    feeds = [({"feed": feed.name}, feed.pdus_known) for feed in document.feeds]
    yield _gauge("feed_pdus_known", "PDUs of the feed whose power is known.", feeds)
    limits = [
        ({"limit": limit.name, "kind": limit.kind}, limit.load / limit.limit)
        for limit in document.limits
        if limit.limit
    ]
    yield _gauge("limit_load_ratio", "What stands against an electrical limit, of the limit.", limits)
    roles = [({"role": document.role, "host": str(document.host_id)}, 1)]
    yield _gauge("host_role_info", "Whether the host controls, stands by, listens or advises.", roles)


def _alarms(document: PodDocument) -> Iterator[Metric]:
    told = (*document.alarms, *document.returned, *document.suppressed)
    counts = Counter((alarm.priority, alarm.state) for alarm in told)
    rows = [({"priority": priority, "state": state}, count) for (priority, state), count in sorted(counts.items())]
    yield _gauge("alarms", "Alarms by priority and state (docs/alarms.md).", rows)
    active = [({"device": a.device, "alarm": a.name, "priority": a.priority}, 1) for a in document.alarms]
    yield _gauge("alarm_active", "1: this alarm stands.", active)
    load = document.alarm_load
    yield _gauge("alarms_recent", "New alarms in the last 10 minutes (EEMUA 191).", [({}, load.in_10_min)])
    yield _gauge("alarm_flood", "1: more new alarms than a person can deal with.", [({}, load.flood)])
    for name in _LOAD:
        yield _counter(
            f"alarms_{name}", f"Since the alarm book was begun: {name.replace('_', ' ')}.", [({}, getattr(load, name))]
        )
    levels = Counter(finding.level for finding in document.findings)
    yield _gauge("findings", "What asks for attention and is no alarm.", [({"level": k}, v) for k, v in levels.items()])


def _bus(bus: BusSummary, scan_overruns: int) -> Iterator[Metric]:
    yield _counter("scan_overruns", "Scans that were missed because one came late.", [({}, scan_overruns)])
    for name in _SUMS:
        yield _counter(
            f"bus_{name}",
            f"Of all lines, since the host started: {name.replace('_', ' ')}.",
            [({}, getattr(bus, name))],
        )
    codes = [({"code": code}, count) for code, count in bus.exceptions_by_code.items()]
    yield _counter("bus_exceptions", "Answers that were exceptions, by the standard's code.", codes)
    yield _counter("bus_broadcasts", "Requests to all units of a line.", [({}, bus.broadcasts)])
    yield _counter("bus_received_bytes", "Received on all lines.", [({}, bus.bytes_in)])
    yield _counter("bus_sent_bytes", "Sent on all lines.", [({}, bus.bytes_out)])
    for name, part in (("p50", bus.rtt_p50_ms), ("p99", bus.rtt_p99_ms)):
        rows = [] if part is None else [({}, part / 1000)]
        yield _gauge(f"bus_round_trip_{name}_seconds", "Of the latest 512 answers of each unit.", rows)
    load = [] if bus.load is None else [({}, bus.load)]
    yield _gauge("bus_load_ratio", "Part of the time that the busiest serial line carries bytes.", load)


def _links(links: tuple[LinkView, ...]) -> Iterator[Metric]:
    for name in _LINK_SUMS:
        rows = [({"link": link.link}, getattr(link, name)) for link in links]
        yield _counter(f"link_{name}", f"Of each line or connection: {name.replace('_', ' ')}.", rows)
    trips = [({"link": link.link}, link.rtt_p99_ms / 1000) for link in links if link.rtt_p99_ms is not None]
    yield _gauge("link_round_trip_p99_seconds", "Of the latest 512 answers of each of its units.", trips)
    loads = [({"link": link.link}, link.load) for link in links if link.load is not None]
    yield _gauge("link_load_ratio", "Part of the time that bytes are on a serial line.", loads)


def _served(live: Live) -> Iterator[Metric]:
    counters = live.counters
    yield _gauge("serve_subscribers", "Browsers that follow the live updates.", [({}, live.subscribers)])
    yield _counter("serve_documents", "Documents that this page has seen.", [({}, counters.documents)])
    yield _counter(
        "serve_subscribers_dropped", "Browsers let go for being too slow.", [({}, counters.subscribers_dropped)]
    )
    yield _counter(
        "serve_subscribers_refused", "Browsers refused for being too many.", [({}, counters.subscribers_refused)]
    )
    yield _counter("serve_source_errors", "Times that the pod could not be followed.", [({}, counters.source_errors)])
    yield _counter("serve_journal_lost", "Ends of actions that could not be noted.", [({}, counters.journal_lost)])
    refused = [({"reason": reason}, count) for reason, count in counters.refused.items()]
    yield _counter("serve_requests_refused", "Requests refused, by the reason.", refused)
    actions = [({"verb": verb, "outcome": outcome}, count) for (verb, outcome), count in counters.actions.items()]
    yield _counter("serve_actions", "What people did through this page.", actions)


_Rows = Iterable[tuple[Mapping[str, str], float]]


def _gauge(name: str, what: str, rows: _Rows) -> Metric:
    return _filled(GaugeMetricFamily(f"mallee_{name}", what), f"mallee_{name}", rows)


def _counter(name: str, what: str, rows: _Rows) -> Metric:
    return _filled(CounterMetricFamily(f"mallee_{name}", what), f"mallee_{name}_total", rows)


def _filled(family: Metric, name: str, rows: _Rows) -> Metric:
    for labels, value in rows:
        family.add_sample(name, dict(labels), float(value))
    return family
