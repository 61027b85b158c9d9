"""Commands as processes of their own: interrupted, without a reader, on a full disk."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ..conftest import ROOT
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


@pytest.mark.parametrize("arguments", [("--help",), ("status", "--help"), ("config", "show"), ("--version",)])
def test_who_reads_no_more_is_no_error(pod_file: Path, arguments: tuple[str, ...]) -> None:
    """`mallee --help | head -1`, with a reader that is gone before anything is written."""
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "mallee", *arguments], cwd=pod_file.parent, stdout=writer, stderr=subprocess.PIPE,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes them")
@pytest.mark.parametrize(
    ("command_line", "code", "said"),
    [
        ("status >&-", 5, ""),
        ("status -o json >&-", 5, ""),
        ("--help >&-", 0, ""),
        ("set skid-1 flow_setpoint 650 <&-", 2, "nobody can be asked"),
        ("status <&- >&- 2>&-", 5, ""),
        ("nothing 2>&-", 2, ""),
    ],
)
def test_closed_descriptors_are_no_error(
    peers: PeersInThread, pod_file: Path, command_line: str, code: int, said: str
) -> None:
    ran = subprocess.run(
        ["sh", "-c", f"exec {shlex.quote(sys.executable)} -m mallee {command_line}"], cwd=pod_file.parent,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == code and ran.stdout == ""
    assert said in ran.stderr and "bug" not in ran.stderr and "Traceback" not in ran.stderr


def test_ctrl_c_while_it_is_being_imported_is_silent(tmp_path: Path) -> None:
    (tmp_path / "cyclopts.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "mallee", "status"], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts["mallee"] == "mallee.__main__:start"
