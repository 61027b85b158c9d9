"""What commands print, word for word, with their exit codes. `MALLEE_GOLDEN=write pytest tests/host/test_golden.py` writes the
files anew: read the difference before it is committed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mallee.paths import pod_state_dir
from mallee.testing import MockPod

from .commanding import Ran, commands
from .peers_in_thread import PeersInThread
from .plot_pod import note_decision
from .report_pod import POD, Recording

FOLDER = Path(__file__).with_name("golden")
WRITE = os.environ.get("MALLEE_GOLDEN") == "write"
# What differs from run to run, and what stands for it.
VOLATILE = (
    (r"127\.0\.0\.1:\d+(?:#\d+)?", "HOST:PORT"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?", "DATE TIME"),
    (r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b", "TIME"),
    (r'("age_s": )[\d.]+', r"\1AGE"),
    (r"\S*/state/mallee", "STATE"),
    (r" +$", ""),
)
CASES = {
    "help": ("--help",),
    "get": ("get", "skid-1", "supply_temperature", "flow", "pump_state.*"),
    "get-csv": ("get", "skid-1", "supply_temperature", "flow", "-o", "csv"),
    "get-json": ("get", "skid-1", "flow", "-o", "json"),
    "get-unknown-point": ("get", "skid-1", "supply_temprature"),
    "get-unknown-device": ("get", "skid1", "flow"),
    "get-unknown-device-json": ("get", "skid1", "flow", "-o", "json"),
    "status": ("status",),
    "status-csv": ("status", "-o", "csv"),
    "describe-point": ("describe", "skid-1", "supply_temperature"),
    "describe-alarm": ("describe", "alarm", "flow_low"),
    "describe-pod": ("describe", "pod"),
    "set-dry-run": ("set", "pdu-a", "branch_switch.2", "off", "--dry-run"),
    "set-not-asked": ("set", "pdu-a", "branch_switch.2", "off"),
    "set-what-follows": ("set", "skid-1", "operation_setpoint", "standby"),
    "set-out-of-range": ("set", "skid-1", "minimum_speed", "900", "--dry-run"),
    "alarms": ("alarms",),
    "why-no-host": ("why",),
    "report-balance": ("report", "balance", "--live"),
    "config-show": ("config", "show", "control", "-o", "csv"),
    "wrong-option": ("status", "--otput", "json"),
    "scan": ("scan", "SKID"),
    "scan-nobody": ("scan", "127.0.0.1:9"),
    "log-no-journal": ("log", "skid-1"),
    "log-no-host": ("log",),
    "wrong-command": ("statsu",),
}
IN_MEMORY = {
    "doctor": ("doctor", "--for", "1s"),
    "doctor-skid": ("doctor", "skid-1", "--for", "1s"),
    "doctor-json": ("doctor", "pdu-a", "--for", "1s", "-o", "json"),
    "trace": ("trace", "skid-1", "flow", "--for", "2s"),
}
"""In virtual time: what they say is about times."""
RECORDED = {
    "report-energy": ("report", "energy", "--by", "hour"),
    "report-energy-csv": ("report", "energy", "--of", "rack", "-o", "csv"),
    "log": ("log",),
}
"""Of a history and notes of which all is known."""


@pytest.fixture
def mallee(capsys: pytest.CaptureFixture[str], pod_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return commands(capsys)


@pytest.fixture
def recorded(pod_file: Path, tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text(POD, encoding="utf-8")
    recording = Recording(tmp_path / "h.db")
    recording.run(0, 2 * 3600 + 10)
    recording.close(2 * 3600 + 10)
    folder = pod_state_dir("p", 1)
    folder.mkdir(parents=True)
    note_decision(folder)


def settled(text: str, folder: Path) -> str:
    for found, stands in ((re.escape(str(folder)), "FOLDER"), *VOLATILE):
        text = re.sub(found, stands, text, flags=re.M)
    return text


@pytest.mark.parametrize("name", CASES)
def test_what_it_prints(mallee: Callable[..., Ran], peers: PeersInThread, tmp_path: Path, name: str) -> None:
    skid = peers.pod.config.skids[0].address.removeprefix("tcp://")
    compare(name, mallee(*(word.replace("SKID", skid) for word in CASES[name])), tmp_path)


@pytest.mark.parametrize("name", IN_MEMORY)
def test_what_it_prints_in_virtual_time(
    mallee: Callable[..., Ran], in_memory: MockPod, tmp_path: Path, name: str
) -> None:
    compare(name, mallee(*IN_MEMORY[name]), tmp_path)


@pytest.mark.parametrize("name", RECORDED)
def test_what_it_prints_of_what_was(mallee: Callable[..., Ran], recorded: None, tmp_path: Path, name: str) -> None:
    compare(name, mallee(*RECORDED[name]), tmp_path)


def compare(name: str, ran: Ran, folder: Path) -> None:
    printed = settled(f"exit code {ran.code}\n--- stdout\n{ran.out}--- stderr\n{ran.err}", folder)
    file = FOLDER / f"{name}.txt"
    if WRITE:
        file.parent.mkdir(exist_ok=True)
        file.write_text(printed, encoding="utf-8")
    assert printed == file.read_text(encoding="utf-8")


def test_every_file_has_its_command() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {*CASES, *IN_MEMORY, *RECORDED}
