"""What commands print, word for word, with their exit codes. `MALLEE_GOLDEN=write pytest tests/host/test_golden.py` writes the
files anew: read the difference before it is committed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .commanding import Ran, commands

FOLDER = Path(__file__).with_name("golden")
WRITE = os.environ.get("MALLEE_GOLDEN") == "write"
# What differs from run to run, and what stands for it.
VOLATILE = (
    (r"127\.0\.0\.1:\d+(?:#\d+)?", "HOST:PORT"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?", "DATE TIME"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
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
    "wrong-command": ("statsu",),
}


@pytest.fixture
def mallee(capsys: pytest.CaptureFixture[str], pod_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return commands(capsys)


def settled(text: str, folder: Path) -> str:
    for found, stands in ((re.escape(str(folder)), "FOLDER"), *VOLATILE):
        text = re.sub(found, stands, text, flags=re.M)
    return text


@pytest.mark.parametrize("name", CASES)
def test_what_it_prints(mallee: Callable[..., Ran], tmp_path: Path, name: str) -> None:
    ran = mallee(*CASES[name])
    printed = settled(f"exit code {ran.code}\n--- stdout\n{ran.out}--- stderr\n{ran.err}", tmp_path)
    file = FOLDER / f"{name}.txt"
    if WRITE:
        file.parent.mkdir(exist_ok=True)
        file.write_text(printed, encoding="utf-8")
    assert printed == file.read_text(encoding="utf-8")


def test_every_file_has_its_command() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)
