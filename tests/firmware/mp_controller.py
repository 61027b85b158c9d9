"""The controller around a profile: start, regulation, health, restarts, and the watchdog."""

import os

import virtual_controller  # first: it brings the modules of the virtual board  # isort: skip
from core.journal import Kind, Ring
from maps.common import (
    MAGIC,
    CommonSettings,
    Health,
    Identity,
    Memory,
    MemoryKind,
    ResetReason,
    SafeReason,
    State,
    Status,
)
from maps.common_alarms import CommonAlarm
from virtual_controller import WATCHDOG, Bench, Local, Measured, Reset, Small, now_us

NOT_ON = {"pico": "the virtual board stands in for its modules; tests/hil has the whole controller"}


def test_it_comes_up_and_says_who_it_is():
    bench = Bench()
    get = bench.get
    assert get(Identity.magic) == MAGIC and get(Identity.profile) == 9 and get(Identity.unit_address) == 7
    assert bench.ask(4, 0, 12, 0, 3) == b"\x04\x065E71A1"
    assert bench.ask(43, 14, 4, 6) == b"\x2b\x0e\x04\x83\x00\x00\x01\x06\x06test-1"
    assert bench.ask(43, 14, 4, 0x80)[-16:] == b"0123456789abcdef"
    assert bench.ask(17) == b"\x11\x07mallee\xff"
    assert get(Health.reset_reason) == ResetReason.POWER_ON and get(Health.boot_count) == 1
    assert bench.journal()[0] == (Kind.START, ResetReason.POWER_ON, 1)


def test_regulation_and_housekeeping_keep_their_rates():
    bench = Bench()
    bench.run(1000)
    profile = bench.profile
    regulated, first = profile.regulated_ms, bench.get(Status.sequence)
    profile.housekept_ms = []
    bench.run(2000)
    assert profile.regulated_ms - regulated == 2000
    assert profile.supervised_ms == profile.regulated_ms - 100  # half a period behind
    assert bench.get(Status.sequence) - first == 20
    assert sum(profile.housekept_ms) == 2000 and len(profile.housekept_ms) == 200
    assert bench.get(Status.state) == State.LOCAL and bench.get(Measured.value) == 5
    assert bench.write(205, 17) == 0
    bench.run(200)
    assert bench.get(Measured.value) == 17


def test_a_write_to_the_memory_costs_the_profile_no_turn():
    bench = Bench()
    bench.run(1000)
    profile, journal = bench.profile, bench.controller.memory.journal
    profile.housekept_ms = []
    for _ in range(6):
        journal.note(Kind.COMMIT, 0, 0)
    bench.run(200)
    assert journal.waiting == 0 and profile.housekept_ms == [10] * 20


def test_the_health_block_is_the_truth_of_a_second_ago():
    bench = Bench()
    bench.run(3500)
    get = bench.get
    assert get(Health.uptime) == 3 and get(Health.clock) is None and get(Health.loop_period) == 100
    assert 2990 <= get(Health.tick_count) <= 3010 and get(Health.tick_overruns) == 0
    assert get(Health.heap_free) > 0 and get(Health.loop_overruns) == 0 and get(Health.settings_commits) == 0
    assert get(Health.bus_clients) == 0 and get(Health.bus_messages) == 0
    assert get(Health.bus_noise) is None and get(Health.bus_overruns) is None  # of a serial line only
    bench.ask(4, 0, 0, 0, 1)
    bench.ask(4, 0xFF, 0xFF, 0, 1)
    bench.profile.chip_errors, bench.profile.answering = 4, 3
    bench.controller.inputs.put(Measured.value, 99999)
    bench.run(1100)
    assert get(Health.bus_clients) == 1 and get(Health.bus_messages) == 2 and get(Health.bus_exceptions) == 1
    assert get(Health.chip_errors) == 4 and get(Health.answering_chips) == 3 and get(Health.value_clamps) == 1
    assert sum(get(Memory.loop_lateness, 2 * place) for place in range(8)) > 400
    assert get(Memory.journal_sequence) == 1 and get(Memory.journal_dropped) == 0
    assert get(Memory.memory_kind) == MemoryKind.FILE and get(Memory.counter_saves) == 1


