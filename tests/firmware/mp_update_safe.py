"""Applications that fail again and again: who helps out, and the safe mode."""

from virtual_controller import Bench, Pause, Small

# isort: split

import slots
from core import slotting
from core.safe import Safe
from maps.common import State
from maps.common_update import (
    Update,
    UpdateCommand,
)
from updating_bench import SLOT_A, SLOT_B, Host, clean, reset, started

NOT_ON = {"cpython": "its folders are changed by name, as a controller's are", "pico": "it has the simulator's modules"}


class Quiet(Safe):
    """The safe mode in a test bench, which leaves the loop by way of its profile."""

    pauses = False

    def housekeep(self, dt_ms):
        if self.pauses:
            self.pauses = False
            raise Pause()


def test_starts_that_do_not_last_lead_to_the_safe_mode_and_out_of_it():
    clean()
    seen = []
    for _ in range(5):
        bench = started()
        seen.append(slots.safe)
        bench.run(59_000)  # not long enough
    assert seen == [False, False, False, True, True]
    assert bench.get(Update.failed_starts) == 5
    clean()
    for failures in range(3):
        bench = started()
        if failures == 0:
            bench.run(61_000)
    assert not slots.safe and bench.get(Update.failed_starts) == 2


def test_the_application_from_before_is_the_first_to_help_out():
    clean()
    slots.record[5], slots.record[6] = SLOT_B, SLOT_A
    assert [slots.choose(failures) for failures in range(0, 15, 3)] == [
        (SLOT_B, False),
        (SLOT_A, False),
        (slots.FLASHED, False),
        (slots.FLASHED, True),
        (SLOT_A, True),
    ]


def test_the_safe_mode_answers_and_touches_nothing():
    clean()
    slots.safe = True
    bench = Bench(Quiet(Small))
    bench.run(3000)
    assert bench.controller.state == State.SAFE
    assert bench.write(104 - 4, 1, 0, 1, 30, 5) == 0  # a lease is taken, to no effect
    assert bench.ask(5, 0, 0, 0xFF, 0)[0:2] == b"\x85\x04"
    assert bench.get(Update.application) == 0
    Host(bench).bring()
    assert not Host(bench).tell(UpdateCommand.ACTIVATE) and reset(bench)


def test_the_safe_mode_tries_again_after_half_an_hour():
    clean()
    slots._keep_starts(3)
    slots.safe = True
    bench = Bench(Quiet(Small))
    bench.run(5_000)
    bench.controller.updates.active._safe_s = 1790
    assert not reset(bench, 9_000) and reset(bench, 5_000)
    started()
    assert not slots.safe


def test_the_safe_mode_does_not_try_again_in_the_middle_of_an_update():
    clean()
    slots.safe = True
    bench = Bench(Quiet(Small))
    bench.run(5_000)
    bench.controller.updates.active._safe_s = 1795
    Host(bench).begin_taking()
    assert not reset(bench, 20_000)
    assert not Host(bench).tell(UpdateCommand.CANCEL) and reset(bench, 10_000)


def test_a_record_that_is_torn_is_the_one_before():
    clean()
    assert slotting.stage(SLOT_A, 5, 3)
    whole = open(slots.NAMES[1], "rb").read()
    assert slotting.confirm(7)
    newest = open(slots.NAMES[0], "rb").read()
    for size in range(len(newest)):
        with open(slots.NAMES[0], "wb") as file:
            file.write(newest[:size])
        slots.load()
        assert bytes(slots.record) == whole
    for i in range(len(newest)):
        bad = bytearray(newest)
        bad[i] ^= 0x10
        with open(slots.NAMES[0], "wb") as file:
            file.write(bad)
        slots.load()
        assert bytes(slots.record) == whole
