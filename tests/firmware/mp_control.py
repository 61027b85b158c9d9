from core.pid import Pi, ramp
from maps.pump import Mode
from pump.control import (
    PumpLoop,
    Setpoints,
    ValveLoop,
    drooped,
    effectiveness_needed,
    facility_flow,
    guarded,
    heat_kW,
    opening,
)


def test_pi_removes_the_error_and_does_not_wind_up():
    pi = Pi(0.0, 100.0)
    pi.gain, pi.integral_time_s = 1.0, 5.0
    value = 0.0
    for _ in range(600):  # a first-order plant of gain 0.5: 60 cannot be reached
        value += (0.5 * pi.step(60 - value, 0.1) - value) * 0.1 / 2
    assert pi.output == 100
    for i in range(200):
        value += (0.5 * pi.step(20 - value, 0.1) - value) * 0.1 / 2
        if pi.output < 100:
            break
    assert i < 3, "the integral must leave the limit at once when the error turns"
    for _ in range(3000):
        value += (0.5 * pi.step(20 - value, 0.1) - value) * 0.1 / 2
    assert abs(value - 20) < 0.01


def test_tracking_makes_the_change_over_bumpless():
    pi = Pi(0.0, 100.0)
    pi.gain, pi.integral_time_s = 2.0, 10.0
    pi.track(42.0, 3.0)
    assert abs(pi.step(3.0, 0.0) - 42.0) < 1e-4


def test_ramp():
    assert ramp(None, 5, 1) == 5 and ramp(0, 5, 1) == 1 and ramp(0, -5, 1) == -1 and ramp(4.5, 5, 1) == 5


def test_set_points_never_jump():
    s = Setpoints()
    s.step(0, [37, 200, 600, 50], 100, 1)
    s.step(0, [27, 300, 600, 50], 10, 1)
    assert s.values == [35, 220, 600, 50]
    assert not s.arrived(0, [27, 300, 600, 50])
    for _ in range(20):
        s.step(0, [27, 300, 600, 50], 10, 1)
    assert s.arrived(0, [27, 300, 600, 50]) and not s.arrived(1, [27, 300, 600, 50])


def pump_loop():
    p = PumpLoop()
    for loop in (p.pressure, p.flow):
        loop.gain, loop.integral_time_s = 0.04, 3.0
    return p


def test_losing_the_pressure_sensor_ramps_to_the_preset_and_back_without_a_bump():
    p = pump_loop()
    p.take_over(50.0, (200.0, 600.0, None), (200, 600, 50))
    speeds = [
        p.step(Mode.DIFFERENTIAL_PRESSURE, (200, 600, 50), (None, 600.0, None), 70, 15, 10, 0.1) for _ in range(30)
    ]
    assert max(abs(b - a) for a, b in zip([50.0] + speeds, speeds)) <= 1.001 and speeds[-1] == 70
    back = p.step(Mode.DIFFERENTIAL_PRESSURE, (200, 600, 50), (200.0, 600.0, None), 70, 15, 10, 0.1)
    assert abs(back - 70) <= 1.001


def test_every_change_of_mode_is_bumpless():
    p = pump_loop()
    p.take_over(50.0, (200.0, 600.0, None), (200, 600, 50))
    last = 50.0
    for mode in (0, 1, 2, 0, 2, 1, 0):
        for _ in range(20):
            now = p.step(mode, (200, 600, 50), (200.0, 600.0, None), 60, 15, 10, 0.1)
            assert abs(now - last) <= 1.001, (mode, last, now)
            last = now


def test_the_cap_falls_fast_and_rises_slowly():
    p = pump_loop()
    p.take_over(80.0, (200.0, 600.0, None), (200, 600, 50))
    p.limit(True, 10, 1, floor=15)
    assert p.cap == 70
    p.limit(False, 10, 1)
    assert p.cap == 72
    for _ in range(50):
        p.limit(True, 10, 1, floor=15)
    assert p.cap == 15


def test_valve_characteristic_inverts():
    for x in (0, 10, 50, 100):
        assert abs(opening(facility_flow(x)) - x) < 0.01
    v = valve_loop()
    v.take_over(60, 0.0, 0.55)
    assert abs(v.step(0.0, None, 0.1) - 60) < 0.05
    assert abs(v.step(0.0, 0.55, 0.1) - 60) < 0.05


def valve_loop():
    v = ValveLoop()
    v.loop.gain, v.loop.integral_time_s = 4, 60
    return v


