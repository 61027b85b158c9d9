"""kill -9 of `mallee commission` while something is moved: who goes on puts it back, and ends with the protocol."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mallee.commissioning.protocol import read

from ..conftest import ROOT
from ..demos import environment, mallee

pytestmark = pytest.mark.timeout(300)


class Served:
    """The skid of tests/host/commission_pod.py behind a port, in a process that outlives the killed one. It says each write on a
    line of its standard output, and answers it only when it is told to go on: so a kill comes at exactly that moment."""

    def __init__(self, folder: Path, hold: str) -> None:
        command = [sys.executable, "-m", "tests.host.commission_server", str(folder), hold]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(folder)
        )
        self.port = int(self._line().removeprefix("serving "))

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def until_held(self) -> str:
        """Wait until a write of the point to hold at is there and not answered."""
        line = self._line()
        assert line.startswith("held "), line
        return line.removeprefix("held ")

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def settings(self) -> dict[str, Any]:
        """End it; what it has then."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        found = json.loads(self._line())
        assert self.process.wait(30) == 0
        return found


@pytest.mark.parametrize(
    ("hold", "step", "scan"),
    [
        ("service_valve", "skid-1/valve-50", False),
        ("supply_pressure_stop", "skid-1/alarm/supply_pressure_stop", True),
    ],
)
def test_killed_while_it_moves_and_put_back_by_who_goes_on(tmp_path, hold, step, scan):
    """With the pod file, and with a scan that writes it first."""
    served = Served(tmp_path, hold)
    options = ("--scan", f"127.0.0.1:{served.port}", "--write", "new.toml") if scan else ("-c", "pod.toml")
    command = ("commission", "skid-1", "--auto", "-o", "json", *options)
    victim = subprocess.Popen(
        [sys.executable, "-m", "mallee", *command],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    moved = served.until_held()
    victim.send_signal(signal.SIGKILL)
    assert victim.wait(30) == -signal.SIGKILL
    session = json.loads((tmp_path / "commission.json").read_text(encoding="utf-8"))
    assert session["phase"] == "remembered" and session["plan"][len(session["results"])]["id"] == step
    assert hold in session["before"] and session["before"][hold] != json.loads(moved)
    served.go_on()
    ran = mallee(tmp_path, *command, "--who", "Bob", timeout=200)
    assert ran.returncode == 0, ran.stderr
    assert f"going on at step {len(session['results']) + 1} of" in ran.stderr
    rows = {row["step"]: row for row in json.loads(ran.stdout)}
    assert rows[step]["verdict"] == "passed" and not any(row["verdict"] == "failed" for row in rows.values())
    found = served.settings()
    assert found["now"] == found["before"]
    protocol, _ = read(tmp_path / "commission.cbor")
    assert [(each.name, each.verdict) for each in protocol.found] == ([("skid-1", "passed")] if scan else [])
    assert (tmp_path / "new.toml").is_file() == scan and [each.who for each in protocol.who][-1] == "Bob"
