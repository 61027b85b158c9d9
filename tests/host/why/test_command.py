"""`mallee why` and `mallee log`, against a pod of peers with and without a host."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from mallee.paths import pod_state_dir
from mallee.pod.document import PodDocument
from mallee.pod.runner import run_pod
from mallee.pod.why.noting import Note
from mallee.pod.why.store import DecisionStore

from ..commanding import Ran
from ..peers_in_thread import PeersInThread, in_thread


@pytest.fixture
def host(peers: PeersInThread, mallee: Callable[..., Ran]) -> Iterator[Path]:
    """`mallee run` beside: returns where its files are, once everything is written."""
    config = peers.pod.config
    folder = pod_state_dir(config.pod.name, config.pod.host_id)

    async def serve(ready: Callable[[], None], finish: asyncio.Event) -> None:
        def publish(document: PodDocument) -> None:
            published = DecisionStore(folder).published()
            if published is not None and any(r.of == "rack-1.permit" for r in published.document.reasons):
                ready()

        await run_pod(config, publish=publish, stop=finish, state_dir=folder)

    with in_thread(serve):
        yield folder


def test_a_set_point_is_explained_by_its_rule_and_inputs(mallee, host: Path) -> None:
    ran = mallee("why", "skid-1.remote_supply_temperature", "-o", "json")
    assert ran.code == 0
    (answer,) = ran.json
    assert (answer["value"], answer["unit"], answer["set_by"]) == (37.0, "degC", "rule")
    assert answer["why"] == "the setting" and answer["outcome"] == "written" and answer["since"].endswith("Z")
    assert answer["inputs"][0]["quality"] == "setting" and len(answer["lost"]) == 2
    assert 0 <= answer["document_age_s"] < 5 and answer["ask"] == ["skid-1.active_supply_temperature"]
    assert mallee("why", "skid-1", "remote_supply_temperature", "-o", "jsonl").json["why"] == "the setting"
    (row,) = csv.DictReader(io.StringIO(mallee("why", "skid-1.remote_supply_temperature", "-o", "csv").out))
    assert row["why"] == "the setting" and row["set_by"] == "rule"
    table = mallee("why", "skid-1.remote_differential_pressure").out
    assert "never less than 50%" in table and "did not win" in table and "kPa" in table and "setting" in table


def test_inputs_have_the_age_and_quality_of_what_was_measured(mallee, host: Path) -> None:
    (answer,) = mallee("why", "rack-1.power_limit", "-o", "json").json
    power = next(each for each in answer["inputs"] if each["name"] == "rack-1.power")
    assert (power["value"], power["unit"], power["quality"]) == (60.0, "kW", "good") and 0 <= power["age_s"] < 10
    assert answer["value"] is None and "no power_limit in the pod file" in answer["why"]


def test_without_a_point_it_lists_what_the_host_sets(mallee, host: Path) -> None:
    points = {row["point"] for row in mallee("why", "-o", "json").json}
    assert {"skid-1.remote_heat", "rack-1.power_limit", "rack-2.permit"} <= points
    assert {row["point"] for row in mallee("why", "rack-1", "-o", "json").json} == {
        "rack-1.power_limit",
        "rack-1.permit",
    }
    ran = mallee("why")
    assert "all skids run" in ran.out and "pump_command" in ran.err


def test_a_register_is_explained_by_its_controller_and_the_host(mallee, host: Path) -> None:
    (answer,) = mallee("why", "skid-1.active_supply_temperature", "-o", "json").json
    assert "host 7 asks for it" in answer["why"] and answer["set_by"] == "controller"
    assert any(
        note.startswith("skid-1.remote_supply_temperature is 37.0 degC: the setting") for note in answer["notes"]
    )
    for name in ("branch.2", "branch_2", "branch.2.state"):
        (answer,) = mallee("why", f"pdu-a.{name}", "-o", "json").json
        assert answer["point"] == "pdu-a.branch.2.state" and any("host 7 holds" in note for note in answer["notes"])
    (answer,) = mallee("why", "skid-1.flow", "-o", "json").json
    assert answer["set_by"] == "nobody" and "skid-1.active_differential_pressure" in answer["ask"]


def test_the_host_has_a_log(mallee, host: Path) -> None:
    rows = mallee("log", "-o", "json").json
    supply = next(row for row in rows if row["target"] == "skid-1.remote_supply_temperature")
    assert (supply["new"], supply["rule"], supply["outcome"]) == (37.0, "the setting", "written")
    assert supply["inputs"][0]["name"] == "control.supply_temperature_degC"
    assert {row["target"] for row in mallee("why", "skid-1.remote_heat", "--log", "-o", "json").json} == {
        "skid-1.remote_heat"
    }
    assert len(mallee("log", "-n", "2", "-o", "json").json) == 2
    ran = mallee("why", "rack-1", "--log", "-o", "json")
    assert (ran.code, ran.json) == (0, []) and "nothing with rack-1" in ran.err
    assert "the setting" in mallee("log").out
    (first, *_) = csv.DictReader(io.StringIO(mallee("log", "-o", "csv").out))
    assert "control.supply_temperature_degC 37.0 degC" in first["inputs"]


@pytest.mark.parametrize(
    ("arguments", "code", "what", "next_step"),
    [
        (["why", "skid1.remote_heat"], 2, "named 'skid1'", "did you mean 'skid-1'"),
        (["why", "skid-1.remote_haet"], 2, "no point 'remote_haet'", "did you mean 'skid-1.remote_heat'"),
        (["why", "rack-1.powerlimit"], 2, "no point 'powerlimit'", "did you mean 'rack-1.power_limit'"),
        (["why", "pdu-a.branch.9"], 2, "no point 'branch.9.state'", "did you mean 'pdu-a.branch."),
        (["why"], 3, "no host of small pod runs here", "mallee demo"),
        (["why", "rack-1.permit"], 3, "no host of small pod runs here", "mallee run"),
        (["log"], 3, "hosts here have noted nothing", "mallee log DEVICE"),
    ],
)
def test_errors_without_a_host(mallee, arguments, code, what, next_step) -> None:
    ran = mallee(*arguments)
    assert ran.code == code and ran.out == ""
    lines = {line.partition(": ")[0]: line.partition(": ")[2] for line in ran.err.splitlines()}
    assert what in lines["error"] and lines["likely"] and next_step in lines["next"]


def test_without_a_host_the_controller_alone_is_asked(mallee) -> None:
    (answer,) = mallee("why", "skid-1.remote_heat", "-o", "json").json
    assert answer["set_by"] == "lease" and any("no host of this pod runs here" in note for note in answer["notes"])


def test_what_an_earlier_host_did_is_told_with_the_rule_of_now(mallee, host: Path) -> None:
    """A host that begins anew takes over what it finds: why that came to be stands in the notes of the one before."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    note = Note(time=noon, target="rack-1.permit", old="on", new="off", unit="", rule="pdu-a may open in 29 s")
    log = host / "decisions.1.jsonl"
    log.write_bytes(msgspec.json.encode(note) + b"\n")
    (answer,) = mallee("why", "rack-1.permit", "-o", "json").json
    assert "before that, 2026-01-01 12:00:00 UTC: off: pdu-a may open in 29 s" in answer["notes"]
    log.unlink()


