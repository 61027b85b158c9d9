"""An update over the bus on a whole controller: what is taken, what is refused, what comes of a trial, and what a cut leaves."""

from virtual_controller import WATCHDOG, Bench, Info, Pause, Reset, Small, remove, set_cause

# isort: split
import os

import signed_manifest
import slots
from core import devicekey, slotting
from core.receiving import _all
from core.safe import Safe
from maps.common import ResetReason, State
from maps.common_update import (
    Update,
    UpdateCommand,
    UpdateControl,
    UpdateOutcome,
    UpdatePolicy,
    UpdateRefusal,
    UpdateState,
)
from maps.fields import ADDRESS
from signed_manifest import KEY

NOT_ON = {"cpython": "its folders are changed by name, as a controller's are", "pico": "it has the simulator's modules"}

SLOT_A, SLOT_B = 1, 2
COMMAND = UpdateControl.update_command & ADDRESS
FILES = {
    "application.py": b"import release\n",
    "core/bank.py": bytes(range(256)) * 3 + b"odd",
    "pump/deep/er.py": b"x",
    "release.py": b"VERSION = (1, 2, 4)\n",
}


def manifest_of(files=None, **other):
    return signed_manifest.manifest_of(FILES if files is None else files, Info.SERIAL, **other)


def clean(key=KEY, policy=0):
    for folder in slots.FOLDERS[1:]:
        wipe(folder)
    remove(*(slots.NAMES + ("starts.bin", devicekey.NAME)))
    for i in range(len(slots.record)):
        slots.record[i] = 0
    slots.slot, slots.trial, slots.safe = 0, False, False
    slots.load()
    if key is not None:
        with open(devicekey.NAME, "wb") as file:
            file.write(key + bytes((policy,)))


def wipe(folder):
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            wipe(path)
        else:
            os.remove(path)
    os.rmdir(folder)


class Quiet(Safe):
    """The safe mode in a test bench, which leaves the loop by way of its profile."""

    pauses = False

    def housekeep(self, dt_ms):
        if self.pauses:
            self.pauses = False
            raise Pause()


