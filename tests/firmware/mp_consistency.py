"""Settings that contradict each other are refused together, the pair is named, and the old set stays."""

import virtual_controller
from maps.common import Conflict, Refusal, Status
from maps.common_alarms import CommonAlarm
from maps.fields import ADDRESS
from virtual_controller import Bench, Limits, Local

NOT_ON = {"pico": "the virtual board stands in for its modules; tests/hil has the whole controller"}

FIRST, SECOND = Limits.START, Limits.START + Limits.STRIDE


def words(bench):
    holdings = bench.controller.holdings
    return [holdings.get(field, at) for at in (FIRST, SECOND) for field in (Limits.low, Limits.high)]


def test_a_write_that_would_cross_a_pair_changes_nothing_and_names_it():
    bench = Bench()
    bench.run(200)
    assert bench.get(Conflict.conflict_lower) is None
    assert bench.write(SECOND, 11) == 4
    assert bench.get(Status.refusal) == Refusal.INCONSISTENT
    assert (bench.get(Conflict.conflict_lower), bench.get(Conflict.conflict_upper)) == (SECOND, SECOND + 1)
    assert bench.write(SECOND + 1, 0x10000 - 11) == 4  # -11, below the other one's -10
    assert words(bench) == [-10, 10, -10, 10]


def test_both_in_one_request_are_judged_together():
    bench = Bench()
    bench.run(200)
    assert bench.write(FIRST, 20, 30) == 0 and words(bench) == [20, 30, -10, 10]
    assert bench.write(FIRST, 40, 35, 0, 5) == 4 and words(bench) == [20, 30, -10, 10]  # not even the good half
    assert bench.write(FIRST, 0x10000 - 90, 0x10000 - 80) == 0 and words(bench) == [-90, -80, -10, 10]
    assert bench.write(FIRST, 5, 5) == 0  # equal is in order


def test_other_settings_are_not_asked_about():
    bench = Bench()
    bench.run(200)
    assert bench.write(Local.value_setpoint & ADDRESS, 900) == 0


def test_a_stored_set_that_contradicts_itself_is_lost_as_a_whole():
    bench = Bench()
    bench.run(200)
    assert bench.write(Local.value_setpoint & ADDRESS, 900) == 0
    bench.controller.holdings.put(Limits.low, 50, FIRST)  # as another firmware may have stored it
    assert bench.write(0, 0xC0DE) == 0
    bench = Bench(fresh=False)
    bench.run(200)
    assert bench.controller.alarms.active(CommonAlarm.settings_lost)
    assert words(bench) == [-10, 10, -10, 10] and bench.controller.holdings.get(Local.value_setpoint) == 5
    virtual_controller.remove("settings.a", "settings.b")
