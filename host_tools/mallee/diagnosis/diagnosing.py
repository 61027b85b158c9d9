"""A whole diagnosis: evidence in, rows of findings by place out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from ..link.statistics import BusSummary
from ..pod import state
from ..pod.config import PodConfig
from ..pod.document import PodDocument
from ..pod.power import sums
from .checks import diagnose
from .evidence import Evidence
from .finding import Finding, examine
from .pod_checks import POD, PodEvidence
from .skid_state import view_of

PlacedFindings = tuple[str, list[Finding]]
"""A line's address, a controller's name, or `pod`."""


def findings_of(controllers: Mapping[str, Evidence], config: PodConfig | None = None) -> Iterator[PlacedFindings]:
    """Of each controller, in their order; with `config`, of which these are all, of the pod as well."""
    own = {name: diagnose(evidence) for name, evidence in controllers.items()}
    yield from own.items()
    if config is not None and config.controllers:
        pod = PodEvidence(config, document_of(config, controllers), _ours(config, controllers), own)
        yield "pod", examine(POD, pod)


def _ours(config: PodConfig, controllers: Mapping[str, Evidence]) -> dict[str, Evidence]:
    return {each.name: controllers[each.name] for each in config.controllers}


def document_of(config: PodConfig, controllers: Mapping[str, Evidence]) -> PodDocument:
    """The pod as it was in the mean over the looks: what the physics check takes."""
    views = {name: view_of(evidence) for name, evidence in controllers.items()}
    steady = msgspec.structs.replace(config, control=msgspec.structs.replace(config.control, scan_s=60.0))
    skids = state.skid_states(steady, views)  # of values that are minutes old at most: none of them is stale
    pdus = sums.with_loads(state.pdu_states(steady, views))
    feeds = sums.feed_states(config.feeds, pdus)
    racks = sums.rack_states([(r.name, r.power_kW, r.liquid_kW) for r in config.racks], pdus)
    return PodDocument(
        pod=config.pod.name,
        time=datetime.fromtimestamp(0, UTC),
        scan=1,
        scan_s=config.control.scan_s,
        host_id=config.pod.host_id,
        advise=True,
        role="advising",
        skids=skids,
        pdus=pdus,
        feeds=feeds,
        racks=racks,
        totals=state.totals(skids, feeds),
        alarms=(),
        findings=(),
        events=(),
        bus=BusSummary(),
    )
