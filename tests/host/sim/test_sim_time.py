"""Virtual time on a board: ticks that wrap, timers that keep to the microsecond, a watchdog."""

from __future__ import annotations

from .worlds import console, needs_micropython, world_of

pytestmark = needs_micropython


def test_ticks_wrap_and_timers_do_not_care():
    with world_of("clock_main.py") as world:
        world.run_for(26)
        said = console(world).splitlines()
    assert said[0] == "after 1500 us 1"
    assert said[1] == "after 101.5 ms 101 one shot [25]"
    assert said[2] == "after a poll 1001"
    assert said[3] == "after the wraps 21001 0 21001 21001500"
    assert said[4] == "wrapped True True 4000 3000000", "each run of some seconds meets both"
    assert said[5] == "thirds 63 [333333, 666666, 1000000]"
    assert said[6] == "seconds 21"


def test_a_hard_callback_that_allocates_fails_as_on_a_board():
    with world_of("clock_main.py") as world:
        world.run_for(22)
        said = console(world)
    assert said.count("Uncaught exception in Timer callback") == 1
    assert "MemoryError" in said


def test_watchdog_that_is_not_fed_resets_the_board():
    with world_of("clock_main.py") as world:
        world.run_for(27)
        assert "fed\n" in console(world) and "not reached" not in console(world)
        controller = world.controller("board-0")
        assert controller.restarts == 1 and controller.last_reason == "its watchdog was not fed"
        # 21.0015 s, half a second, 1.9 s, then two seconds without food; half a second to boot.
        assert [at for at, _, what in world.log.states() if what == "started"] == [0.0, 25.9015]
