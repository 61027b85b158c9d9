"""What a user gets from `pip install mallee`: the wheel alone, in an empty environment, outside the repository."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from ..conftest import ROOT
from ..hil_project import PROVENANCE


def offline(errors: str) -> bool:
    """The index could not be reached. A requirement that it does not have is a failure of ours, and must fail."""
    return any(word in errors for word in ("NewConnectionError", "Temporary failure in name resolution", "ProxyError"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    if offline(done.stderr):
        pytest.skip("no package index: the build environment cannot be made")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(folder.glob("*.whl"))


def test_it_carries_firmware_boards_examples_and_dictionaries(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "mallee/_firmware/main.py",
        "mallee/_firmware/maps/pump.py",
        "mallee/_boards/rp2_pico/board.py",
        "mallee/_boards/equipment/pump.py",
        "mallee/_examples/pod.toml",
        "mallee/_examples/oversubscribed.toml",
        "mallee/_examples/shelf.toml",
        "mallee/_examples/hil/test_protection.py",
        "mallee/py.typed",
        "mallee/testing/plugin.py",
        "mallee/hil/plugin.py",
        "mallee/web/static/index.html",
        "mallee/web/static/views/overview.js",
        "mallee/web/static/grafana.json",
        "mallee/sim/scenarios/pump_loss.toml",
        "mallee/sim/scenario/scenarios.template.md",
        "mallee/_dictionaries/pdu.bin",
        "mallee/_dictionaries/pump.bin",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests", "firmware", "host_tools")) or "__pycache__" in name]


def installed(wheel: Path, folder: Path, extras: str) -> tuple[Path, dict[str, str]]:
    """The programs of a new environment with nothing but the wheel, its extras and what they need; and variables without traces
    of this one."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "MALLEE", "VIRTUAL_ENV"))
    }
    # With this pip, and without compiling what is never imported: half the time.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    programs = folder / "bin"
    install = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--no-compile"]
    install += ["--disable-pip-version-check", f"{wheel}[{extras}]"]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=250, env=environment)
    if offline(done.stderr):
        pytest.skip("no package index: the environment cannot be made")
    assert done.returncode == 0, done.stderr[-2000:]
    return programs, environment


@pytest.mark.network
@pytest.mark.timeout(300)
def test_the_demo_runs_from_it(wheel, tmp_path):
    programs, environment = installed(wheel, tmp_path / "env", "sim")
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    command = [str(programs / "mallee"), "demo", "--for", "5s", "-o", "json", "--no-gateway"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=empty, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    summary = json.loads(done.stdout)
    assert summary["virtual_s"] >= 5
    assert not list(empty.iterdir()), "a demo leaves nothing behind"
    where = [str(programs / "python"), "-c", "import mallee.resources as r; print(r.firmware_dir())"]
    done = subprocess.run(where, capture_output=True, text=True, check=True, cwd=empty, env=environment)
    assert "_firmware" in done.stdout


@pytest.mark.network
@pytest.mark.timeout(600)
def test_a_strangers_tests_on_a_board_run_from_it(wheel, tmp_path):
    """examples/hil as its README says, in a folder of its own: its own settings, the plugin by its entry point."""
    programs, environment = installed(wheel, tmp_path / "env", "hil,sim,plot")
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "hil", project, ignore=shutil.ignore_patterns("__pycache__"))
    command = [str(programs / "pytest"), "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, cwd=project, env=environment
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "5 passed" in done.stdout, done.stdout
    report = ET.parse(project / "report.xml")
    properties = {
        str(case.get("name")): {str(p.get("name")): str(p.get("value")) for p in case.iter("property")}
        for case in report.iter("testcase")
    }
    tripped = properties["test_a_short_circuit_is_cleared_in_time[pdu]"]
    assert set(PROVENANCE) <= set(tripped) and tripped["board.kind"] == "virtual" and tripped["board.profile"] == "pdu"
    measured = json.loads(tripped["measurement.short circuit flowed for"])
    assert measured["kept"] is True and 0 < measured["value"] <= measured["at_most"] == 10 and measured["unit"] == "ms"
    kept = project / "kept" / "test_protection.py--test_a_short_circuit_is_cleared_in_time[pdu]"
    assert {path.name for path in kept.iterdir()} >= {
        "bus.pcap", "bus.txt", "journal.jsonl", "measurements.json", "provenance.json", "recording.json", "recording.svg",
    }  # fmt: skip
    assert "instantaneous_trip.3" in (kept / "journal.jsonl").read_text(encoding="utf-8")
