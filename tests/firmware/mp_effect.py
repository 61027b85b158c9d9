"""Which pumps do something. The plant of these tests is the curve's own points, put together here by hand: H = s² h(Q/s)."""

from pump.effect import Curve, Effect, excess

POINTS = ((0.0, 1900.0), (150.0, 1840.0), (300.0, 1620.0), (450.0, 1270.0), (600.0, 500.0))
SPEED = 60.0
HEAD = 0.36 * 1270.0  # at 60 % the fourth point: 0.6 * 450 l/min of each pump
FLOW = 0.6 * 450.0


def effect(speeds=(SPEED, SPEED)):
    found = Effect(Curve(POINTS), 3.0)
    found.start(speeds)
    return found


def run(found, steps, commands=(SPEED, SPEED), speeds=(SPEED, SPEED), head=HEAD, flow=2 * FLOW):
    for _ in range(steps):
        found.step(100, commands, speeds, head, flow)
    return found.no_effect


def test_the_curve_gives_its_points_at_any_speed():
    curve = Curve(POINTS)
    for flow, head in POINTS:
        for speed in (30.0, 60.0, 100.0):
            s = speed / 100
            assert abs(curve.flow(s * s * head, speed) - s * flow) < 0.5
            assert abs(curve.head(s * flow, speed) - s * s * head) < 0.5
    assert curve.flow(2000.0, 100.0) == 0 and curve.flow(100.0, 0.0) == 0


def test_two_that_work_are_left_alone():
    found = effect()
    assert run(found, 100) == 0 and found.feedback_wrong == 0
    assert run(found, 100, flow=2 * FLOW * 0.8) == 0, "a fifth less is no pump"


def test_one_that_stands_is_named_by_two_witnesses_in_200_ms():
    found = effect()
    assert run(found, 1, speeds=(0.0, SPEED), flow=FLOW) == 0
    assert run(found, 1, speeds=(0.0, SPEED), flow=FLOW) == 1


def test_a_drive_that_runs_down_is_named_within_a_second():
    found, speed = effect(), SPEED
    for step in range(10):
        speed = max(0.0, speed - 3.33)
        gives = Curve(POINTS).flow(HEAD, speed) if speed else 0.0
        run(found, 1, speeds=(SPEED, speed), flow=FLOW + gives)
        if found.no_effect:
            break
    assert found.no_effect == 2 and step <= 6


def test_one_that_runs_down_alone_is_named_within_a_second():
    found, speed, curve = effect((SPEED, 0.0)), SPEED, Curve(POINTS)
    for step in range(10):
        speed = max(0.0, speed - 3.33)
        gives = curve.flow(HEAD, speed) if speed else 0.0
        run(found, 1, commands=(SPEED, 0.0), speeds=(speed, 0.0), flow=gives)
        if found.no_effect:
            break
    assert found.no_effect == 1 and step <= 6
    found = effect((SPEED, 0.0))
    assert run(found, 50, commands=(SPEED, 0.0), speeds=(0.7 * SPEED, 0.0), flow=0.95 * FLOW) == 0
    assert found.feedback_wrong == 1, "all the flow is there, so the speed lies"


def test_a_lost_feedback_alone_is_a_fault_of_the_feedback():
    found = effect()
    assert run(found, 50, speeds=(None, SPEED)) == 0 and found.feedback_wrong == 0  # its transmitter says that itself
    assert run(found, 50, speeds=(0.0, SPEED)) == 0 and found.feedback_wrong == 1
    assert run(found, 2) == 0 and found.feedback_wrong == 0


def test_without_feedback_head_and_flow_name_it():
    assert run(effect(), 10, speeds=(None, SPEED), flow=FLOW) == 1
    assert run(effect(), 10, speeds=(None, None), flow=0.0) == 3
    assert run(effect(), 50, speeds=(None, None), flow=FLOW) == 0, "one of two, and nobody can say which"


def test_one_that_turns_and_gives_nothing_is_named_where_it_runs_alone():
    found = effect((SPEED, 0.0))
    assert run(found, 50, commands=(SPEED, 0.0), speeds=(SPEED, 0.0), flow=FLOW) == 0
    assert run(found, 4, commands=(SPEED, 0.0), speeds=(SPEED, 0.0), flow=10.0) == 0
    assert run(found, 1, commands=(SPEED, 0.0), speeds=(SPEED, 0.0), flow=10.0) == 1


def test_without_any_other_witness_the_speed_alone_names_it():
    for head, flow in ((None, FLOW), (HEAD, None)):
        assert run(effect(), 10, speeds=(SPEED, 0.0), head=head, flow=flow) == 2
        assert run(effect(), 50, speeds=(SPEED, None), head=head, flow=flow) == 0
    found = effect()
    run(found, 5, speeds=(None, None), head=None)
    assert not found.judges(0), "no witness at all: nothing is judged"


def test_a_pump_that_turns_again_is_back_and_one_that_stands_is_not():
    found = effect()
    run(found, 2, speeds=(0.0, SPEED), flow=FLOW)
    assert run(found, 1000, commands=(15.0, SPEED), speeds=(0.0, SPEED), flow=FLOW) == 1
    assert run(found, 9, commands=(15.0, SPEED), speeds=(15.0, SPEED), flow=FLOW) == 1
    assert run(found, 1, commands=(15.0, SPEED), speeds=(15.0, SPEED), flow=FLOW) == 0


def test_one_that_only_hydraulics_named_is_tried_again_after_a_minute():
    found = effect()
    run(found, 5, speeds=(None, SPEED), flow=FLOW)
    assert run(found, 590, commands=(15.0, SPEED), speeds=(None, SPEED), flow=FLOW) == 1
    assert run(found, 10, commands=(15.0, SPEED), speeds=(None, SPEED), flow=FLOW) == 0


def test_a_drive_on_its_way_is_not_late_though_its_feedback_is():
    found, speeds = effect((0.0, 0.0)), [0.0, 0.0, 0.0]
    for _ in range(20):
        speeds.append(min(SPEED, speeds[-1] + 3.33))
        assert run(found, 1, speeds=(speeds[-3], speeds[-3]), flow=None) == 0


def test_a_loaded_filter_adds_to_the_head():
    assert excess(30.0, 10.0) == 20.0 and excess(None, 10.0) == 0 and excess(30.0, None) == 0
    assert excess(5.0, 10.0) == 0
