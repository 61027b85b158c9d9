"""An interrupt anywhere leaves a world that goes on as if nothing had been."""

from __future__ import annotations

import signal
import threading

import pytest

from .worlds import needs_micropython, world_of

pytestmark = needs_micropython


def test_a_keyboard_interrupt_between_grant_and_reply():
    with world_of("echo_main.py", 3) as world, world_of("echo_main.py", 3) as other:
        other.run_for(0.5)
        world.run_for(0.2)

        def interrupted() -> None:
            raise KeyboardInterrupt

        now = world.now_us
        with pytest.raises(KeyboardInterrupt):
            world.controllers.grant(now, now + 10_000, {}, interrupted)
        world.run_for(0.3)
        assert [c.board.local_us for c in world.controllers.by_name.values()] == [500_000] * 3
        assert world.log_hash == other.log_hash


def test_a_signal_ends_a_run_at_once():
    with world_of("echo_main.py") as world:
        world.start()
        timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            world.run_for(1e6)
        timer.join()
    assert not world.controller("board-0").board.running
