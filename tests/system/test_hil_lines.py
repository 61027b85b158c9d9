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
    controller[1].write(lease_hold=22)
    assert pod["skid-2"].value("lease_hold") == 22
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
    (tmp_path / "by-id").symlink_to(line.removeprefix("serial://").partition("?")[0])
    options[options.index(line)] = (
        f"serial://{tmp_path / 'by-id'}?{line.partition('?')[2]}"  # the pod file has the other name
    )
    options += ["--board-pod", f"{standin}", "--board-artifacts", str(tmp_path / "kept"), "-rs"]
    done = run_hil(tmp_path, *options)
    assert "2 passed" in done.stdout and "1 failed" in done.stdout, done.stdout + done.stderr
    assert "so that something is kept" in done.stdout
    (folder,) = (tmp_path / "kept").iterdir()
    kept = {path.name for path in folder.iterdir()}
    assert {"0-bus.txt", "1-bus.txt", "skid-2-bus.txt", "skid-2-journal.jsonl", "provenance.json"} <= kept, kept
    assert not any(name.startswith("skid-1") for name in kept)  # it was not asked anything
    known = json.loads((folder / "provenance.json").read_text())
    assert known["skid-2.pod"] == "serial pod" and known["skid-2.board.profile"] == "pump", known


@pytest.mark.timeout(300)
def test_a_line_with_other_settings_and_a_silent_controller_are_explained(standin, tmp_path):
    (tmp_path / "test_it.py").write_text(
        "def test_of_both(board, pod):\n    raise AssertionError\n"
        "def test_of_the_pod(pod):\n    pod['skid-9'].read('flow')\n",
        encoding="utf-8",
    )
    text = standin.read_text(encoding="utf-8").replace('"skid-2"', '"skid-9"').replace("unit = 2", "unit = 9")
    (tmp_path / "pod.toml").write_text(text, encoding="utf-8")
    console = tmp_path / "console"
    console.touch()
    line = load_pod(standin).controllers[0].address
    options = [
        "--board",
        str(console),
        "--board-bus",
        line.replace("pause_ms=2000", "pause_ms=1500"),
        "--board-unit",
        "1",
    ]
    options += ["--board-pod", str(tmp_path / "pod.toml"), "--board-artifacts", str(tmp_path / "kept")]
    done = run_hil(tmp_path, *options, "-k", "of_both")
    assert "1 error" in done.stdout and "the same line, with different settings" in done.stdout, (
        done.stdout + done.stderr
    )
    silent = run_hil(tmp_path, *options, "-k", "of_the_pod")
    assert "1 failed" in silent.stdout and "did not answer" in silent.stdout, silent.stdout + silent.stderr
    folder = tmp_path / "kept" / "test_it.py--test_of_the_pod"
    assert (folder / "skid-9-bus.pcap").exists() and "skid-9" in (folder / "provenance.json").read_text()


@pytest.mark.timeout(300)
def test_a_line_of_a_pod_that_somebody_has_is_told(standin, tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it(pod):\n    raise AssertionError\n", encoding="utf-8")
    console = tmp_path / "console"
    console.touch()
    line = load_pod(standin).controllers[0].address
    with locked(line.removeprefix("serial://").partition("?")[0]):
        done = run_hil(tmp_path, "--board", str(console), "--board-pod", str(standin))
    assert "1 error" in done.stdout and "is in use by process" in done.stdout, done.stdout + done.stderr
