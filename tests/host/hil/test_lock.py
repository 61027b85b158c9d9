"""A board has one holder at a time, also when that holder is killed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.hil.lock import locked

HOLDER = """
import sys
from mallee.hil.lock import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(port: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, port]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("port", ["/dev/ttyACM7", "COM7", "socket://127.0.0.1:4000", "tcp://127.0.0.1:502"])
def test_a_killed_holder_holds_no_more(port):
    with _holder(port) as holder:
        with pytest.raises(MalleeError) as refused, locked(port):
            pass
        assert f"in use by process {holder.pid}" in refused.value.what and refused.value.code == ExitCode.REFUSED
        assert "end it" in refused.value.next
        holder.kill()
        holder.wait(10)
        with locked(port):  # nothing of it is left, and nobody cleaned up
            pass


def test_one_port_by_two_names_is_one_board(tmp_path):
    (tmp_path / "ttyACM0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyACM0")
    with locked(str(tmp_path / "ttyACM0")), pytest.raises(MalleeError), locked(str(tmp_path / "by-id")):
        pass


def test_two_boards_are_two():
    with locked("/dev/ttyACM0"), locked("/dev/ttyACM1"):
        pass


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(MalleeError, match="cannot be had") as told, locked("COM1"):
        pass
    assert "XDG_STATE_HOME" in told.value.next