def test_counters_come_back_from_fram_each_second():
    fram = Ring(8192)
    bench = Bench(Small(fram))
    bench.profile.kept = 42
    bench.run(2500)
    assert bench.get(Memory.memory_kind) == MemoryKind.FRAM and bench.get(Memory.counter_saves) >= 2
    again = Bench(Small(fram))
    assert again.profile.kept == 42 and again.get(Health.boot_count) == 2
    assert again.journal() == [(Kind.START, ResetReason.POWER_ON, 1), (Kind.START, ResetReason.POWER_ON, 2)]


def test_an_uncaught_error_is_the_reason_of_the_next_start():
    bench = Bench()
    bench.run(500)
    bench.profile.error = ValueError("broken")
    try:
        bench.run(200)
    except ValueError:
        bench.controller.failed()  # as main.py does
    else:
        raise AssertionError("the loop went on")
    again = Bench(cause=WATCHDOG, fresh=False)
    assert again.get(Health.reset_reason) == ResetReason.FAULT and again.get(Memory.fault_starts) == 1
    again.run(200)
    assert again.controller.alarms.active(CommonAlarm.restarted)
    third = Bench(cause=WATCHDOG, fresh=False)
    assert third.get(Health.reset_reason) == ResetReason.WATCHDOG and third.get(Memory.fault_starts) == 1
    assert third.get(Health.boot_count) == 3
    assert Bench(cause=2, fresh=False).get(Health.reset_reason) == ResetReason.UNKNOWN


def test_a_trip_outlives_a_reset_and_not_the_power():
    bench = Bench()
    bench.profile.too_hot = True
    bench.run(300)
    assert bench.get(Status.state) == State.TRIPPED and bench.get(Status.first_out) == 10
    assert bench.get(Status.alarm_count) == 1 and bench.get(Status.since_trip) == 200
    again = Bench(cause=WATCHDOG, fresh=False)
    again.run(200)
    assert again.profile.word == 1 and again.get(Status.state) == State.TRIPPED
    assert Bench(fresh=False).profile.word == 0


def test_a_flash_that_takes_nothing_keeps_the_controller_from_nothing():
    virtual_controller.remove("retained.bin")
    os.mkdir("retained.bin")  # no file can be made there
    try:
        bench = Bench(fresh=False)
        bench.profile.too_hot = True
        bench.run(500)
        assert bench.get(Status.state) == State.TRIPPED and bench.ask(4, 0, 0, 0, 1) == b"\x04\x02ML"
        bench.controller.failed()
    finally:
        os.rmdir("retained.bin")


def test_a_tick_that_stops_is_told_and_the_watchdog_starts_the_controller_anew():
    bench = Bench()
    bench.run(20_000)  # it is fed
    bench.profile.timer.deinit()
    stopped_us = now_us()
    bench.run(2500)
    assert bench.controller.alarms.active(CommonAlarm.tick_stopped) and bench.get(Health.tick_overruns) > 900
    try:
        bench.run(10_000)
    except Reset as reset:
        assert reset.kind == virtual_controller.BITTEN and now_us() - stopped_us <= 9_000_000
    else:
        raise AssertionError("the watchdog was fed")


def test_a_board_without_a_hard_tick_is_safe_and_goes_on():
    bench = Bench(hard_tick=None)
    bench.run(20_000)  # nothing is missed, so nothing is reset
    assert bench.get(Status.state) == State.SAFE and bench.get(Health.safe_reason) == SafeReason.NO_HARD_TICK
    assert bench.get(Health.tick_overruns) == 0 and not bench.controller.alarms.active(CommonAlarm.tick_stopped)
    assert bench.ask(17) == b"\x11\x07mallee\x00"


def test_a_missed_tick_is_counted():
    bench = Bench()
    bench.run(1500)
    bench.profile.tick_count -= 5
    bench.run(1000)
    assert bench.get(Health.tick_overruns) == 5


def test_damaged_settings_are_an_alarm_until_new_ones_are_stored():
    bench = Bench()
    with open("settings.a", "wb") as file:
        file.write(b"torn")
    bench = Bench(fresh=False)
    bench.run(200)
    assert bench.controller.alarms.active(CommonAlarm.settings_lost) and bench.get(Measured.value) == 5
    assert bench.write(205, 9) == 0 and bench.write(0, 0xC0DE) == 0
    bench.run(200)
    assert not bench.controller.alarms.active(CommonAlarm.settings_lost)
    bench = Bench(fresh=False)
    assert bench.controller.holdings.get(Local.value_setpoint) == 9
    assert bench.controller.holdings.get(CommonSettings.lease_hold) == 60
    virtual_controller.remove("settings.a", "settings.b")
