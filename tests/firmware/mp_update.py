"""An update over the bus on a whole controller: what is taken, what is refused, and when it restarts."""

from virtual_controller import Bench, Info, Reset, Small

# isort: split
import os

import slots
from maps.common import ResetReason, State
from maps.common_update import (
    Update,
    UpdateCommand,
    UpdateOutcome,
    UpdatePolicy,
    UpdateRefusal,
    UpdateState,
)
from signed_manifest import KEY, hmac, texts
from updating_bench import (
    COMMAND,
    FILES,
    SLOT_A,
    SLOT_B,
    Host,
    clean,
    files_of,
    manifest_of,
    on_trial,
    reset,
    started,
)

NOT_ON = {"cpython": "its folders are changed by name, as a controller's are", "pico": "it has the simulator's modules"}


def test_an_update_is_taken_proves_itself_and_stays():
    clean()
    bench = Bench()
    host = Host(bench)
    assert host.state() == UpdateState.IDLE and bench.get(Update.application) == 0
    assert bench.get(Update.update_policy) == 1 << UpdatePolicy.KEYED
    host.bring()
    told = files_of("slot_a")
    del told["manifest.bin"]
    assert told == FILES
    assert not host.tell(UpdateCommand.ACTIVATE)
    assert host.state() == UpdateState.WAITING
    assert reset(bench)
    bench = started()
    host = Host(bench)
    assert slots.trial and slots.slot == SLOT_A and bench.get(Update.application) == SLOT_A
    assert bench.controller._reason == ResetReason.COMMAND
    bench.run(2000)
    assert host.state() == UpdateState.TRIAL and 290 < bench.get(Update.trial_remaining) < 300
    assert host.tell(UpdateCommand.CONFIRM) == (4, UpdateRefusal.UNPROVEN)
    bench.run(20_000)
    assert not host.tell(UpdateCommand.CONFIRM)
    assert host.state() == UpdateState.IDLE and bench.get(Update.update_outcome) == UpdateOutcome.CONFIRMED
    assert not reset(bench, 5_000)
    bench = started()
    assert slots.slot == SLOT_A and not slots.trial
    assert Host(bench).offer(manifest_of(issued=999)) == UpdateRefusal.REPLAYED


def test_answers_that_get_lost_change_nothing():
    clean()
    host = Host(Bench(), lost=True)
    host.bring()
    told = files_of("slot_a")
    assert told.pop("manifest.bin") == manifest_of() and told == FILES


def test_what_is_there_is_not_sent_again():
    clean()
    bench = Bench()
    host = Host(bench)
    assert not host.offer(manifest_of())
    assert len(host.wanted()) == 4
    assert not host.tell(UpdateCommand.TAKE, 1)
    bench.run(20)
    host.send(41, FILES["core/bank.py"])
    host.rest()
    assert not host.tell(UpdateCommand.TAKE, 0)
    bench.run(20)  # cut off in the middle of the second one
    bench = Bench(fresh=False)
    host = Host(bench)
    assert host.state() == UpdateState.IDLE
    assert not host.offer(manifest_of())
    assert host.wanted() == [0, 2, 3]
    assert host.deliver() == ["application.py", "pump/deep/er.py", "release.py"]


def test_what_the_running_application_has_is_copied():
    clean()
    bench = Bench()
    Host(bench).bring()
    assert not Host(bench).tell(UpdateCommand.ACTIVATE) and reset(bench)
    bench = started()
    bench.run(25_000)
    assert not Host(bench).tell(UpdateCommand.CONFIRM)
    changed = dict(FILES)
    changed["release.py"] = b"VERSION = (1, 2, 5)\n"
    host = Host(bench)
    assert not host.offer(manifest_of(changed, version=(1, 2, 5), issued=2000))
    assert host.wanted() == [3]
    host.deliver(changed)
    assert not host.tell(UpdateCommand.VERIFY)
    host.rest()
    assert host.state() == UpdateState.READY
    told = files_of("slot_b")
    del told["manifest.bin"]
    assert told == changed


def test_an_empty_file_is_made_and_not_waited_for():
    clean()
    files = dict(FILES)
    files["pump/__init__.py"] = b""
    host = Host(Bench())
    host.bring(manifest_of(files), files)
    told = files_of("slot_a")
    del told["manifest.bin"]
    assert told == files


