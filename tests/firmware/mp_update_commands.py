"""Commands of an update on a whole controller, and its equipment: what waits, what is called off, what is answered once more."""

from virtual_controller import Bench, Reset, Small

# isort: split
import os

import slots
from maps.common import State
from maps.common_update import (
    Update,
    UpdateCommand,
    UpdateOutcome,
    UpdateRefusal,
    UpdateState,
)
from updating_bench import (
    COMMAND,
    FILES,
    Host,
    clean,
    manifest_of,
    on_trial,
    reset,
    started,
)

NOT_ON = {"cpython": "its folders are changed by name, as a controller's are", "pico": "it has the simulator's modules"}


def test_nothing_is_written_while_the_equipment_must_be_watched():
    clean()
    profile = Small()
    bench = Bench(profile)
    host = Host(bench)
    profile.blind = True
    assert host.tell(UpdateCommand.BEGIN)[0] == 6
    bench.run(5000)  # who asked has gone: that is forgotten
    profile.blind = False
    bench.run(500)
    assert host.state() == UpdateState.IDLE and "slot_a" not in os.listdir()
    assert not host.tell(UpdateCommand.BEGIN)
    bench.run(20)
    assert bench.ask(21, 9, 6, 0, 40, 0, 0, 0, 1, 1, 2)[0] == 21
    profile.blind = True
    bench.run(500)
    assert bench.ask(21, 9, 6, 0, 40, 0, 1, 0, 1, 1, 2)[0:2] == b"\x95\x06"
    profile.blind = False
    host.bring()
    profile.blind = True
    assert not host.tell(UpdateCommand.ACTIVATE)
    assert not reset(bench, 20_000)
    assert host.state() == UpdateState.WAITING
    profile.blind = False
    assert reset(bench, 3000)


def test_only_a_slot_that_is_whole_is_started():
    """A plain restart in the middle of an update, or of a refused one, starts what ran before; an older release in the slot, or
    half of one, is not put on trial."""
    clean()
    bench = Bench()
    Host(bench).bring()
    for last in (UpdateCommand.BEGIN, UpdateCommand.COMPARE, UpdateCommand.VERIFY):
        host = Host(bench)
        assert not host.tell(UpdateCommand.BEGIN)
        if last == UpdateCommand.COMPARE:
            assert host.offer(manifest_of(key=bytes(range(1, 33)))) == UpdateRefusal.WRONG_SIGNATURE
        elif last == UpdateCommand.VERIFY:
            host.bring()
            assert not host.tell(UpdateCommand.ACTIVATE)
        assert not host.tell(UpdateCommand.RESTART) and reset(bench), last
        bench = started()
        assert not slots.trial and slots.slot == slots.FLASHED, last


def test_commands_whose_answers_got_lost_are_answered_once_more():
    clean()
    bench = Bench()
    host = Host(bench)
    assert not host.offer(manifest_of())
    assert not host.tell(UpdateCommand.COMPARE)
    host.deliver()
    for _ in range(2):
        assert not host.tell(UpdateCommand.VERIFY)
        host.rest()
        assert host.state() == UpdateState.READY
    for _ in range(2):
        assert not host.tell(UpdateCommand.ACTIVATE)
    assert reset(bench)
    started()
    assert slots.trial


def test_a_start_that_waits_can_be_called_off_while_it_waits():
    clean()
    profile = Small()
    bench = Bench(profile)
    host = Host(bench)
    host.bring()
    profile.blind = True
    assert not host.tell(UpdateCommand.ACTIVATE)
    bench.run(3000)
    assert host.state() == UpdateState.WAITING
    assert not host.tell(UpdateCommand.CANCEL) and host.state() == UpdateState.IDLE
    profile.blind = False
    assert not reset(bench, 5000)


def test_a_start_that_nobody_asks_for_any_more_is_called_off():
    """For ten minutes: nobody would be there to confirm it. Also while a branch is hot; to ask for it once more is a word."""
    clean()
    profile = Small()
    bench = Bench(profile)
    host = Host(bench)
    host.bring()
    profile.blind = True
    for _ in range(2):
        assert not host.tell(UpdateCommand.ACTIVATE)
        session = bench.controller.updates.active.session
        session._idle_s = 595
        bench.run(3000)
        assert host.state() == UpdateState.WAITING and session._idle_s < 600
    bench.run(4000)
    assert host.state() == UpdateState.READY
    profile.blind = False
    assert not reset(bench, 5000) and host.state() == UpdateState.IDLE


def test_what_is_under_way_ends_when_it_may_write():
    """To close a file writes to the flash: not while a branch is hot. A restart is called off at once all the same."""
    clean()
    profile = Small()
    bench = Bench(profile)
    host = Host(bench)
    host.begin_taking(1)
    host.send(41, FILES["core/bank.py"], 236)
    profile.blind = True
    assert not host.tell(UpdateCommand.RESTART)
    bench.run(3000)
    assert host.state() == UpdateState.WAITING
    assert host.tell(UpdateCommand.CANCEL)[0] == 6 and host.state() == UpdateState.RECEIVING
    bench.run(4000)  # until that is forgotten
    bench.controller.updates.active.session._idle_s = 599
    bench.run(5000)
    assert host.state() == UpdateState.RECEIVING
    profile.blind = False
    bench.run(2000)
    assert host.state() == UpdateState.IDLE and bench.controller.updates.active is None
    assert not reset(bench, 3000)


def test_a_file_that_cannot_be_closed_restarts_nothing():
    clean()
    bench = Bench()
    host = Host(bench)
    host.begin_taking()
    session = bench.controller.updates.active.session

    class Worn:
        def __init__(self, file):
            self.file = file

        def close(self):
            self.file.close()
            raise OSError(5)

    session._file = Worn(session._file)
    assert not host.tell(UpdateCommand.CANCEL) and host.state() == UpdateState.IDLE
    assert not reset(bench, 2000)


def test_a_command_is_done_by_the_main_loop_once_and_whoever_repeats_it_gets_its_answer():
    """Not where a request is served: a Pico's stack has no room there."""
    clean()
    bench = Bench()
    assert bench.write(COMMAND, UpdateCommand.BEGIN, 0) == 6 and bench.controller.updates.active is None
    bench.run(200)
    assert Host(bench).state() == UpdateState.MANIFEST
    session = bench.controller.updates.active.session
    assert bench.write(COMMAND, UpdateCommand.BEGIN, 0) == 0
    assert bench.write(COMMAND, UpdateCommand.TAKE, 0) == 6
    bench.run(100)
    assert bench.controller.updates.active.session is session
    bench.run(5000)  # its answer is not kept for ever
    assert bench.write(COMMAND, UpdateCommand.TAKE, 0) == 6
    bench.run(20)
    assert bench.write(COMMAND, UpdateCommand.TAKE, 0) == 4


def test_to_confirm_once_more_is_no_mistake():
    """The answer to the first time may have been lost."""
    bench = on_trial()
    bench.run(22_000)
    for _ in range(2):
        assert not Host(bench).tell(UpdateCommand.CONFIRM)
    assert bench.get(Update.update_outcome) == UpdateOutcome.CONFIRMED


def test_a_restart_is_announced():
    clean()
    bench = Bench()
    assert not Host(bench).tell(UpdateCommand.RESTART)
    seen = []
    while True:
        try:
            bench.run(100)
        except Reset:
            break
        seen.append(bench.controller.state)
    assert seen[-1] == State.UPDATING and seen.count(State.UPDATING) >= 9
