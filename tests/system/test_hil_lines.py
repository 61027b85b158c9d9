"""Several real boards on one line, and a real pod: one port for all of them, one session at a time. A simulated pod stands in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from mallee import resources
from mallee.hil.lock import locked
from mallee.pod.loader import load_pod

from ..hil_project import run_hil

pytest.importorskip("CoolProp")
from mallee.hil.virtual import paced, virtual_time
from mallee.sim.loads import Constant
from mallee.sim.podlines import open_ptys
from mallee.sim.world import World

TESTS = """
def test_of_two_boards(board, controller):
    assert [each.profile for each in controller] == ["pump", "pump"]
    controller[0].write(lease_hold=11)
    board[0].unit.line.release()  # as a test that lets another program at the port
    assert [each.value("lease_hold") for each in controller] == [11, 60]

def test_of_the_pod(pod):
    assert [pod[name].name for name in pod] == ["skid-1", "skid-2"]
    assert pod["skid-1"].value("lease_hold") == 11

def test_of_both(board, controller, pod):
    assert pod["skid-2"].value("uptime") >= controller[1].value("uptime") - 60
    assert controller[0].value("lease_hold") == 11
    raise AssertionError("so that something is kept")
"""


@pytest.fixture(scope="module")
def standin(tmp_path_factory) -> Iterator[Path]:
    """The pod file of two skids on one line, which are simulated meanwhile."""
    whole = resources.examples_dir() / "serial_pod.toml"
    text = whole.read_text(encoding="utf-8")
    # They keep the wall's time only roughly: their answers pause, as behind a network.
    text = text[: text.index("[[feed]]")].replace("framing=8E1", "framing=8E1&pause_ms=2000")
    file = tmp_path_factory.mktemp("pod") / "pod.toml"
    world = World.from_pod(load_pod(whole), seed=0, load=Constant(), only=("skid-1", "skid-2"))
    time = virtual_time(world)
    try:
        for port, name in open_ptys(world).items():
            text = text.replace(port, name)
        file.write_text(text, encoding="utf-8")
        with time.flow(paced(time)):
            yield file
    finally:
        time.close()
        world.close()


@pytest.mark.timeout(300)
def test_boards_of_one_line_and_a_pod_share_it(standin, tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    line = load_pod(standin).controllers[0].address
    consoles = [tmp_path / "console-1", tmp_path / "console-2"]
    for console in consoles:
        console.touch()  # nobody opens them
    options = ["--board", "|".join(map(str, consoles)), "--count", "2", "--board-bus", line, "--board-unit", "1|2"]
    options += ["--board-pod", f"{standin}", "--board-artifacts", str(tmp_path / "kept"), "-rs"]
    done = run_hil(tmp_path, *options)
    assert "2 passed" in done.stdout and "1 failed" in done.stdout, done.stdout + done.stderr
    (folder,) = (tmp_path / "kept").iterdir()
    kept = {path.name for path in folder.iterdir()}
    assert {"0-bus.txt", "1-bus.txt", "skid-2-bus.txt", "skid-2-journal.jsonl", "provenance.json"} <= kept, kept
    assert not any(name.startswith("skid-1") for name in kept)  # it was not asked anything
    known = json.loads((folder / "provenance.json").read_text())
    assert known["skid-2.pod"] == "serial pod" and known["skid-2.board.profile"] == "pump", known


@pytest.mark.timeout(300)
def test_a_line_of_a_pod_that_somebody_has_is_told(standin, tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it(pod):\n    raise AssertionError\n", encoding="utf-8")
    console = tmp_path / "console"
    console.touch()
    line = load_pod(standin).controllers[0].address
    with locked(line.removeprefix("serial://").partition("?")[0]):
        done = run_hil(tmp_path, "--board", str(console), "--board-pod", str(standin))
    assert "1 error" in done.stdout and "is in use by process" in done.stdout, done.stdout + done.stderr
