"""What a master may write: commands, lease, coils; why it is refused, and what the journal says of it."""

import os

from virtual_controller import Bench, Remote, SmallAlarm, remove  # first: the virtual board  # isort: skip
from core.journal import Kind, LeaseEvent
from maps.common import ClockSource, Health, Latch, LeaseState, Memory, MemoryKind, Refusal, State, Status
from maps.common_alarms import CommonAlarm
from maps.fields import ADDRESS

NOT_ON = {"pico": "the virtual board stands in for its modules; tests/hil has the whole controller"}

COMMIT, RESET_LATCH, CLOCK, LEASE = 0, 1, 2, 100
CODE = 0xC0DE
RESET_ALL = 0xACE


def since(bench, mark):
    return bench.journal()[mark:]


def test_settings_are_committed_and_read_back_as_nothing():
    bench = Bench()
    assert bench.write(205, 33) == 0 and bench.write(COMMIT, CODE) == 0
    assert bench.ask(3, 0, 0, 0, 4) == b"\x03\x08" + bytes(8)
    bench.run(1100)
    assert bench.get(Health.settings_commits) == 1
    assert bench.journal()[-1] == (Kind.COMMIT, 0, 1)
    again = Bench(fresh=False)
    assert again.ask(3, 0, 205, 0, 1) == b"\x03\x02\x00\x21"


def test_a_commit_waits_while_interrupts_must_not_be_stopped():
    bench = Bench()
    bench.profile.blind = True
    assert bench.write(COMMIT, CODE) == 6
    bench.profile.blind = False
    assert bench.write(COMMIT, CODE) == 0


def test_a_commit_that_flash_refuses_says_so_and_the_next_one_may_succeed():
    bench = Bench()
    os.mkdir("settings.b")  # no file can be made there: the first copy goes there
    try:
        assert bench.write(COMMIT, CODE) == 4 and bench.get(Status.refusal) == Refusal.STORAGE
    finally:
        os.rmdir("settings.b")
    bench.run(1100)
    assert bench.get(Health.settings_commits) == 0 and (Kind.COMMIT, 0, 1) not in bench.journal()
    assert bench.write(COMMIT, CODE) == 0


def test_words_that_are_no_commands_are_refused():
    bench = Bench()
    assert bench.write(COMMIT, 1) == 4 and bench.get(Status.refusal) == Refusal.BAD_COMMAND
    assert bench.write(COMMIT, CODE + 1) == 3
    assert bench.write(RESET_LATCH, 10) == 4 and bench.get(Status.refusal) == Refusal.INTERLOCK
    assert bench.write(COMMIT, 0, 0) == 0  # asks for nothing


def test_one_request_brings_one_command_so_that_a_refused_one_has_done_nothing():
    bench = Bench()
    assert bench.write(COMMIT, CODE, 10) == 4 and bench.get(Status.refusal) == Refusal.BAD_COMMAND
    bench.run(1100)
    assert bench.get(Health.settings_commits) == 0
    assert not any(name.startswith("settings") for name in os.listdir("."))


def test_a_trip_is_reset_when_its_cause_has_gone():
    bench = Bench()
    bench.profile.too_hot = True
    bench.run(300)
    assert bench.write(RESET_LATCH, 10) == 4
    bench.profile.too_hot = False
    bench.run(200)
    assert bench.write(RESET_LATCH, 10) == 0
    bench.run(200)
    assert bench.get(Status.state) == State.LOCAL and bench.get(Status.first_out) is None
    assert bench.get(Status.since_trip) is None
    assert since(bench, 1) == [(Kind.ALARM_CAME, 10, 1), (Kind.ALARM_WENT, 10, 0)]


def restarted_and_tripped():
    bench = Bench()
    bench = Bench(cause=3, fresh=False)
    bench.profile.too_hot = True
    bench.run(300)
    bench.profile.too_hot = False
    bench.run(200)
    return bench


def test_a_restart_is_told_until_somebody_has_seen_it():
    bench = restarted_and_tripped()
    assert bench.controller.alarms.active(CommonAlarm.restarted)
    assert bench.write(RESET_LATCH, 4) == 0
    bench.run(200)
    assert not bench.controller.alarms.active(CommonAlarm.restarted)
    assert bench.controller.alarms.active(SmallAlarm.stop)


def test_resetting_all_resets_all_of_them_at_once():
    bench = restarted_and_tripped()
    assert bench.write(RESET_LATCH, RESET_ALL) == 0
    bench.run(200)
    assert bench.get(Status.alarm_count) == 0 and bench.profile.word == 0
    assert bench.write(RESET_LATCH, RESET_ALL) == 4  # there is nothing left


def test_the_clock_is_set_within_a_turn_of_housekeeping_and_stamps_the_journal():
    bench = Bench()
    bench.run(1500)
    assert bench.write(CLOCK, 0x692D, 0x1234) == 0
    bench.run(20)
    bench.controller.memory.journal.note(Kind.SWITCHED, 1, 1)
    bench.run(1000)
    assert bench.get(Health.clock_source) == ClockSource.HOST
    assert 0 <= bench.get(Health.clock) - 0x692D1234 <= 2
    bench.run(2000)
    assert 2 <= bench.get(Health.clock) - 0x692D1234 <= 4
    record = bytearray(16)
    assert since(bench, 1) == [(Kind.CLOCK_SET, 0, 0), (Kind.SWITCHED, 1, 1)]
    for sequence in (2, 3):
        bench.controller.memory.journal.read(16 * sequence, 16, record, 0)
        assert record[9] == ClockSource.HOST and record[4:7] == b"\x69\x2d\x12"


