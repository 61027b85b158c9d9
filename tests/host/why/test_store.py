"""The files of a host's decisions: whole after a kill, bounded, and no reader is told by one that has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from mallee.pod import hostfolder, linelog
from mallee.pod.reasons import Reason
from mallee.pod.why import asking, store
from mallee.pod.why.keeper import Keeper
from mallee.pod.why.store import DecisionStore

from ..documents import NOW, document


def reason(value: float) -> Reason:
    return Reason(of="rack-1.power_limit", value=value, unit="kW", rule="feed B", outcome="asked")


def scan(keeper: Keeper, second: float, value: float = 50.0) -> None:
    keeper.told([reason(value)], second, NOW + timedelta(seconds=second))
    keeper.publish(document(), second)


def test_the_last_document_can_be_read_while_the_host_lives(tmp_path: Path) -> None:
    assert hostfolder.live(tmp_path) is None
    keeper = Keeper(tmp_path)
    scan(keeper, 1.0)
    found = hostfolder.live(tmp_path)
    assert found is not None and found.document == document() and not found.stale and not found.advising
    old_s = time.time() - 10.0
    os.utime(tmp_path / store.DOCUMENT, (old_s, old_s))
    found = hostfolder.live(tmp_path)
    assert found is not None and found.stale
    old_s = time.time() - hostfolder.GIVEN_UP_S - 1
    os.utime(tmp_path / store.DOCUMENT, (old_s, old_s))
    assert hostfolder.live(tmp_path) is None
    scan(keeper, 2.0)
    assert hostfolder.live(tmp_path) is not None
    keeper.close()
    assert hostfolder.live(tmp_path) is None  # at once, and what it said last is still there
    ended = DecisionStore(tmp_path).published()
    assert ended is not None and ended.age_s is None
    (tmp_path / store.DOCUMENT).write_bytes(b'{"pod": ')
    assert DecisionStore(tmp_path).published() is None


def test_a_pod_that_is_scanned_fast_is_shown_once_a_second(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    scan(keeper, 0.0)
    (tmp_path / store.DOCUMENT).unlink()
    for tenth in range(1, 9):
        scan(keeper, tenth / 10)
        assert not (tmp_path / store.DOCUMENT).exists()
    scan(keeper, 1.0)
    assert (tmp_path / store.DOCUMENT).exists()


def test_a_folder_that_cannot_be_written_is_a_finding_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "pod"
    folder.write_text("a file where the folder should be")
    keeper = Keeper(folder)
    scan(keeper, 1.0, 50.0)
    assert "is not written down" in keeper.findings()[0].what and str(folder) in keeper.findings()[0].what
    folder.unlink()
    scan(keeper, 2.0, 60.0)
    assert keeper.findings() == ()
    notes, wrong = asking.notes(folder)
    assert ([note.new for note in notes], wrong) == ([50.0, 60.0], 0)


def test_notes_that_wait_for_too_long_are_counted(tmp_path: Path) -> None:
    folder = tmp_path / "pod"
    folder.write_text("")
    keeper = Keeper(folder)
    for second in range(1100):
        keeper.told([reason(float(second))], float(second), NOW)
    keeper.publish(document(), 1100.0)
    assert "100 notes of what the host did are lost" in keeper.findings()[0].what


def test_the_log_is_bounded_and_a_torn_line_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LOG_MAX_BYTES", 2000)
    keeper = Keeper(tmp_path)
    for second in range(50):
        scan(keeper, float(second), float(second))
    assert all((tmp_path / name).stat().st_size <= 2000 for name in (store.LOG, store.OLD_LOG))
    with (tmp_path / store.LOG).open("ab") as file:
        file.write(b'{"time": "2026')
    scan(keeper, 51.0, 99.0)
    notes, wrong = asking.notes(tmp_path)
    assert wrong == 1 and notes[-1].new == 99.0 and len(notes) > 5


def test_kill_9_costs_no_note_that_was_made(tmp_path: Path) -> None:
    """The process ends in the middle of its scans, without a word; each line that it said was written can be read."""
    script = f"""
import os, sys
from tests.host.why.test_store import Keeper, scan
from pathlib import Path
keeper = Keeper(Path({str(tmp_path)!r}))
for second in range(200):
    scan(keeper, float(second), float(second))
    print(second, flush=True)
    if second == 120:
        os.kill(os.getpid(), 9)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    said = ran.stdout.split()
    assert ran.returncode == -9 and said[-1] == "120", ran.stderr
    notes, wrong = asking.notes(tmp_path)
    assert [note.new for note in notes] == [float(second) for second in said] and wrong == 0
    assert DecisionStore(tmp_path).published() is not None


def test_lines_of_no_file_and_of_an_empty_one(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert linelog.read((tmp_path / "none", empty), Reason) == ([], 0)
    linelog.append(empty, tmp_path / "old", 1000, [reason(1.0)])
    assert linelog.read((empty,), Reason) == ([reason(1.0)], 0)
