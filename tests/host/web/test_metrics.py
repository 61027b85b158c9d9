"""/metrics: names and units as Prometheus has them, nothing for what is not known; a dashboard that asks for what there is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta

import msgspec
import pytest
from mallee import resources
from mallee.link.reporting import LinkView
from mallee.link.statistics import BusSummary
from mallee.pod.document import LimitView, PodDocument
from mallee.pod.following import Seen
from mallee.web import assets, metrics
from mallee.web.live import Counters, Live
from mallee.web.samples import samples
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from .. import documents
from ..virtual_loop import run_virtual


def text_of(document: PodDocument, *, stale: bool = False) -> str:
    async def scenario() -> str:
        live = Live(Counters())
        live.hear(Seen(document, "host", 0.5, stale))
        live.counters.act("set", "done")
        live.counters.refuse("token")
        return generate_latest(metrics.registry(live)).decode()

    return run_virtual(scenario())


def busy() -> PodDocument:
    """With a sample of everything that there can be."""
    document = documents.troubled()
    skid = msgspec.structs.replace(
        document.skids[0],
        facility_supply_temperature=documents.good(30.0, "degC"),
        facility_return_temperature=documents.good(40.0, "degC"),
        dew_point=documents.good(12.0, "degC"),
        **dict.fromkeys(("supply_pressure", "return_pressure"), documents.good(300.0, "kPa")),
        **dict.fromkeys(("valve_command", "level"), documents.good(50.0, "%")),
        facility_flow=documents.good(500.0, "l/min"),
        active_supply_temperature=documents.good(37.0, "degC"),
        active_differential_pressure=documents.good(200.0, "kPa"),
    )  # fmt: skip
    pdu = msgspec.structs.replace(
        document.pdus[0],
        frequency=documents.good(50.0, "Hz"),
        unbalance=documents.good(1.0, "%"),
        phase_current=(documents.good(168.0, "A"),) * 3,
        phase_voltage=(documents.good(240.0, "V"),) * 3,
    )
    return msgspec.structs.replace(
        document,
        skids=(skid, document.skids[1]),
        pdus=(pdu, *document.pdus[1:]),
        feeds=documents.document().feeds,
        totals=documents.document().totals,
        bus=BusSummary(requests=9, answers=7, exceptions_by_code={"4": 2}, rtt_p50_ms=2.0, rtt_p99_ms=9.0, load=0.4),
        links=(LinkView("serial:///dev/ttyUSB0", requests=5, timeouts=1, load=0.3, rtt_p99_ms=21.0),),
        limits=(LimitView(name="feed A", kind="feed", unit="A", limit=1000.0, load=900.0, measured=True),),
    )  # fmt: skip


def values(text: str) -> dict[tuple[str, frozenset], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(text: str, name: str, **labels: str) -> float | None:
    return values(text).get((name, frozenset(labels.items())))


def test_units_are_base_units() -> None:
    text = text_of(busy())
    assert one(text, "mallee_skid_supply_temperature_celsius", device="skid-1") == 38.2
    assert one(text, "mallee_skid_differential_pressure_pascals", device="skid-1") == 199_400
    assert one(text, "mallee_skid_flow_cubic_meters_per_second", device="skid-1") == pytest.approx(1192 / 60_000)
    assert one(text, "mallee_skid_heat_watts", device="skid-1") == pytest.approx(415_300)
    assert one(text, "mallee_skid_pump_speed_ratio", device="skid-1", pump="1") == pytest.approx(0.612)
    assert one(text, "mallee_pdu_energy_joules_total", device="pdu-a1", feed="A") == 5_000_000 * 3600
    assert one(text, "mallee_pdu_phase_current_amperes", device="pdu-a1", feed="A", phase="2") == 168
    assert one(text, "mallee_branch_thermal_ratio", device="pdu-a1", branch="1", rack="rack-1") == pytest.approx(0.11)
    assert one(text, "mallee_branch_tripped", device="pdu-a4", branch="4", rack="rack-7") == 1
    assert one(text, "mallee_bus_round_trip_p99_seconds") == 0.009
    assert one(text, "mallee_bus_exceptions_total", code="4") == 2
    assert one(text, "mallee_link_timeouts_total", link="serial:///dev/ttyUSB0") == 1
    assert one(text, "mallee_link_round_trip_p99_seconds", link="serial:///dev/ttyUSB0") == 0.021
    assert one(text, "mallee_link_load_ratio", link="serial:///dev/ttyUSB0") == 0.3
    assert one(text, "mallee_alarms", priority="critical", state="unacknowledged") == 1
    assert one(text, "mallee_limit_load_ratio", limit="feed A", kind="feed") == 0.9
    assert one(text, "mallee_serve_actions_total", verb="set", outcome="done") == 1


def test_what_is_not_known_has_no_sample_and_what_is_stale_neither() -> None:
    text = text_of(documents.troubled())
    assert one(text, "mallee_skid_supply_temperature_celsius", device="skid-2") is None
    assert one(text, "mallee_skid_facility_supply_temperature_celsius", device="skid-1") is None
    assert one(text, "mallee_pdu_power_watts", device="pdu-b2", feed="B") is None
    assert one(text, "mallee_branch_closed", device="pdu-b2", branch="1", rack="rack-3") is None
    assert one(text, "mallee_controller_answering", device="skid-2") == 0
    stale = text_of(documents.troubled(), stale=True)
    assert one(stale, "mallee_document_stale") == 1 and one(stale, "mallee_document_age_seconds") == 0.5
    assert "mallee_skid" not in stale and "mallee_pdu" not in stale


def test_every_register_of_the_document_has_a_unit_that_is_exported() -> None:
    """One that nobody has declared would be left out."""
    units = {}
    for sample in samples(documents.document()):
        device, _, point = sample.name.partition(".")
        for profile in ("pump", "pdu"):
            found = resources.dictionary(profile).by_name.get(point)
            if found is not None and device.startswith("skid" if profile == "pump" else "pdu"):
                units[sample.name] = found.unit
    assert len(units) > 200 and {unit for unit in units.values() if unit not in metrics.BASE} == set()


def test_promtool_finds_nothing_to_complain_about() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool: install Prometheus (Debian: prometheus)")
    command = [promtool, "check", "metrics"]
    done = subprocess.run(command, input=text_of(busy()), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    wrong = "# HELP mallee_x_milliseconds x\n# TYPE mallee_x_milliseconds gauge\nmallee_x_milliseconds 1\n"
    assert subprocess.run(command, input=wrong, capture_output=True, text=True, check=False).returncode != 0


def test_the_dashboard_asks_for_what_there_is() -> None:
    dashboard = json.loads((assets.STATIC / "grafana.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked = {name for query in queries for name in re.findall(r"mallee_\w+", query)}
    known = {name for name, _ in values(text_of(busy()))}
    assert len(asked) > 25 and asked <= known, asked - known
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids) and {p["datasource"]["uid"] for p in dashboard["panels"]} == {"${source}"}


def test_a_later_document_replaces_all() -> None:
    document = documents.document()
    first = text_of(document)
    moved = msgspec.structs.replace(document, time=document.time + timedelta(seconds=1), alarms=())
    assert values(text_of(moved)) == values(first)
