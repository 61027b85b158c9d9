"""New firmware on trial on a whole controller: what ends it, and who sends it back."""

from virtual_controller import BITTEN, WATCHDOG, Bench, Reset, Small, set_cause

# isort: split

from time import sleep_ms

import _world
import slots
from maps.common_update import (
    Update,
    UpdateCommand,
    UpdateOutcome,
    UpdateRefusal,
)
from updating_bench import Host, clean, gone_back, manifest_of, on_trial, reset, started

NOT_ON = {"cpython": "its folders are changed by name, as a controller's are", "pico": "it has the simulator's modules"}


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


def test_what_hangs_in_its_imports_is_bitten_and_gives_way():
    """Before it has a watchdog of its own. What was flashed is left alone: somebody may be at work on it."""
    clean()
    bench = Bench()
    Host(bench).bring()
    assert not Host(bench).tell(UpdateCommand.ACTIVATE) and reset(bench)
    set_cause(WATCHDOG)
    _world.watch(_world.NEVER)
    slots.turn()
    assert slots.trial
    sleep_ms(7900)
    try:
        sleep_ms(200)
        raise AssertionError("it hangs for ever")
    except Reset as bitten:
        assert bitten.kind == BITTEN
    _world.watch(_world.NEVER)
    slots.turn()
    assert slots.slot == slots.FLASHED and _world._watchdog == _world.NEVER
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


def test_steps_that_are_late_end_a_trial_when_they_are_one_in_ten():
    for late, ends in ((24, False), (60, True)):
        bench = on_trial()
        bench.run(25_000)
        bench.controller.regulation.overruns += late
        assert reset(bench, 3_000) == ends, late
        if ends:
            gone_back(UpdateOutcome.UNHEALTHY, bench)


def test_settings_that_are_lost_end_a_trial():
    bench = on_trial()
    bench.controller.settings_found = False
    assert reset(bench, 30_000)
    gone_back(UpdateOutcome.UNHEALTHY, bench)


def test_what_is_given_up_is_kept_when_the_equipment_allows_and_once():
    """Not while a branch is hot; and the first reason is the reason."""
    profile = Small()
    bench = on_trial(profile)
    bench.run(2000)
    before = bytes(slots.record)
    profile.blind = True
    assert not Host(bench).tell(UpdateCommand.CANCEL)
    bench.controller.updates.active._trial.left_s = 3
    assert not reset(bench, 30_000)
    assert bytes(slots.record) == before and bench.get(Update.update_outcome) == UpdateOutcome.CANCELLED
    assert Host(bench).tell(UpdateCommand.CONFIRM)
    profile.blind = False
    assert reset(bench, 3000)
    assert int.from_bytes(slots.record[:4], "big") == int.from_bytes(before[:4], "big") + 1
    gone_back(UpdateOutcome.CANCELLED, bench)


def test_a_host_sends_it_back():
    bench = on_trial()
    bench.run(2000)
    assert Host(bench).tell(UpdateCommand.BEGIN) == (4, UpdateRefusal.NOT_NOW)
    assert not Host(bench).tell(UpdateCommand.CANCEL)
    assert reset(bench, 3000)
    gone_back(UpdateOutcome.CANCELLED, bench)
