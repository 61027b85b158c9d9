"""kill -9 at any moment: what was committed is there, bit by bit, and nothing is there twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import ROOT
from .history_files import check_all

_COUNT = 400
_STEP_MS = 60_000  # an hour is over after sixty scans, a day after 1440: there is always something being packed


def writer(path: Path, first: int, count: int, step_ms: int, statement: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.host.history_writer", str(path)]
    command += [str(each) for each in (first, count, step_ms, statement)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def committed(process: subprocess.Popen[str]) -> int:
    """The last scan that it said it had committed; -1 for none."""
    assert process.stdout is not None
    lines = process.stdout.read().split()
    process.stdout.close()
    process.wait(30)
    return int(lines[-1]) if lines else -1


def test_killed_at_random_again_and_again(tmp_path):
    path, source, newest = tmp_path / "history.db", random.Random(9), -1
    for _ in range(8):
        process = writer(path, newest + 1, 100_000, _STEP_MS)
        assert process.stdout is not None
        for _ in range(source.randrange(1, 160)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)  # it is some scans ahead of what was read, in whatever it does
        said = committed(process)
        newest = check_all(path, max(said, newest), _STEP_MS)
    assert newest > 100


@pytest.mark.parametrize("step_ms", [1000, _STEP_MS])
def test_killed_at_statements_of_every_kind(tmp_path, step_ms):
    """Before a statement in the middle of each transaction: of a scan, of packing, of an hour, of its summary."""
    for statement in range(2, 1600, 223 if step_ms == 1000 else 131):
        path = tmp_path / f"{statement}.db"
        process = writer(path, 0, _COUNT, step_ms, statement)
        said = committed(process)
        assert process.returncode == -signal.SIGKILL
        newest = check_all(path, said, step_ms) if said >= 0 else -1
        process = writer(path, newest + 1, 70, step_ms)  # and it goes on from there
        assert committed(process) == newest + 70
        check_all(path, newest + 70, step_ms)


def test_a_day_is_rolled_into_hours_through_kills(tmp_path):
    path, newest = tmp_path / "history.db", -1
    for statement in (0, 300, 700, 0):
        process = writer(path, newest + 1, 30, 3_600_000, statement)
        newest = check_all(path, max(committed(process), newest), 3_600_000)
    assert newest >= 30