class Host:
    """What a host does, request by request. `lost` repeats every block, as if its answer had not come."""

    def __init__(self, bench, lost=False):
        self.bench, self.lost = bench, lost

    def tell(self, command, file=0):
        for _ in range(100):
            code = self.bench.write(COMMAND, command, file)
            if code != 6:
                break
            self.bench.run(10)  # it is done by the main loop
        return code and (code, self.bench.get(Update.update_refusal))

    def state(self):
        return self.bench.get(Update.update_state)

    def rest(self, ms=3000):
        """Until nothing is under way."""
        for _ in range(ms // 10):
            self.bench.run(10)
            if self.state() not in (UpdateState.COMPARING, UpdateState.VERIFYING):
                return
        raise AssertionError("it takes too long")

    def send(self, file, data, to=None):
        at, end = 0, len(data) if to is None else to
        while at < end:
            part = data[at : min(at + 236, end)]
            part += bytes(len(part) & 1)
            number_, record = file + at // 20000, at % 20000 // 2
            head = bytes((6, number_ >> 8, number_ & 255, record >> 8, record & 255, 0, len(part) // 2))
            for _ in range(1 + self.lost):
                for _ in range(100):
                    answer = self.bench.ask(21, 7 + len(part), *(head + part))
                    if answer[0] == 21:
                        break
                    assert answer[1] == 6, bytes(answer)
                    self.bench.run(10)
                assert answer[0] == 21, bytes(answer)
                self.bench.run(10)
            at += len(part)

    def offer(self, told):
        assert not self.tell(UpdateCommand.BEGIN)
        assert self.state() == UpdateState.MANIFEST
        self.send(40, told)
        assert not self.tell(UpdateCommand.COMPARE)
        self.rest()
        return self.bench.get(Update.update_refusal)

    def wanted(self):
        found = []
        for i in range(17 * 15):
            if self.bench.get(Update.update_wanted, i // 15) >> i % 15 & 1:
                found.append(i)
        assert len(found) == self.bench.get(Update.update_missing)
        return found

    def deliver(self, files=FILES):
        paths = sorted(files)
        sent = []
        for i in self.wanted():
            assert not self.tell(UpdateCommand.TAKE, i)
            self.bench.run(20)
            self.send(41, files[paths[i]])
            self.rest()
            sent.append(paths[i])
        return sent

    def bring(self, told=None, files=FILES):
        """Everything up to READY."""
        assert not self.offer(told or manifest_of(files))
        self.deliver(files)
        assert not self.tell(UpdateCommand.VERIFY)
        self.rest()
        assert self.state() == UpdateState.READY


def reset(bench, ms=10_000):
    """Let it run into its reset."""
    try:
        bench.run(ms)
    except Reset:
        return True
    return False


def started(profile=None):
    """The next start of the board: what slots decides, and the controller that it leads to."""
    slots.sys.path[:] = [each for each in slots.sys.path if each not in slots.FOLDERS[1:]]
    slots.trial = slots.safe = False
    set_cause(WATCHDOG)
    slots.turn()
    assert (slots.sys.path[0] in slots.FOLDERS[1:]) == (slots.slot != slots.FLASHED)
    return Bench(profile, WATCHDOG, fresh=False)


def files_of(folder):
    found = {}
    for path in _all(folder):
        with open(path, "rb") as file:
            found[path[len(folder) + 1 :]] = file.read()
    return found


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


def on_trial(profile=None):
    clean()
    bench = Bench(Small())
    Host(bench).bring()
    assert not Host(bench).tell(UpdateCommand.ACTIVATE) and reset(bench)
    return started(profile)


def gone_back(why, bench):
    bench = started()
    assert slots.slot == slots.FLASHED and not slots.trial and slots.chain() == [slots.FLASHED]
    assert bench.get(Update.update_outcome) == why
    bench.run(1500)
    assert bench.controller.alarms.count in (1, 2) and not reset(bench, 3_000)
    started()
    assert slots.slot == slots.FLASHED


def test_silence_ends_a_trial():
    bench = on_trial()
    bench.run(25_000)
    assert 270 < bench.get(Update.trial_remaining) < 280
    bench.controller.updates.active._trial.left_s = 10
    assert not reset(bench, 9_000)
    assert reset(bench)
    gone_back(UpdateOutcome.SILENT, bench)


def test_a_crash_or_a_power_cut_ends_a_trial():
    bench = on_trial()
    bench.run(3000)
    gone_back(UpdateOutcome.DID_NOT_START, bench)


def test_updates_that_fail_one_after_the_other_do_not_lead_to_the_safe_mode():
    """Within a minute: but for them, the application has started well each time."""
    clean()
    bench = Bench()
    for number in range(3):
        host = Host(bench)
        host.bring(manifest_of(issued=1000 + number))
        assert not host.tell(UpdateCommand.ACTIVATE) and reset(bench)
        started()
        assert slots.trial
        bench = started()
        assert slots.slot == slots.FLASHED and not slots.safe, number


def test_chips_that_no_longer_answer_end_a_trial():
    clean()
    profile = Small()
    profile.answering = 0b101
    bench = Bench(profile)
    Host(bench).bring()
    assert not Host(bench).tell(UpdateCommand.ACTIVATE) and reset(bench)
    worse = Small()
    worse.answering = 0b100
    bench = started(worse)
    assert reset(bench, 30_000)
    gone_back(UpdateOutcome.UNHEALTHY, bench)


def test_settings_that_are_lost_end_a_trial():
    bench = on_trial()
    bench.controller.settings_found = False
    assert reset(bench, 30_000)
    gone_back(UpdateOutcome.UNHEALTHY, bench)


def test_a_host_sends_it_back():
    bench = on_trial()
    bench.run(2000)
    assert Host(bench).tell(UpdateCommand.BEGIN) == (4, UpdateRefusal.NOT_NOW)
    assert not Host(bench).tell(UpdateCommand.CANCEL)
    assert reset(bench, 3000)
    gone_back(UpdateOutcome.CANCELLED, bench)


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