def take(bench, epoch, seconds=10, holder=3, value=700):
    return bench.write(LEASE, holder, 0, epoch, seconds, value)


def test_a_lease_is_taken_kept_lost_and_ramps_to_local():
    bench = Bench()
    assert take(bench, 1) == 0
    bench.run(200)
    get = bench.get
    assert get(Status.state) == State.LEASED and get(Status.lease_state) == LeaseState.ACTIVE
    assert get(Status.lease_holder) == 3 and get(Status.lease_epoch) == 1 and get(Status.lease_remaining) == 10
    assert bench.ask(4, 0, 112, 0, 1) == b"\x04\x02" + (7000).to_bytes(2, "big")  # the remote set-point
    bench.run(5000)
    assert get(Status.lease_remaining) == 5
    assert take(bench, 1) == 0
    bench.run(10_200)
    assert get(Status.lease_state) == LeaseState.HOLDING and bench.controller.alarms.active(CommonAlarm.lease_lost)
    assert get(Status.lease_remaining) == 0 and get(Status.state) == State.LOCAL
    assert take(bench, 1) == 4 and get(Status.refusal) == Refusal.LEASE_STALE
    bench.run(60_000)
    assert get(Status.lease_state) == LeaseState.RAMPING
    bench.profile.at_local = True
    bench.run(200)
    assert get(Status.lease_state) == LeaseState.NONE
    assert since(bench, 1) == [
        (Kind.LEASE, LeaseEvent.TAKEN, 3), (Kind.LEASE, LeaseEvent.LOST, 3), (Kind.ALARM_CAME, 1, 1),
    ]  # fmt: skip


def test_a_lease_is_given_back_and_others_are_refused_meanwhile():
    bench = Bench()
    assert take(bench, 1) == 0 and take(bench, 2) == 4 and bench.get(Status.refusal) == Refusal.LEASE_HELD
    assert bench.write(Remote.remote_value & ADDRESS, 1) == 4 and bench.get(Status.refusal) == Refusal.LEASE_MISSING
    assert bench.write(LEASE, 0, 0, 1, 0) == 0
    bench.run(200)
    assert bench.get(Status.lease_state) == LeaseState.RAMPING
    assert not bench.controller.alarms.active(CommonAlarm.lease_lost)
    assert since(bench, 1) == [(Kind.LEASE, LeaseEvent.TAKEN, 3), (Kind.LEASE, LeaseEvent.GIVEN_BACK, 3)]


def test_an_epoch_that_was_used_stays_used_when_the_controller_starts_anew():
    bench = Bench()
    assert take(bench, 5) == 0
    bench.run(61_000)  # counters go to flash a minute after a lease, at the earliest
    again = Bench(fresh=False)
    assert take(again, 5) == 4 and again.get(Status.refusal) == Refusal.LEASE_STALE
    assert take(again, 6) == 0


def test_counters_that_flash_refuses_are_not_claimed_to_be_kept():
    bench = Bench()
    remove("counters.a", "counters.b")
    for name in ("counters.a", "counters.b"):
        os.mkdir(name)
    try:
        bench.run(302_000)
        assert bench.get(Memory.memory_kind) == MemoryKind.NONE
    finally:
        for name in ("counters.a", "counters.b"):
            os.rmdir(name)
    bench.run(301_000)
    assert bench.get(Memory.memory_kind) == MemoryKind.FILE


def test_coils_are_switched_and_refused_one_by_one():
    bench = Bench()
    assert bench.ask(5, 0, 0, 0xFF, 0) == b"\x05\x00\x00\xff\x00"
    assert bench.profile.switches == [(0, 1)] and bench.journal()[-1] == (Kind.SWITCHED, 1, 1)
    assert bench.ask(15, 0, 0, 0, 2, 1, 2) == b"\x8f\x04"
    assert bench.get(Status.refusal) == Refusal.MINIMUM_OFF_TIME and bench.ask(1, 0, 0, 0, 2) == b"\x01\x01\x01"
    assert bench.profile.switches == [(0, 1)]


def test_what_the_journal_could_not_take_it_counts():
    bench = Bench()
    bench.run(1000)
    for number in range(20):
        bench.controller.memory.journal.note(Kind.SWITCHED, 1, number & 1)
    bench.run(1500)
    assert bench.get(Memory.journal_dropped) == 4
    assert bench.journal()[-1] == (Kind.DROPPED, 0, 4) and bench.get(Memory.journal_sequence) == 18


def test_the_broadcast_block_latches_and_sets_the_clock_for_one_unit_too():
    bench = Bench()
    bench.run(500)
    sequence = bench.get(Status.sequence)
    assert bench.write(20, 0x4D4C, 1, 7, 0, 0) == 0
    bench.run(300)
    assert bench.get(Latch.latch_number) == 7 and 200 <= bench.get(Latch.latch_age) <= 310
    assert bench.ask(4, 600 >> 8, 600 & 0xFF, 0, 1) == b"\x04\x02" + sequence.to_bytes(2, "big")
    assert bench.get(Status.sequence) > sequence
    assert bench.write(20, 0x4D4C, 9, 7, 0, 0) == 3 and bench.write(20, 0x4D4B, 1, 7, 0, 0) == 4
