"""One host of a number on one computer: the second is refused, and a killed one leaves nothing in the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.paths import pod_state_dir
from mallee.pod.config import ControlSection, PodConfig, PodSection
from mallee.pod.hostlock import only_host

from .commanding import commands
from .peers_in_thread import peers_in_thread, write_pod_file

CONFIG = PodConfig(
    pod=PodSection(name="small pod", host_id=7), control=ControlSection(), feeds=(), skids=(), pdus=(), racks=()
)
HOLDER = """
import sys
from pathlib import Path
from mallee import locking
lock = locking.hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_host_of_the_number_is_refused_and_one_that_advises_is_not(tmp_path: Path) -> None:
    with only_host(CONFIG, tmp_path, advise=False), only_host(CONFIG, tmp_path, advise=True):
        for advise in (False, True):
            with pytest.raises(MalleeError) as caught, only_host(CONFIG, tmp_path, advise=advise):
                pass
            assert caught.value.code is ExitCode.REFUSED and "host 7 of small pod" in caught.value.what
            assert "MALLEE_HOST_ID=8" in caught.value.next
    with only_host(CONFIG, tmp_path, advise=False):
        pass


def test_a_killed_host_is_not_in_the_way(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "running")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(MalleeError), only_host(CONFIG, tmp_path, advise=False):
        pass
    holder.kill()
    holder.communicate()
    with only_host(CONFIG, tmp_path, advise=False):
        pass


def test_a_folder_that_cannot_be_written_does_not_leave_the_pod_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with only_host(CONFIG, tmp_path / "file" / "below", advise=False):
        pass


def test_run_says_so(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with peers_in_thread() as peers:
        config = peers.pod.config
        write_pod_file(config, tmp_path / "pod.toml")
        monkeypatch.chdir(tmp_path)
        with only_host(config, pod_state_dir(config.pod.name, config.pod.host_id), advise=False):
            ran = commands(capsys)("run", "--for", "1s")
            assert ran.code == 4 and "already" in ran.err and "MALLEE_HOST_ID" in ran.err
            assert peers.pod.skid.get("lease_holder") == 0
