from core.alarms import RESET_ALL, Alarms
from maps.fields import VALIDITY, Alarm, alarm


class Some(Alarm):
    slow = alarm(5, delay_ms=300)
    latched = alarm(6, latch=True, count=2)
    other = alarm(9)
    hot = alarm(10, count=2, deadband=5)
    late = alarm(12, delay_ms=300, deadband=15)
    most = alarm(13, count=15, delay_ms=819_100, deadband=15, latch=True)


def test_delay_and_return():
    a = Alarms((Some,))
    for _ in range(3):
        assert not a.set(Some.slow, True)
    assert a.set(Some.slow, True) and a.count == 1 and a.first_out == 5
    assert not a.set(Some.slow, False) and a.count == 0 and a.first_out is None


def test_a_short_condition_does_not_add_up():
    a = Alarms((Some,))
    for _ in range(10):
        a.set(Some.slow, True)
        a.set(Some.slow, False)
    assert a.count == 0


def test_latch_needs_a_reset_after_the_condition_has_gone():
    a = Alarms((Some,))
    a.set(Some.latched, True, 1)
    a.set(Some.latched, False, 1)
    assert a.active(Some.latched, 1) and not a.active(Some.latched, 0)
    assert a.reset(7) and not a.active(Some.latched, 1)
    a.set(Some.latched, True)
    a.set(Some.latched, True)
    assert not a.reset(6) and not a.reset(RESET_ALL)
    assert not a.reset(200) and not a.reset(0)


def test_first_out_is_the_earliest_of_those_left():
    a = Alarms((Some,))
    for each in (Some.other, Some.latched):
        a.set(each, True)
    assert a.first_out == 9
    a.set(Some.other, False)
    assert a.first_out == 6 and a.count == 1


def test_unknown_keeps_the_state_and_clears_the_validity_twin():
    a = Alarms((Some,))
    a.set(Some.other, True)
    assert a.bits.get(9 + VALIDITY)
    a.set(Some.other, None)
    assert a.bits.get(9) and not a.bits.get(9 + VALIDITY)
    assert not a.bits.get(5 + VALIDITY)  # never judged


def test_a_trip_is_active_at_once_and_cannot_be_reset_before_its_cause_is_gone():
    a = Alarms((Some,))
    a.trip(Some.latched)
    assert a.active(Some.latched) and not a.reset(6)
    a.set(Some.latched, False)
    assert a.reset(6)


def test_only_declared_codes_exist():
    a = Alarms((Some,))
    assert a.bits.exists(5, 3) and not a.bits.exists(5, 4) and a.bits.exists(5 + VALIDITY, 3)


def test_a_value_that_lies_near_its_limit_does_not_chatter():
    a = Alarms((Some,))
    came = []
    a.noted = lambda code, came_: came.append((code, came_))
    for value in (99, 100, 101, 99, 101, 96, 100, 95.5, 101):
        a.above(Some.hot, value, 100, 1)
    assert came == [(11, True)] and a.active(Some.hot, 1) and not a.active(Some.hot, 0)
    assert not a.above(Some.hot, 95, 100, 1), "back by the deadband"
    assert not a.above(Some.hot, 99.9, 100, 1) and a.above(Some.hot, 100.1, 100, 1)
    came.clear()
    for value in (0.59, 0.61, 0.58, 0.62):
        a.below(Some.hot, value, 0.6)
    assert came == [(10, True)] and not a.below(Some.hot, 0.64, 0.6)


def test_a_deadband_widens_no_limit_while_the_alarm_is_not_there():
    a = Alarms((Some,))
    for _ in range(10):
        assert not a.above(Some.late, 101, 100) and not a.above(Some.late, 99, 100)
    for _ in range(3):
        assert not a.above(Some.late, 101, 100)
    assert a.above(Some.late, 101, 100) and a.above(Some.late, 86, 100) and not a.above(Some.late, 84, 100)


def test_a_limit_below_zero_has_its_deadband_on_the_right_side():
    a = Alarms((Some,))
    assert a.above(Some.hot, -9, -10) and a.above(Some.hot, -10.4, -10) and not a.above(Some.hot, -10.6, -10)
    assert a.below(Some.hot, -11, -10) and a.below(Some.hot, -9.6, -10) and not a.below(Some.hot, -9.4, -10)


def test_an_unknown_value_is_no_value():
    a = Alarms((Some,))
    assert a.above(Some.hot, 101, 100) and a.above(Some.hot, None, 100) and not a.bits.get(10 + VALIDITY)
    assert a.below(Some.hot, None, 100) and not a.below(Some.hot, 200, 100)


def test_all_of_an_alarm_fits_into_its_word():
    a = Alarms((Some,))
    assert Some.most < 1 << 30, "a small integer on a board"
    assert a.bits.exists(13, 15) and not a.bits.exists(28, 1)
    a.above(Some.most, 2, 1, 14)
    assert not a.active(Some.most, 14)
    a.dt_ms = 819_200
    a.above(Some.most, 2, 1, 14)
    assert a.above(Some.most, 2, 1, 14) and a.above(Some.most, 0.5, 1, 14), "latched"
