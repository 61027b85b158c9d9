from maps.common import Chip, LeakState
from maps.pump import Operation
from maps.pump_supervision import Supervision
from pump.leak import Leak
from pump.operation import Operating

SETTINGS = {
    Supervision.fill_speed: 30.0,
    Supervision.fill_on: 20.0,
    Supervision.fill_off: 10.0,
    Supervision.service_timeout: 60.0,
}


class Rope:
    state = LeakState.NOT_YET

    def step(self):
        pass


class Fitting:
    known = 0

    def answer(self, bit):
        self.known |= 1 << bit

    def fitted(self, bit):
        return self.known >> bit & 1


def leak():
    rope, fitting = Rope(), Fitting()
    return rope, fitting, Leak(rope, fitting)


def test_a_rope_that_was_never_seen_is_not_fitted_and_one_that_was_is_cut():
    rope, fitting, found = leak()
    assert found.wet is None
    for state, wet, fault in (
        (LeakState.CUT, None, None),
        (LeakState.DRY, False, False),
        (LeakState.CUT, False, True),
        (LeakState.SHORTED, False, True),
        (LeakState.WET, True, False),
    ):
        rope.state = state
        found.read_rope()
        assert (found.wet, found.rope_fault) == (wet, fault)
    assert fitting.known == 1 << Chip.LEAK_1
    assert Leak(None, fitting).state == LeakState.NOT_FITTED


def test_one_that_was_commissioned_and_is_cut_at_the_start_is_a_fault():
    rope, fitting, found = leak()
    fitting.known = 1 << Chip.LEAK_1
    rope.state = LeakState.CUT
    found.read_rope()
    assert found.rope_fault


def test_the_balance_counts_what_is_lost_beyond_what_is_tolerated():
    found = leak()[2]
    for second in range(600):
        found.balance(60.0 - 0.2 / 60 * second, 0.2 / 60, 1.0)
    assert abs(found.lost_l) < 0.01
    for second in range(60):
        found.balance(58.0 - 0.1 * second, 0.2 / 60, 1.0)
    assert abs(found.lost_l - (58.0 - 52.1 - 0.2)) < 0.2
    for second in range(3600):
        found.balance(52.1, 0.2 / 60, 1.0)
    assert found.lost_l < 0.01, "it ends where nothing is lost any more"


def test_noise_around_a_level_is_no_loss():
    found = leak()[2]
    for second in range(3600):
        found.balance(60.0 + (0.3 if second % 2 else -0.3), 0.2 / 60, 1.0)
    assert found.lost_l <= 0.6


def test_a_level_that_is_lost_or_filled_begins_anew():
    found = leak()[2]
    found.balance(60.0, 0.0, 1.0)
    found.balance(None, 0.0, 1.0)
    assert found.lost_l is None
    found.balance(40.0, 0.0, 1.0)
    assert found.lost_l == 0


def test_it_may_stop_where_nobody_loses_cooling():
    found = leak()[2]
    assert not found.may_stop(None, None, 0.1) and not found.may_stop(False, 200.0, 0.1)
    assert found.may_stop(True, 200.0, 0.1)
    for _ in range(299):
        assert not found.may_stop(None, 2.0, 0.1)
    for _ in range(2):
        done = found.may_stop(None, 2.0, 0.1)
    assert done
    assert not found.may_stop(None, None, 0.1), "heat that is not known is not zero"


def operate(found, asked, steps, part=1.0):
    for _ in range(steps):
        found.step(asked, part, SETTINGS.get, 0.1)
    return found.now


def test_standby_wakes_when_the_manifold_falls_for_three_seconds():
    found = Operating()
    assert operate(found, Operation.STANDBY, 100) == Operation.STANDBY
    assert operate(found, Operation.STANDBY, 29, part=0.5) == Operation.STANDBY
    assert operate(found, Operation.STANDBY, 1) == Operation.STANDBY
    assert operate(found, Operation.STANDBY, 30, part=None) == Operation.RUN
    assert operate(found, Operation.STANDBY, 100) == Operation.RUN, "it was asked once"
    operate(found, Operation.RUN, 1)
    assert operate(found, Operation.STANDBY, 1) == Operation.STANDBY


def test_filling_is_on_and_off_in_turn():
    found, on = Operating(), 0
    for _ in range(600):
        operate(found, Operation.FILL, 1)
        on += found.speed == 30.0
    assert 395 <= on <= 405


def test_service_ends_by_itself_and_says_so():
    found = Operating()
    assert operate(found, Operation.SERVICE, 590) == Operation.SERVICE and not found.ended
    assert operate(found, Operation.SERVICE, 11) == Operation.RUN and found.ended