def test_more_heat_opens_the_valve_before_the_temperature_rises():
    v = valve_loop()
    v.take_over(60, 0.0, 0.4)
    for _ in range(40):
        position = v.step(0.0, 0.6, 0.1)
    # flow in proportion to the demand: by ln(1.5) / ln(50) of the stroke
    assert abs(position - 70.4) < 0.1


def test_demand_falls_slowly_and_holds_where_it_is_not_known():
    v = valve_loop()
    v.take_over(60, 0.0, 0.6)
    v.step(0.0, 0.2, 1.0)
    assert abs(v.demand - 0.58) < 1e-6
    v.step(0.0, None, 100.0)
    assert abs(v.demand - 0.58) < 1e-6


def followed(v, part, seconds):
    for _ in range(seconds):
        v.follow(part, 1.0)
    return v.step(0.0, None, 0.0)


def test_facility_water_goes_with_the_coolant():
    v = valve_loop()
    v.take_over(60, 0.0, 0.6)
    assert abs(followed(v, 2.0, 8) - 77.7) < 0.1  # ln 2 / ln 50 of the stroke
    assert abs(followed(v, 0.5, 100) - 42.3) < 0.1


def test_a_flow_that_falls_leaves_the_loop_time_one_that_is_not_known_holds_and_both_have_bounds():
    v = valve_loop()
    v.take_over(60, 0.0, 0.6)
    followed(v, 0.3, 1)
    assert abs(v.part - 0.98) < 1e-6
    followed(v, None, 100)
    assert abs(v.part - 0.98) < 1e-6
    followed(v, 10.0, 1)
    assert abs(v.part - 0.98 * 1.1) < 1e-5
    followed(v, 10.0, 100)
    assert v.part == 2.0
    followed(v, 0.01, 200)
    assert v.part == 0.25


def test_taking_over_at_any_flow_is_bumpless_and_the_loop_gives_water_for_each_unit_of_coolant():
    given = []
    for part in (0.25, 0.5, 1.0, 2.0):
        v = valve_loop()
        v.follow(part, 1000.0)
        v.take_over(60, 0.0, 0.6)
        assert abs(v.step(0.0, None, 0.1) - 60) < 0.05
        given.append((facility_flow(v.step(0.1, None, 0.0)) - facility_flow(60)) / part)
    for each in given:
        assert abs(each - 4 * 0.1 * 0.6) < 0.01, given


def test_full_demand_leaves_the_whole_stroke_to_the_loop():
    v = valve_loop()
    v.take_over(90, 0.0, 0.5)
    for _ in range(100):
        position = v.step(20.0, 1.0, 1.0)
    assert position == 100
    v.step(-0.1, 1.0, 1.0)
    for _ in range(30):
        position = v.step(-2.0, 1.0, 1.0)
    assert position < 99, position  # not wound up
    for _ in range(1000):
        position = v.step(-20.0, 0.2, 1.0)
    assert abs(position) < 1e-3


def test_effectiveness_needed():
    assert abs(effectiveness_needed(47.0, 32.0, 37.0) - 2 / 3) < 1e-6
    assert effectiveness_needed(47.0, 32.0, 20.0) == 1.0  # more than any exchanger can
    assert effectiveness_needed(37.0, 32.0, 37.0) == 0.2  # a pod at rest, or a sensor that lies
    assert effectiveness_needed(30.0, 32.0, 37.0) is None
    assert effectiveness_needed(None, 32.0, 37.0) is None and effectiveness_needed(47.0, None, 37.0) is None
    soon = effectiveness_needed(43.0, 32.0, 37.0, 600.0, 400.8)  # 10 K are on their way
    assert abs(soon - 2 / 3) < 1e-3
    assert effectiveness_needed(47.0, 32.0, 37.0, 600.0, 50.0) == effectiveness_needed(47.0, 32.0, 37.0)
    assert abs(effectiveness_needed(None, 32.0, 37.0, 600.0, 400.8) - 2 / 3) < 1e-3
    assert effectiveness_needed(47.0, 32.0, 37.0, 0.0, 400.0) == effectiveness_needed(47.0, 32.0, 37.0)


def test_heat_guard_and_droop():
    assert abs(heat_kW(600, 47, 37) - 400.8) < 1
    assert heat_kW(None, 47, 37) is None
    assert guarded(20, 25, 2.5) == 27.5 and guarded(37, 25, 2.5) == 37 and guarded(37, 80, 2.5) == 45
    assert drooped(200, 5, 50) == 200 and drooped(200, 5, 100) == 195
