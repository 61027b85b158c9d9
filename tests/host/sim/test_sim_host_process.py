"""A host in a process of its own: on the world's clock, killed, restarted, stopped by a signal, too slow."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from mallee.sim.hostprocess import HostProcess
from mallee.sim.pipe import Channel, PipeDriver

from .worlds import needs_micropython, world_of

pytestmark = needs_micropython
_HOST = str(Path(__file__).with_name("hosts.py"))


def run(mode: str = "", seconds: float = 5.5, **options: Any) -> tuple[list[Any], str, HostProcess]:
    documents: list[Any] = []
    with world_of("echo_main.py") as world:
        host = HostProcess(world, [sys.executable, _HOST, mode], on_document=documents.append, **options)
        world.run_for(seconds)
        return documents, world.log_hash, host


def test_a_piped_host_lives_in_virtual_time():
    documents, first_hash, host = run()
    assert [d["cycle"] for d in documents] == [0, 1, 2, 3, 4, 5]
    assert [d["time"] for d in documents] == pytest.approx([0.004 + 1.002 * i for i in range(6)])
    assert documents[5]["ticks"] == 5013
    assert host.restarts == 0 and host.bad_lines == 0
    again, second_hash, _ = run()
    assert again == documents and second_hash == first_hash


@pytest.mark.parametrize("mode", ["", "slow"])
def test_a_document_is_heard_at_the_same_time_however_long_its_host_computes_then(mode):
    heard_us: list[int] = []
    with world_of("echo_main.py") as world:
        HostProcess(world, [sys.executable, _HOST, mode], on_document=lambda _: heard_us.append(world.now_us))
        world.run_for(3.5)
    assert heard_us == [10_000, 1_010_000, 2_010_000, 3_020_000]


def test_a_host_that_ends_is_reported_and_started_again():
    ends: list[tuple[int, str]] = []
    documents, _, host = run("ends", 12, restart_s=2.0, on_end=lambda status, said: ends.append((status, said)))
    assert [status for status, _ in ends] == [7, 7]
    assert host.restarts == 2
    assert [d["cycle"] for d in documents] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1][: len(documents)]
    assert len(documents) >= 9


def test_a_host_that_was_closed_is_neither_reported_nor_started_again():
    ends: list[int] = []
    with world_of("echo_main.py") as world:
        host = HostProcess(
            world, [sys.executable, _HOST], restart_s=1.0, on_end=lambda status, said: ends.append(status)
        )
        world.run_for(1.5)
        host.close()
        world.run_for(5)
        assert ends == [] and host.restarts == 0 and not host.running


def test_a_killed_host_leaves_the_world_running():
    documents: list[Any] = []
    with world_of("echo_main.py") as world:
        host = HostProcess(world, [sys.executable, _HOST], on_document=documents.append, restart_s=3.0)
        world.run_for(2.5)
        before = len(documents)
        host.kill()
        world.run_for(2.5)
        assert len(documents) == before == 3
        assert world.controller("board-0").restarts == 0
        world.run_for(2.5)
        assert len(documents) > before and host.restarts == 1
        # The dead host's connection was closed at the controller too.
        assert len(world.network.servers["127.0.0.1", 16000].connections) == 1


def test_signals_reach_a_host_that_sleeps_in_virtual_time():
    documents: list[Any] = []
    with world_of("echo_main.py") as world:
        host = HostProcess(world, [sys.executable, _HOST], on_document=documents.append, restart_s=None)
        world.run_for(1.5)
        assert host.pid is not None
        os.kill(host.pid, signal.SIGTERM)
        world.run_for(60)
        assert "stopped" in documents[-1] and documents[-1]["stopped"] < 60


def test_a_paused_host_wakes_later():
    documents: list[Any] = []
    with world_of("echo_main.py") as world:
        HostProcess(world, [sys.executable, _HOST], on_document=documents.append)
        world.run_for(1.5)
        world.pause_host(10)
        world.run_for(13)
        times = [d["time"] for d in documents]
        assert max(b - a for a, b in itertools.pairwise(times)) >= 9.5


def test_a_paced_world_does_not_wait_for_a_slow_host():
    documents: list[Any] = []
    with world_of("echo_main.py", speed=20.0) as world:
        HostProcess(world, [sys.executable, _HOST, "slow"], on_document=documents.append)
        host = world.hosts[0]
        world.run(120_000_000, lambda: len(documents) >= 5)
        assert host.late >= 1
        times = [d["time"] for d in documents]
        assert max(b - a for a, b in itertools.pairwise(times)) > 1.5  # it woke to a later time


def test_a_host_that_something_outside_of_the_world_woke_hears_all_that_was_said():
    """The world answered the request from before in the same moment in which the host, woken, made the next one."""
    ours, theirs = socket.socketpair()
    world = Channel(theirs)
    world.send([0, 5, [], 1_000_000])
    driver = PipeDriver(ours)
    driver.ask(900, [])
    driver.ask(0, [])
    world.send([1, 40, [[6, 1, b"a"]], 1_000_000])
    world.send([2, 50, [[6, 1, b"b"]], 1_000_000])
    assert driver.hear() == (True, [(6, 1, b"a"), (6, 1, b"b")]) and driver.now_us == 50
    assert driver.hear() == (False, [])
    world.send([3, 60, [], 1_000_000])
    assert driver.present() == [] and driver.now_us == 60
    assert driver.present(0.0) == [] and driver.now_us == 60  # a world that does not run now
    world.close()
    assert driver.present() == [] and driver.channel.ended
    driver.channel.close()