def test_only_a_manifest_that_is_accepted_takes_the_way_back():
    """Whoever has no key can begin, and that takes nothing from the slot of the release before the last one."""
    clean()
    bench = Bench()
    for number in range(2):
        Host(bench).bring(manifest_of(issued=1000 + number))
        assert not Host(bench).tell(UpdateCommand.ACTIVATE) and reset(bench)
        bench = started()
        bench.run(25_000)
        assert not Host(bench).tell(UpdateCommand.CONFIRM)
        bench = started()
    assert slots.chain() == [SLOT_B, SLOT_A, slots.FLASHED]
    before, told, host = bytes(slots.record), files_of("slot_a"), Host(bench)
    assert host.offer(manifest_of(key=bytes(range(1, 33)), issued=2000)) == UpdateRefusal.WRONG_SIGNATURE
    assert host.offer(manifest_of()) == UpdateRefusal.REPLAYED
    assert bytes(slots.record) == before and files_of("slot_a") == told
    host.bring(manifest_of(issued=2000))
    assert slots.chain() == [SLOT_B, slots.FLASHED]


def test_strangers_in_the_slot_go():
    clean()
    os.mkdir("slot_a")
    with open("slot_a/application.mpy", "wb") as file:
        file.write(b"something that would win")
    Host(Bench()).bring()
    assert "application.mpy" not in files_of("slot_a")


def test_what_does_not_fit_is_refused_and_nothing_changes():
    clean()
    bench = Bench()
    host = Host(bench)
    good = manifest_of()
    altered = bytearray(good)
    altered[150] ^= 1
    cases = (
        (bytes(altered), UpdateRefusal.WRONG_SIGNATURE),
        (manifest_of(key=bytes(32)[:31] + b"\1"), UpdateRefusal.WRONG_SIGNATURE),
        (manifest_of(key=b""), UpdateRefusal.UNSIGNED),
        (manifest_of(board="rp2_pico"), UpdateRefusal.OTHER_BOARD),
        (manifest_of(processor="armv6m"), UpdateRefusal.OTHER_BOARD),
        (manifest_of(mpy=0x0509), UpdateRefusal.OTHER_MPY),
        (manifest_of(profile=2), UpdateRefusal.OTHER_PROFILE),
        (manifest_of(version=(1, 2, 2)), UpdateRefusal.OLDER),
        (good[:-76], UpdateRefusal.DAMAGED),
        (good[:60], UpdateRefusal.DAMAGED),
        (b"GARBAGE" + good[7:], UpdateRefusal.DAMAGED),
        (manifest_of({"../main.py": b"x"}), UpdateRefusal.DAMAGED),
        (manifest_of({"/main.py": b"x"}), UpdateRefusal.DAMAGED),
        (manifest_of({"manifest.bin": b"x"}), UpdateRefusal.DAMAGED),
    )
    for told, why in cases:
        assert host.offer(told) == why, why
        assert host.state() == UpdateState.IDLE
        assert host.tell(UpdateCommand.TAKE, 0) == (4, UpdateRefusal.NOT_NOW)
        assert host.tell(UpdateCommand.ACTIVATE) == (4, UpdateRefusal.NOT_NOW)
    assert slots.chain() == [slots.FLASHED]
    host.bring()  # and then it takes a good one


def test_without_a_key_only_the_policy_opens():
    clean(key=None)
    assert Host(Bench()).offer(manifest_of()) == UpdateRefusal.NO_KEY
    assert Host(Bench()).offer(manifest_of(key=b"")) == UpdateRefusal.NO_KEY
    clean(key=bytes(32), policy=1 << UpdatePolicy.UNSIGNED)
    bench = Bench()
    assert bench.get(Update.update_policy) == 1 << UpdatePolicy.UNSIGNED
    assert Host(bench).offer(manifest_of(key=b"")) == 0
    assert Host(bench).offer(manifest_of(key=b"", version=(0, 9, 9))) == UpdateRefusal.OLDER
    clean(policy=1 << UpdatePolicy.OLDER)
    assert Host(Bench()).offer(manifest_of(version=(0, 9, 9))) == 0


