"""The command line against a pod of peers: what it prints, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path

import msgspec
import pytest
from mallee import resources
from mallee.cli import main
from mallee.cli.common import Context
from mallee.cli.reference import asked
from mallee.device.calibration import Load
from mallee.errors import ExitCode, MalleeError
from mallee.pod.config import ControlSection, HistorySection, Rack, Skid
from mallee.pod.document import from_json
from mallee.pod.loader import load_pod
from mallee.pod.power.settings import PowerSection
from mallee.pod.reaching import nothing_runs
from mallee.pod.topology.settings import PhysicsSection
from mallee.testing import MockPod

from .peers_in_thread import PeersInThread


def test_get_one_point_in_every_form(mallee) -> None:
    ran = mallee("get", "skid-1", "supply_temperature", "-o", "json")
    assert ran.code == 0
    (row,) = ran.json
    assert row["value"] == 37.02
    assert row["unit"] == "degC"
    assert row["quality"] == "good"
    assert row["time"].endswith("Z")
    assert json.loads(mallee("get", "skid-1", "flow", "-o", "jsonl").out)["value"] == 800.0
    rows = list(csv.DictReader(io.StringIO(mallee("get", "skid-1", "flow", "-o", "csv").out)))
    assert rows[0]["value"] == "800"
    assert "37.02" in mallee("get", "skid-1", "supply_temperature").out


def test_get_patterns_arrays_and_the_fast_block(mallee) -> None:
    points = [row["point"] for row in mallee("get", "pdu-a", "branch.*.thermal", "-o", "json").json]
    assert points == [f"branch.{n}.thermal" for n in range(1, 9)]
    points = [row["point"] for row in mallee("get", "skid-1", "pump_speed", "-o", "json").json]
    assert points == ["pump_speed.1", "pump_speed.2"]
    points = [row["point"] for row in mallee("get", "skid-1", "-o", "json").json]
    assert "lease_state" in points


def test_get_by_address_without_a_pod_file(mallee, peers: PeersInThread, tmp_path: Path) -> None:
    address = peers.pod.config.skids[0].address
    assert mallee("get", f"{address}#1", "magic", "-o", "json").json[0]["value"] == 0x4D4C


@pytest.mark.parametrize(
    ("arguments", "code", "what", "next_step"),
    [
        (["get", "skid-9", "flow"], 2, "no device 'skid-9'", "did you mean 'skid-1'"),
        (["get", "skid-1", "flwo"], 2, "no point 'flwo'", "did you mean 'flow'"),
        (["gte", "skid-1"], 2, "Unknown command", "did you mean get?"),
        (["get", "skid-1", "--ouput", "json"], 2, "Unknown option", "did you mean --output?"),
        (["get"], 2, "DEVICE", "--help"),
        (["get", "skid-1", "-o", "xml"], 2, "xml", "--help"),
        (["get", "skid-1", "--timeout", "soon"], 2, "not a duration", "500ms"),
        (["get", "tcp://127.0.0.1:9", "flow"], 3, "no connection", "check the address"),
        (["set", "skid-1", "flow_setpoint", "9999", "--yes"], 4, "upper limit is 2500", "describe"),
        (["set", "skid-1", "flow", "9", "--yes"], 2, "cannot be written", "writable"),
        (["set", "skid-1", "mode_setpoint", "flw", "--yes"], 2, "no value for mode_setpoint", "did you mean 'flow'"),
        (["set", "skid-1", "remote_flow", "600", "--yes"], 4, "lease_missing", "describe pump refusal"),
        (["set", "skid-1", "flow_setpoint"], 2, "POINT VALUE", "mallee set skid-1"),
        (["set", "skid-1", "flow_setpoint", "700"], 2, "nobody can be asked", "--yes"),
        (["describe", "alarm", "over_temprature"], 2, "no controller has an alarm", "over_temperature"),
        (["scan", "127.0.0.1:70000"], 2, "not a target", "HOST:PORT-PORT"),
        (["listen", "skid-1"], 2, "is no serial line", "mallee trace"),
        (["listen", "/dev/none", "--profile", "3=pmup"], 2, "--profile 3=pmup", "did you mean 'pump'"),
        (["listen", "/dev/none"], 3, "no serial port /dev/none", "list_ports"),
        (["run", "none.toml"], 2, "no such file", "examples/pod.toml"),
        (["watch", "skid-1", "--for", "0s"], 2, "not a duration", "500ms"),
    ],
)
def test_errors_say_what_likely_and_next(mallee, arguments, code, what, next_step) -> None:
    ran = mallee(*arguments)
    assert ran.code == code
    assert ran.out == ""
    lines = {line.partition(": ")[0]: line.partition(": ")[2] for line in ran.err.splitlines()}
    assert what in lines["error"]
    assert lines["likely"]
    assert next_step in lines["next"]


def test_errors_have_a_json_twin(mallee) -> None:
    ran = mallee("get", "skid-9", "flow", "-o", "json")
    document = json.loads(ran.err.splitlines()[-1])
    assert set(document) == {"code", "message", "likely", "next"}
    assert document["code"] == ran.code == 2


def test_debug_shows_the_traceback(pod_file: Path) -> None:
    with pytest.raises(Exception, match="skid-9"):
        main(["get", "skid-9", "flow", "--debug"])


def test_set_shows_old_and_new_writes_and_reads_back(mallee, peers: PeersInThread) -> None:
    ran = mallee("set", "skid-1", "flow_setpoint", "650", "--yes", "-o", "json")
    assert ran.code == 0
    (row,) = ran.json
    assert (row["old"], row["new"]) == (600.0, 650.0)
    assert "600 → 650 l/min" in ran.err
    assert peers.pod.skid.get("flow_setpoint") == 6500
    mallee("set", "skid-1", "flow_setpoint", "600", "--yes")


def test_dry_run_shows_the_exact_words_and_writes_nothing(mallee, peers: PeersInThread) -> None:
    ran = mallee("set", "skid-1", "set_clock", "1800000000", "--dry-run", "-o", "json")
    assert ran.json == [
        {
            "device": "skid-1",
            "function": 16,
            "table": "holding",
            "address": 2,
            "words": [27465, 53760],
            "hex": "6B49 D200",
        }
    ]
    assert peers.pod.skid.get("set_clock") == 0


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 6), ("\n", 6), ("", 6)])
def test_set_asks_a_person(mallee, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    """The last one is Ctrl-D."""
    at_a_terminal(monkeypatch, answer)
    ran = mallee("set", "pdu-a", "branch_switch.3", "on")
    assert ran.code == code and "bug" not in ran.err and "Write it? [y/N]" in ran.err


@pytest.mark.parametrize(("answer", "code"), [("skid-1\n", 0), ("y\n", 6), ("yes\n", 6), ("\n", 6), ("", 6)])
def test_for_the_worst_the_name_of_the_device_is_typed(
    mallee, monkeypatch: pytest.MonkeyPatch, peers: PeersInThread, answer: str, code: int
) -> None:
    at_a_terminal(monkeypatch, answer)
    ran = mallee("set", "skid-1", "operation_setpoint", "standby")
    said = " ".join(ran.err.split())
    assert ran.code == code and "what follows: the skid is to standby" in said
    assert "Type skid-1 if you want that" in said and said.index("what follows") < said.index("Type skid-1")
    assert peers.pod.skid.get("operation_setpoint") == (1 if code == 0 else 0)
    peers.pod.skid.set("operation_setpoint", 0)


def test_a_script_writes_with_yes_and_is_told_what_follows(mallee, peers: PeersInThread) -> None:
    ran = mallee("set", "skid-1", "operation_setpoint", "standby", "--yes")
    assert ran.code == 0 and "may cool no more" in " ".join(ran.err.split())
    peers.pod.skid.set("operation_setpoint", 0)
    dry = mallee("set", "skid-1", "operation_setpoint", "standby", "--dry-run")
    assert dry.code == 0 and "may cool no more" in " ".join(dry.err.split())


def test_ctrl_d_at_a_question_for_a_number_declines_too(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    at_a_terminal(monkeypatch, "230\n")
    with pytest.raises(MalleeError, match="nothing was changed") as ended:
        asked(Context(None), Load.NOMINAL)
    assert ended.value.code is ExitCode.DECLINED and "phase 1, A: " in capsys.readouterr().err


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    terminal = io.StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", terminal)


def test_status_ok_with_findings_and_without_answers(mallee, peers: PeersInThread, tmp_path: Path) -> None:
    ran = mallee("status", "-o", "json")
    assert ran.code == 5  # the small pod has no N-1 headroom on feed B
    assert [row["device"] for row in ran.json] == ["skid-1", "pdu-a", "pdu-b"]
    assert {row["profile"] for row in ran.json} == {"pump", "pdu"}
    assert all(row["answering"] for row in ran.json)
    lonely = tmp_path / "lonely.toml"
    lonely.write_text('[pod]\nname = "lonely"\n[[skid]]\nname = "skid-1"\naddress = "tcp://127.0.0.1:9"\n')
    ran = mallee("status", "--config", str(lonely), "-o", "json")
    assert ran.code == 3
    assert ran.json[0]["state"] == "silent"
    lonely.write_text(
        f'[pod]\nname = "one"\n[[skid]]\nname = "skid-1"\naddress = "{peers.pod.config.skids[0].address}"\n'
    )
    assert mallee("status", "--config", str(lonely)).code == 0


def test_scan_finds_controllers_and_says_what_they_are(mallee, peers: PeersInThread) -> None:
    port = peers.pod.skid.port
    ran = mallee("scan", f"127.0.0.1:{port}", "127.0.0.1:9", "-o", "json")
    assert ran.code == 0
    (found,) = ran.json
    assert (found["profile"], found["name"], found["dictionary"]) == ("pump", "skid", "known")
    assert mallee("scan", "127.0.0.1:9", "-o", "json").json == []
    assert mallee("scan", "127.0.0.1:9").code == 3
    assert {row["name"] for row in mallee("scan", "-o", "json").json} >= {"skid", "pdu-a", "pdu-b"}


def test_scan_writes_a_pod_file_that_runs_and_leaves_one_that_exists(mallee, peers: PeersInThread, tmp_path) -> None:
    targets = [controller.address for controller in peers.pod.config.controllers]
    path = tmp_path / "found.toml"
    ran = mallee("scan", *targets, "--write", str(path))
    assert ran.code == 0 and "CHECK" in ran.err
    rows = mallee("status", "-c", str(path), "-o", "json").json
    assert len(rows) == len(targets) and all(row["answering"] for row in rows)
    text = path.read_text()
    ran = mallee("scan", *targets, "--write", str(path))
    assert ran.code == 2 and ran.out == "" and "--overwrite" in ran.err and path.read_text() == text
    assert mallee("scan", *targets, "--write", str(path), "--overwrite").code == 0


def test_describe_points_alarms_and_devices(mallee) -> None:
    (row,) = mallee("describe", "supply_temperature_setpoint", "-o", "json").json
    assert (row["low"], row["high"], row["unit"], row["writable"]) == (15.0, 55.0, "degC", True)
    assert row["reference"] == 40001 + row["address"]
    assert "facility water" in mallee("describe", "alarm", "over_temperature").out
    assert len(mallee("describe", "skid-1", "-o", "json").json) == len(resources.dictionary("pump").points)
    rows = mallee("describe", "pdu", "branch.*.rating", "-o", "json").json
    assert [row["name"] for row in rows] == [f"branch.{n}.rating" for n in range(1, 9)]


def test_watch_piped_is_lines_of_json_with_a_summary(mallee, in_memory: MockPod) -> None:
    in_memory["skid-1"].set(flow=800.0)
    ran = mallee("watch", "skid-1", "flow", "state", "--interval", "50ms", "--for", "300ms")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert len(lines) >= 6
    assert lines[0]["points"]["flow"]["value"] == 800.0
    assert "polls, 0 lost" in ran.err


def test_watch_pod_reads_only(mallee, in_memory: MockPod) -> None:
    ran = mallee("watch", "--for", "350ms", "--interval", "100ms")
    documents = [from_json(line) for line in ran.out.splitlines()]
    assert [document.scan for document in documents] == [1, 2, 3, 4]
    assert "0 lost" in ran.err
    assert documents[-1].advise
    assert all(device.requests and not device.writes for device in in_memory.values())
    assert not any(request[0] in (5, 6, 15, 16) for device in in_memory.values() for request in device.requests)


def test_run_prints_documents_and_gives_the_leases_back(mallee, in_memory: MockPod) -> None:
    ran = mallee("run", "pod.toml", "--for", "700ms", "-o", "jsonl")
    assert ran.code == 0
    documents = [from_json(line) for line in ran.out.splitlines()]
    assert [document.scan for document in documents] == [1, 2, 3, 4]
    assert documents[-1].skids[0].lease.ours
    assert documents[-1].bus.timeouts == 0
    assert in_memory["skid-1"].writes
    assert all(device.value("lease_state") == "none" for device in in_memory.values())
    last = mallee("run", "--for", "300ms", "-o", "json")
    assert from_json(last.out).pod == "small pod"
    shown = mallee("run", "--for", "300ms")
    assert "skid-1" in shown.out
    assert "took the lease" in shown.err


def test_config_show_names_each_origin(mallee, pod_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = Path(os.environ["XDG_CONFIG_HOME"]) / "mallee"
    user.mkdir(parents=True, exist_ok=True)
    (user / "config.toml").write_text('output = "json"\n\n[control]\nscan_s = 0.5\ndew_point_margin_K = 3.0\n')
    monkeypatch.setenv("MALLEE_LEASE_S", "30")
    rows = {row["setting"]: row for row in mallee("config", "show", "--timeout", "2s").json}
    assert rows["timeout_s"]["origin"] == "flag"
    assert rows["output"]["origin"].endswith("config.toml:1")
    assert rows["config"]["origin"] == "nearest pod.toml"
    assert (rows["control.lease_s"]["value"], rows["control.lease_s"]["origin"]) == (30, "MALLEE_LEASE_S")
    assert rows["control.scan_s"]["value"] == 0.2  # the pod file is stronger than the user's
    assert rows["control.dew_point_margin_K"]["value"] == 3.0
    assert rows["control.dew_point_margin_K"]["origin"].endswith("config.toml:5")
    assert rows["control.supply_temperature_degC"]["origin"] == "default"
    monkeypatch.setenv("MALLEE_HOST_ID", "0")
    assert "MALLEE_HOST_ID: pod.host_id = '0'" in mallee("config", "show").err
    monkeypatch.setenv("MALLEE_HOST_ID", "42")
    rows = {row["setting"]: row for row in mallee("config", "show").json}
    assert (rows["pod.host_id"]["value"], rows["pod.host_id"]["origin"]) == (42, "MALLEE_HOST_ID")
    monkeypatch.setenv("MALLEE_LEASE_S", "long")
    assert "MALLEE_LEASE_S: lease_s = 'long': it must be a whole number" in mallee("config", "show").err
    monkeypatch.delenv("MALLEE_LEASE_S")
    (user / "config.toml").write_text('outptu = "json"\n')
    assert "did you mean 'output'" in mallee("config", "show").err


def test_config_show_lists_every_value_of_the_structures(mallee, pod_file: Path) -> None:
    """None of the sections is listed by hand: a new key is there by itself."""
    with pod_file.open("a", encoding="utf-8") as file:
        file.write("\n[power]\nsite_kW = 200.0\n[history]\nraw_days = 3\n")
    rows = {row["setting"]: row for row in mallee("config", "show", "-o", "json").json}
    for section, kind in (("control", ControlSection), ("power", PowerSection), ("physics", PhysicsSection)):
        assert {f"{section}.{name}" for name in kind.__struct_fields__} <= set(rows)
    assert {f"history.{name}" for name in HistorySection.__struct_fields__} <= set(rows)
    assert {f"rack.rack-1.{name}" for name in Rack.__struct_fields__} <= set(rows)
    assert {"feed.A.policy", "pdu.pdu-b.branch_A", "skid.skid-1.address", "plant.exchanger.ua_kW_K"} <= set(rows)
    text = pod_file.read_text(encoding="utf-8").splitlines()
    assert rows["power.site_kW"]["value"] == 200.0 and rows["power.cap"]["origin"] == "default"
    for name, line in (("power.site_kW", "site_kW = 200.0"), ("history.raw_days", "raw_days = 3")):
        assert rows[name]["origin"] == f"{pod_file}:{text.index(line) + 1}"
    default = resources.pods()["default"]
    text = default.read_text(encoding="utf-8").splitlines()
    line = text.index('name = "B"') + 3
    (row,) = mallee("config", "show", "feed.B.main_A", "-c", str(default), "-o", "json").json
    assert row == {"setting": "feed.B.main_A", "value": 2000.0, "origin": f"{default}:{line}"}


def test_config_show_of_some_settings(mallee) -> None:
    rows = mallee("config", "show", "power", "rack.*.priority", "-o", "json").json
    assert {row["setting"].partition(".")[0] for row in rows} == {"power", "rack"}
    assert [row["setting"] for row in rows if row["setting"].startswith("rack")] == [
        "rack.rack-1.priority", "rack.rack-2.priority",
    ]  # fmt: skip
    ran = mallee("config", "show", "pwoer")
    assert ran.code == 2 and "did you mean 'power'" in ran.err


def test_where_nothing_runs_alarms_say_how_to_start(mallee, tmp_path: Path) -> None:
    """And blame no gateway: all addresses are of this computer."""
    file = tmp_path / "none.toml"
    file.write_text('[pod]\nname = "p"\n[[skid]]\nname = "s"\naddress = "tcp://127.0.0.1:9"\n', encoding="utf-8")
    ran = mallee("alarms", "-c", str(file))
    assert ran.code == 3 and ran.out == "" and "gateway" not in ran.err
    assert "none of its 1 controllers answers" in ran.err and "start `mallee demo`" in ran.err
    there = msgspec.structs.replace(load_pod(file), skids=(Skid("s", "tcp://192.0.2.1:502"),))
    error = nothing_runs(there, str(file))
    assert error.code == 3 and "mallee scan" in error.next and "mallee demo" not in error.next


def test_the_other_bundled_pod_has_a_name(mallee, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = mallee("config", "check", "-c", "oversubscribed", "-o", "json")
    assert (ran.json[0]["pdus"], ran.err) == (8, "")
    monkeypatch.setenv("MALLEE_CONFIG", "oversubscribed")
    rows = {row["setting"]: row for row in mallee("config", "show", "-o", "json").json}
    assert rows["config"]["value"].endswith("oversubscribed.toml")
    assert rows["config"]["origin"] == "MALLEE_CONFIG"


def test_the_bundled_pod_is_used_with_a_notice(mallee, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pod.toml").unlink()
    ran = mallee("config", "check", "-o", "json")
    assert ran.json[0]["pdus"] == 8
    assert "bundled default pod" in ran.err


def test_help_lists_exit_codes(mallee) -> None:
    ran = mallee("--help")
    assert ran.code == 0
    assert "130 interrupted" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "127.0.0.1:9", "--unit", "300"],
        ["scan", "127.0.0.1:9", "--unit", "-1"],
        ["scan", "/dev/ttyNONE", "--unit", "0", "--force"],
        ["doctor", "/dev/ttyNONE", "--unit", "300"],
    ],
)
def test_a_unit_that_cannot_be_is_refused_before_anything_is_sent(arguments: list[str], capsys) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert "is no unit address" in told and "next:" in told and "bug" not in told


def test_what_is_no_serial_port_is_told_so(capsys, tmp_path: Path) -> None:
    for place in (tmp_path, Path(os.devnull)):
        assert main(["listen", str(place), "--for", "1s"]) == 3
        assert f"{place} is no serial port" in capsys.readouterr().err.replace("\n", "")
