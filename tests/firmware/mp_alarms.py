from core.alarms import RESET_ALL, Alarms
from maps.fields import VALIDITY, Alarm, alarm


class Some(Alarm):
    slow = alarm(5, delay_ms=300)
    latched = alarm(6, latch=True, count=2)
    other = alarm(9)


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