def test_a_host_that_ended_or_hangs_is_told(mallee, host: Path, tmp_path: Path, monkeypatch) -> None:
    """On a copy of its files, so that the host that runs does not renew them."""
    document = (host / "document.json").read_bytes()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "copy"))
    copy = tmp_path / "copy" / "mallee" / host.name / "document.json"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(document)
    now_s = time.time()
    os.utime(copy, (now_s - 10, now_s - 10))
    (answer,) = mallee("why", "skid-1.remote_heat", "-o", "json").json
    assert any(re.match(r"the host's document is \d+ s old: it hangs, or ended", note) for note in answer["notes"])
    assert "that is old" in mallee("why").err
    os.utime(copy, (now_s - 100, now_s - 100))
    ran = mallee("why")
    assert ran.code == 3 and "the last one spoke at 20" in ran.err


def test_a_controller_that_no_pod_file_names_is_asked_by_its_address(mallee, peers: PeersInThread) -> None:
    address = f"{peers.pod.config.skids[0].address}#1"
    (answer,) = mallee("why", address, "minimum_speed", "-o", "json").json
    assert answer["set_by"] == "setting" and answer["point"] == f"{address}.minimum_speed"
    assert mallee("why", address, "minimum_sped").code == 2


def test_a_controller_that_does_not_answer_is_no_answer(mallee, tmp_path: Path) -> None:
    file = tmp_path / "pod.toml"
    file.write_text('[pod]\nname = "p"\n[[skid]]\nname = "s"\naddress = "tcp://127.0.0.1:9"\n', encoding="utf-8")
    assert mallee("why", "s.flow").code == 3
    ran = mallee("why", "s.flwo")  # a typing error is told before anybody is asked in vain
    assert ran.code == 2 and "did you mean 's.flow'" in ran.err
