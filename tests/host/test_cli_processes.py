"""Commands as processes of their own: interrupted, without a reader, on a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .peers_in_thread import PeersInThread


def command(*arguments: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mallee", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        **options,
    )


def test_ctrl_c_ends_with_130_and_gives_the_leases_back(peers: PeersInThread, pod_file: Path) -> None:
    process = command("run", "-o", "jsonl", cwd=pod_file.parent)
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not any(peer.leased for peer in peers.pod.peers)


def test_a_closed_pipe_is_no_error(peers: PeersInThread, pod_file: Path) -> None:
    process = command("run", "-o", "jsonl", cwd=pod_file.parent)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=10) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's own")
def test_a_full_disk_is_told_as_such(pod_file: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "mallee", "config", "show"], cwd=pod_file.parent, stdout=full, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
        )  # fmt: skip
    assert ran.returncode == 2 and "full" in ran.stderr and "likely:" in ran.stderr
    assert "bug" not in ran.stderr and "Exception ignored" not in ran.stderr