def test_a_file_that_is_altered_on_its_way_is_asked_for_again():
    clean()
    bench = Bench()
    host = Host(bench)
    assert not host.offer(manifest_of())
    assert not host.tell(UpdateCommand.TAKE, 0)
    bench.run(20)
    host.send(41, b"import release#" + b"\n")  # of another size it would not end
    host.rest()
    assert 0 in host.wanted()
    assert host.tell(UpdateCommand.VERIFY) == (4, UpdateRefusal.INCOMPLETE)
    wrong = bytearray(FILES["application.py"])
    wrong[3] ^= 4
    assert not host.tell(UpdateCommand.TAKE, 0)
    bench.run(20)
    host.send(41, bytes(wrong))
    host.rest()
    assert bench.get(Update.update_refusal) == UpdateRefusal.ALTERED and 0 in host.wanted()
    host.deliver()
    assert not host.tell(UpdateCommand.VERIFY)
    host.rest()
    assert host.state() == UpdateState.READY


def test_records_come_in_order_or_not_at_all():
    clean()
    bench = Bench()
    host = Host(bench)
    assert bench.ask(21, 9, 6, 0, 40, 0, 0, 0, 1, 1, 2)[1] == 2  # nobody began
    assert not host.tell(UpdateCommand.BEGIN)
    bench.run(20)
    assert bench.ask(21, 9, 6, 0, 40, 0, 1, 0, 1, 1, 2)[1] == 3  # a gap
    assert bench.ask(20, 7, 6, 0, 40, 0, 0, 0, 1)[1] == 2  # it cannot be read
    assert bench.ask(21, 9, 6, 0, 40, 0, 0, 0, 1, 1, 2)[0] == 21
    bench.run(20)
    assert bench.get(Update.update_received) == 2


def test_a_file_that_cannot_be_written_is_told_and_not_waited_for():
    clean()
    bench = Bench()
    host = Host(bench)
    assert not host.offer(manifest_of())
    in_the_way = slots.FOLDERS[SLOT_A] + "/application.py"
    os.mkdir(in_the_way)
    assert not host.tell(UpdateCommand.TAKE, 0)
    bench.run(20)
    assert bench.ask(21, 9, 6, 0, 41, 0, 0, 0, 1, 1, 2)[0:2] == b"\x95\x03"  # busy would be asked for ever
    assert bench.get(Update.update_refusal) == UpdateRefusal.STORAGE
    os.rmdir(in_the_way)
    host.deliver()
    assert not host.tell(UpdateCommand.VERIFY)
    host.rest()
    assert host.state() == UpdateState.READY


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


def test_what_no_text_is_resets_nothing():
    """Of a stranger it is not looked at; of who has the key it is damaged."""
    clean()
    bench = Bench()
    host = Host(bench)
    told = bytearray(manifest_of())
    told[68] = 0xFF  # the first path
    assert host.offer(bytes(told)) == UpdateRefusal.WRONG_SIGNATURE
    head = bytes(told[:-32])
    told[-32:] = hmac(KEY, b"mallee update" + texts(Info.SERIAL, 16) + head)
    assert host.offer(bytes(told)) == UpdateRefusal.DAMAGED
    for path in ("../main.py", "/main.py", "./manifest.bin", "manifest.bin", "manifest.new", "core/../../x.py"):
        assert host.offer(manifest_of({path: b"x"})) == UpdateRefusal.DAMAGED, path
    assert not reset(bench, 2000)
    host.bring()


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


def test_what_is_under_way_ends_when_it_may_write():
    """To close a file writes to the flash: not while a branch is hot. A restart is called off at once all the same."""
    clean()
    profile = Small()
    bench = Bench(profile)
    host = Host(bench)
    assert not host.offer(manifest_of())
    assert not host.tell(UpdateCommand.TAKE, 1)
    bench.run(20)
    host.send(41, FILES["core/bank.py"], 236)
    profile.blind = True
    assert not host.tell(UpdateCommand.RESTART)
    bench.run(3000)
    assert host.state() == UpdateState.WAITING
    assert host.tell(UpdateCommand.CANCEL)[0] == 6 and host.state() == UpdateState.RECEIVING
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
    assert not host.offer(manifest_of())
    assert not host.tell(UpdateCommand.TAKE, 0)
    bench.run(20)
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
