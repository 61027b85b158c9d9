"""Boards that are called real: a port for the console, another for the bus, commands for the supply. A virtual one stands in."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..conftest import ROOT
from ..hil_project import PROVENANCE, run_hil

TESTS = """
import pytest

pytestmark = pytest.mark.needs("bus")

def test_it_is_asked(board, controller, measure):
    assert board.kind == "real" and controller.profile == "pdu"
    measure("uptime", controller.read("uptime"), at_least=1.0)

@pytest.mark.needs("power")
def test_it_is_switched(board, controller, power):
    power.off()
    board.run(0.5)
    assert not board.unit.answers()
    power.on()
    assert power.wait() < 10
    assert [entry.what for entry in controller.journal() if entry.kind == "start"][-1] == "power_on"

def test_its_console_is_open(dut, bus):
    assert dut.serial.port == CONSOLE
    assert bus.raw(b"\\xff\\x55", within_s=0.1) == b""

@pytest.mark.profile("pump")
def test_of_another_profile(controller):
    raise AssertionError("it is a PDU")

@pytest.mark.needs("plant")
def test_of_the_plant(plant):
    raise AssertionError("it has none")

def test_that_fails(controller):
    controller.read("uptime")
    raise AssertionError("so that something is kept")
"""


@pytest.fixture(scope="module")
def standin(tmp_path_factory) -> Iterator[dict[str, str]]:
    """Its addresses, and the FIFO of its supply."""
    fifo = str(tmp_path_factory.mktemp("standin") / "supply")
    command = [sys.executable, "-m", "tests.system.standin", "pdu", "17", fifo]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        line = process.stdout.readline()
        if not line:
            pytest.skip("no virtual board here: is mallee[sim] installed?")
        yield {**json.loads(line), "fifo": fifo}
        process.stdin.close()


def _options(standin: dict[str, str], **more: str) -> list[str]:
    # What stands in keeps the wall's time only roughly: its answers pause, as behind a network.
    options = {"": standin["console"], "-bus": standin["bus"] + "&pause_ms=2000", "-unit": "17", **more}
    return [part for name, value in options.items() for part in (f"--board{name}", value)]


def _powered(standin: dict[str, str], fifo: str) -> dict[str, str]:
    return {"-power-on": f"echo on > {fifo}", "-power-off": f"echo off > {fifo}"}


@pytest.mark.timeout(300)
def test_the_same_tests_run_on_a_real_board(standin, tmp_path):
    (tmp_path / "test_it.py").write_text(f"CONSOLE = {standin['console']!r}\n{TESTS}", encoding="utf-8")
    power = _powered(standin, standin["fifo"])
    done = run_hil(tmp_path, *_options(standin, **power), "--board-artifacts", str(tmp_path / "kept"), "-rs")
    assert "3 passed" in done.stdout and "1 failed" in done.stdout and "2 skipped" in done.stdout, (
        done.stdout + done.stderr
    )
    assert "it is for a pump, and the board is a pdu" in done.stdout
    assert "a real board does not have a plant with physics" in done.stdout
    cases = {case.get("name"): case for case in ET.parse(tmp_path / "junit.xml").iter("testcase")}
    properties = {p.get("name"): p.get("value") for p in cases["test_it_is_asked"].iter("property")}
    assert set(PROVENANCE) <= set(properties), properties
    assert properties["board"] == f"the board at {standin['console']}" and properties["board.kind"] == "real"
    assert json.loads(properties["measurement.uptime"] or "")["kept"] is True
    (folder,) = (tmp_path / "kept").iterdir()
    assert {"bus.pcap", "bus.txt", "journal.jsonl", "provenance.json"} <= {path.name for path in folder.iterdir()}


@pytest.mark.timeout(300)
def test_a_board_that_was_left_without_supply_is_switched_on(standin, tmp_path):
    """By a session that was killed, say."""
    (tmp_path / "test_it.py").write_text("def test_it(controller):\n    controller.read('uptime')\n", encoding="utf-8")
    Path(standin["fifo"]).write_text("off\n")
    done = run_hil(tmp_path, *_options(standin, **_powered(standin, standin["fifo"])))
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_a_switch_that_does_nothing_is_found_out(standin, tmp_path):
    """Commands that succeed and switch nothing: tests that need the supply are skipped, and hear why."""
    (tmp_path / "test_it.py").write_text("def test_it(power):\n    raise AssertionError\n", encoding="utf-8")
    power = {"-power-on": "true", "-power-off": "true"}
    done = run_hil(tmp_path, *_options(standin, **power), "-rs")
    assert "1 skipped" in done.stdout, done.stdout + done.stderr
    assert "not trusted: unit 17 still answered 1 s after the supply was switched off" in done.stdout


@pytest.mark.timeout(300)
def test_a_switch_that_fails_is_told(standin, tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it(power):\n    raise AssertionError\n", encoding="utf-8")
    done = run_hil(
        tmp_path, *_options(standin, **{"-power-on": "true", "-power-off": "echo no relay >&2; false"}), "-rs"
    )
    assert "1 skipped" in done.stdout and "exit status 1: no relay" in done.stdout, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_a_silent_bus_and_a_wrong_profile_are_explained(standin, tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it(controller):\n    raise AssertionError\n", encoding="utf-8")
    silent = run_hil(tmp_path, *_options(standin, **{"-unit": "18"}))
    assert "unit 18" in silent.stdout and "does not run after" in silent.stdout and "likely: it is off" in silent.stdout
    wrong = run_hil(tmp_path, *_options(standin, **{"-profile": "pump"}))
    assert "is a pdu, and --board-profile is pump" in wrong.stdout and "mallee flash --profile pump" in wrong.stdout
    for done in (silent, wrong):
        assert "1 error" in done.stdout and "Traceback" not in done.stdout and "opening.py" not in done.stdout


@pytest.mark.timeout(300)
def test_who_has_the_board_is_told_to_who_wants_it(standin, tmp_path):
    """A child that holds it is killed; then the board is free."""
    (tmp_path / "test_it.py").write_text("def test_it(controller):\n    controller.read('uptime')\n", encoding="utf-8")
    code = (
        "import sys\n"
        "from mallee.hil.lock import locked\n"
        f"with locked({standin['console']!r}):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        refused = run_hil(tmp_path, *_options(standin))
        assert f"the board at {standin['console']} is in use by process {holder.pid}" in refused.stdout, refused.stdout
        assert "the lock ends with it" in refused.stdout and "Traceback" not in refused.stdout
        holder.kill()
        holder.wait(10)
    done = run_hil(tmp_path, *_options(standin))
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_folders_of_the_state_are_this_tests_own(tmp_path, monkeypatch):
    """The lock is kept where $XDG_STATE_HOME says."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    from mallee.hil.lock import locked

    with locked("/dev/ttyACM0"):
        assert {path.suffix for path in Path(tmp_path, "mallee", "boards").iterdir()} >= {".lock", ".holder"}
