"""An update over the bus on a whole controller: what is taken, what is refused, and when it restarts."""

from virtual_controller import Bench, Info

# isort: split
import os

import slots
from maps.common import ResetReason
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
    FILES,
    SLOT_A,
    SLOT_B,
    Host,
    clean,
    files_of,
    manifest_of,
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
    host.begin_taking()
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
