from pump.effect import Curve
from pump.witnesses import NOBODY, OTHER, OWN, across, apart, exchanger, given_l_min, nearer

WATER, COOLANT = 4.15, 4.008
POINTS = ((0.0, 1900.0), (150.0, 1840.0), (300.0, 1620.0), (450.0, 1270.0), (600.0, 500.0))


def test_two_pressures_make_a_difference_only_together():
    assert across(350.0, 150.0) == 200.0
    assert across(None, 150.0) is None and across(350.0, None) is None


def test_what_is_unknown_disagrees_with_nobody():
    assert apart(100.0, 130.0, 20.0) and not apart(100.0, 110.0, 20.0)
    assert not apart(None, 130.0, 20.0) and not apart(100.0, None, 20.0)


def test_of_two_that_disagree_the_third_decides():
    assert nearer(260.0, 200.0, 195.0) == OTHER
    assert nearer(200.0, 260.0, 195.0) == OWN
    assert nearer(200.0, 260.0, None) == NOBODY


def test_pumps_give_what_their_curve_says():
    curve = Curve(POINTS)
    head = 0.36 * 1270.0  # at 60 % the fourth point, 270 l/min of each
    assert abs(given_l_min(curve, (60, 60), (60.0, 60.0), 0, head) - 540.0) < 1
    assert abs(given_l_min(curve, (60, 0), (60.0, None), 0, head) - 270.0) < 1
    assert abs(given_l_min(curve, (60, 60), (60.0, 60.0), 2, head) - 270.0) < 1  # one without effect gives nothing
    assert given_l_min(curve, (60, 60), (60.0, None), 0, head) is None
    assert given_l_min(curve, (60, 60), (60.0, 60.0), 0, None) is None


def test_what_the_coolant_loses_the_water_takes_up():
    flow = WATER * 700.0 * 9.0 / (COOLANT * 10.0)  # 37 to 47 °C here, 32 to 41 °C there
    warm, facility = exchanger(37.0, 47.0, 32.0, 41.0, flow, 700.0)
    assert abs(warm - 47.0) < 1e-3 and abs(facility - 32.0) < 1e-3
    warm, facility = exchanger(37.0, 41.0, 32.0, 41.0, flow, 700.0)  # return reads low
    assert abs(warm - 47.0) < 1e-3 and facility > 37
    warm, facility = exchanger(37.0, 47.0, 25.0, 41.0, flow, 700.0)  # facility water reads low
    assert warm > 54 and abs(facility - 32.0) < 1e-3
    warm, facility = exchanger(37.0, None, 32.0, 41.0, flow, 700.0)  # return is lost
    assert abs(warm - 47.0) < 1e-3 and facility is None


def test_without_flow_a_heat_balance_says_nothing():
    for flow, water in ((None, 700.0), (600.0, None), (10.0, 700.0), (600.0, 10.0)):
        assert exchanger(37.0, 47.0, 32.0, 41.0, flow, water) == (None, None)
    assert exchanger(None, 47.0, 32.0, 41.0, 600.0, 700.0) == (None, None)
