"""What a user gets from `pip install mallee`: the wheel alone, in an empty environment, outside the repository."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ..conftest import ROOT


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
        "mallee/py.typed",
        "mallee/testing/plugin.py",
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


@pytest.mark.network
@pytest.mark.timeout(300)
def test_the_demo_runs_from_it(wheel, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MALLEE", "VIRTUAL_ENV"))}
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[sim]"]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=200, env=environment)
    if offline(done.stderr):
        pytest.skip("no package index: the environment cannot be made")
    assert done.returncode == 0, done.stderr[-2000:]
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    command = [str(tmp_path / "env" / "bin" / "mallee"), "demo", "--for", "5s", "-o", "json", "--no-gateway"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=empty, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    summary = json.loads(done.stdout)
    assert summary["virtual_s"] >= 5
    assert not list(empty.iterdir()), "a demo leaves nothing behind"
    where = [str(python), "-c", "import mallee.resources as r; print(r.firmware_dir())"]
    assert "_firmware" in subprocess.run(where, capture_output=True, text=True, check=True, cwd=empty).stdout
