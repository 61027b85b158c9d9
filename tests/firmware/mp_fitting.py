"""Answered, expected, not fitted: what a silent chip means."""

from virtual_controller import Bench, SmallAlarm  # first: the virtual board  # isort: skip
from maps.common import CommonSettings, Quality
from maps.common_alarms import CommonAlarm
from maps.fields import ADDRESS

NOT_ON = {"pico": "the virtual board stands in for its modules; tests/hil has the whole controller"}

EXPECTED = CommonSettings.expected_chips & ADDRESS


def test_a_chip_that_never_answered_is_not_fitted_and_one_that_did_is_a_fault():
    fitting = Bench().controller.fitting
    assert not fitting.fitted(3) and fitting.absent(3) == Quality.NOT_FITTED
    fitting.answer(3)
    assert fitting.fitted(3) and fitting.absent(3) == Quality.FAULT and fitting.absent(2) == Quality.NOT_FITTED


def test_an_expected_chip_is_a_fault_at_once_and_after_the_next_start():
    bench = Bench()
    assert bench.write(EXPECTED, 0x0102) == 0
    fitting = bench.controller.fitting
    assert fitting.absent(1) == fitting.absent(8) == Quality.FAULT and fitting.absent(0) == Quality.NOT_FITTED
    assert bench.write(0, 0xC0DE) == 0
    again = Bench(fresh=False)
    assert again.controller.fitting.known == 0x0102 and again.controller.fitting.answered == 0


def test_a_chip_that_is_expected_no_more_takes_its_alarms_with_it():
    bench = Bench()
    alarms, fitting = bench.controller.alarms, bench.controller.fitting
    fitting.answer(0)
    bench.write(EXPECTED, 0x0003)
    alarms.set(CommonAlarm.settings_lost, True)
    bench.profile.too_hot = True
    bench.run(200)
    alarms.set(CommonAlarm.lease_lost, True)
    assert bench.write(EXPECTED, 0x0001) == 0  # chip 1 is no longer known
    assert not alarms.active(CommonAlarm.lease_lost) and alarms.active(SmallAlarm.stop)
    assert fitting.known == 1
    alarms.set(CommonAlarm.lease_lost, True)
    assert bench.write(EXPECTED, 0x0000) == 0  # chip 0 has answered: it stays known, and nothing is forgotten
    assert fitting.known == 1 and alarms.active(CommonAlarm.lease_lost)


def test_more_than_there_can_be_is_refused():
    bench = Bench()
    assert bench.write(EXPECTED, 0xFF80) == 3 and bench.controller.fitting.known == 0
