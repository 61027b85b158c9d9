"""`mallee describe pod` at the command line: without a controller, and with a pod of peers."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from mallee import resources
from mallee.pod import runner

from .commanding import commands
from .peers_in_thread import PeersInThread, peers_in_thread, write_pod_file

POD = str(resources.examples_dir() / "pod.toml")


@pytest.fixture
def mallee(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    return commands(capsys)


@pytest.fixture
def no_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a link was opened")

    monkeypatch.setattr(runner, "open_link", refuse)


@pytest.mark.usefixtures("no_controller")
def test_tree_rows_and_picture_ask_no_controller(mallee, tmp_path: Path) -> None:
    ran = mallee("describe", "pod")
    assert ran.code == 0
    assert "bundled default pod" in ran.err
    assert "branches 5–8 → rack-8" in ran.out
    assert ran.out.count("skid-") == 2
    rows = mallee("describe", "pod", "-c", POD, "-o", "json").json
    assert len(rows) == 2 + 8 + 64 + 8 + 1 + 2
    assert {"kind": "rack", "name": "rack-1", "limit": 120.0, "unit": "kW", "priority": 100}.items() <= rows[
        -11
    ].items()
    table = list(csv.DictReader(io.StringIO(mallee("describe", "pod", "-c", POD, "-o", "csv").out)))
    assert table[2]["fed_by"] == "A" and len(table) == len(rows)
    ran = mallee("describe", "pod", "-c", POD, "-o", "jsonl", "--svg", "pod.svg")
    assert ran.code == 0 and len(ran.out.splitlines()) == len(rows)
    assert ElementTree.parse(tmp_path / "pod.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("arguments", "what", "next_step"),
    [
        (("describe", "pod", "--svg", "no/such/pod.svg"), "cannot write no/such/pod.svg", "another file"),
        (("describe", "flow", "--live"), "--live is of the pod, not of 'flow'", "describe pod"),
        (("describe", "pump", "--svg", "x.svg"), "--svg is of the pod, not of 'pump'", "describe pod"),
    ],
)
def test_wrong_use(mallee, arguments: tuple[str, ...], what: str, next_step: str) -> None:
    ran = mallee(*arguments)
    assert ran.code == 2
    assert what in ran.err and next_step in ran.err


def test_a_topology_that_does_not_close_ends_with_its_path_and_line(mallee, tmp_path: Path) -> None:
    text = Path(POD).read_text(encoding="utf-8") + '[[loop]]\nname = "l"\nskids = ["skid-1"]\nracks = ["rack-1"]\n'
    (tmp_path / "pod.toml").write_text(text, encoding="utf-8")
    ran = mallee("describe", "pod", "-c", "pod.toml")
    line = text[: text.index('name = "skid-2"')].count("\n") + 1
    assert ran.code == 2 and ran.out == ""
    assert f"pod.toml:{line}: skid-2 is on no loop" in ran.err
    assert "likely:" in ran.err and "next:" in ran.err


def test_live_shows_what_is_measured(mallee, tmp_path: Path) -> None:
    with peers_in_thread() as peers:
        running: PeersInThread = peers
        path = str(write_pod_file(running.pod.config, tmp_path / "pod.toml"))
        rows = mallee("describe", "pod", "-c", path, "--live", "-o", "json", "--svg", "live.svg").json
        by_name = {(row["kind"], row["name"]): row for row in rows}
        assert by_name["skid", "skid-1"]["flow_l_min"] is not None
        assert by_name["pdu", "pdu-a"]["power_kW"] is not None
        assert all("word" in row for row in rows if row["kind"] != "loop")
        assert "kW" in (tmp_path / "live.svg").read_text(encoding="utf-8")
        assert "kW" in mallee("describe", "pod", "-c", path, "--live").out


def test_live_without_answers_is_no_answer(mallee, tmp_path: Path) -> None:
    text = '[pod]\nname = "lonely"\n[[skid]]\nname = "skid-1"\naddress = "tcp://127.0.0.1:9"\n'
    (tmp_path / "lonely.toml").write_text(text, encoding="utf-8")
    ran = mallee("describe", "pod", "-c", "lonely.toml", "--live")
    assert ran.code == 3
    assert "silent" in ran.out
