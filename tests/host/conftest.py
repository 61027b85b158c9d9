"""Fixtures of the host tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from mallee import clock, resources
from mallee.device.dictionary import Dictionary
from mallee.testing import MockPod

from .commanding import Ran, commands
from .peers_in_thread import PeersInThread, peers_in_thread, write_pod_file
from .virtual_loop import VirtualLoop

# A deadline would assert wall-clock time, and a failure that only one run in a hundred finds helps nobody in CI.
settings.register_profile(
    "mallee", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mallee")


@pytest.fixture(scope="session")
def pump() -> Dictionary:
    return resources.dictionary("pump")


@pytest.fixture(scope="session")
def pdu() -> Dictionary:
    return resources.dictionary("pdu")


@pytest.fixture(autouse=True)
def no_settings_of_this_computer(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Caches and configuration of whoever runs the tests must not leak into them."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    for name in ("MALLEE_CONFIG", "MALLEE_OUTPUT", "MALLEE_TIMEOUT", "MALLEE_HOST_ID", "MALLEE_SIM_FD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def peers() -> Iterator[PeersInThread]:
    """A small pod of peers, one for all tests of a file."""
    with peers_in_thread() as running:
        yield running


@pytest.fixture
def pod_file(peers: PeersInThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of that pod, in the folder where commands run; what a table says is not cut into lines."""
    path = write_pod_file(peers.pod.config, tmp_path / "pod.toml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return path


@pytest.fixture
def in_memory(pod_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockPod]:
    """The same pod in memory and in virtual time: what a command does in a second does not depend on how busy it is."""
    monkeypatch.setattr(clock, "runner", lambda: asyncio.Runner(loop_factory=VirtualLoop))
    with MockPod(pod_file) as mock:
        yield mock


@pytest.fixture
def mallee(capsys: pytest.CaptureFixture[str], pod_file: Path) -> Callable[..., Ran]:
    """A command of that pod: what it prints, and its exit code."""
    return commands(capsys)
