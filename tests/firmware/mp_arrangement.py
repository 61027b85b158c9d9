from pump.arrangement import Arrangement


def arrangement(speeds=(50.0, 50.0)):
    found = Arrangement()
    found.take_over(speeds)
    for _ in range(100):
        found.step(max(speeds), speeds[1] == 0, 0, 15.0, 10.0, 0.1)
    return found


def run(found, steps, speed=50.0, standby=False, no_effect=0, most=1.0):
    """Largest change of a command in a step that was not allowed `most`."""
    jump = 0.0
    for _ in range(steps):
        before = list(found.commands)
        found.step(speed, standby, no_effect, 15.0, 10.0, 0.1)
        jump = max(jump, abs(found.commands[0] - before[0]), abs(found.commands[1] - before[1]))
    return jump


def test_both_share():
    found = arrangement()
    assert found.commands == [50.0, 50.0]
    assert run(found, 10) == 0


def test_a_start_goes_on_from_what_each_pump_does():
    found = Arrangement()
    found.take_over([50.0, 20.0])
    assert run(found, 50) <= 1.001 and found.commands == [50.0, 50.0]


def test_one_without_effect_gets_the_minimum_and_comes_back_slowly():
    found = arrangement()
    run(found, 1, no_effect=1)
    assert found.commands == [15.0, 50.0]
    assert run(found, 100, speed=60.0) <= 0.151 + 10.0  # the other one follows the loop
    assert abs(found.commands[0] - 30.0) < 0.1
    run(found, 210, speed=60.0)
    assert found.commands == [60.0, 60.0]


def test_where_none_has_an_effect_all_are_driven():
    found = arrangement()
    assert run(found, 10, no_effect=3) == 0 and found.commands == [50.0, 50.0]


def test_duty_and_standby_come_and_go_by_ramp():
    found = arrangement()
    assert run(found, 340, standby=True) <= 0.151
    assert found.commands == [50.0, 0.0]
    assert run(found, 340, standby=False) <= 0.151 and found.commands == [50.0, 50.0]


def test_a_failed_duty_pump_is_replaced_in_the_same_step():
    found = arrangement((50.0, 0.0))
    assert found.commands == [50.0, 0.0]
    run(found, 1, standby=True, no_effect=1)
    assert found.commands == [15.0, 50.0] and found.duty == 1
    run(found, 110, standby=True)
    assert found.commands == [0.0, 50.0], "back again, it stands by"


def test_rotation_by_run_time_and_never_before_five_minutes():
    found = arrangement((50.0, 0.0))
    for _ in range(299):
        assert not found.rotate([1000, 0], 900, 0, 1000)
    assert not found.rotate([1000, 200], 900, 0, 1000), "the difference is not there"
    assert not found.rotate([1000, 0], 900, 2, 1000), "the other one has no effect"
    assert found.rotate([1000, 0], 900, 0, 1000) and found.duty == 1
    assert not found.rotate([1000, 0], 900, 0, 1000)
    # The new one first, then the other goes, both so slowly that the loop can follow.
    assert run(found, 334, standby=True) <= 0.151 and found.commands[0] == 50.0 and found.commands[1] > 49.0
    assert run(found, 340, standby=True) <= 0.151 and found.commands == [0.0, 50.0]


def test_by_hand_and_back_without_a_jump():
    found = arrangement()
    for _ in range(100):
        found.by_hand([20.0, None], 1.0, 100.0)
    assert found.commands == [20.0, 50.0]
    for _ in range(100):
        found.by_hand([20.0, 90.0], 1.0, 60.0)
    assert found.commands == [20.0, 60.0], "not above what the pressures allow"
    assert run(found, 100, speed=60.0) <= 1.001 and found.commands == [60.0, 60.0]
