from pump.effect import Curve
from pump.wear import Wear, at_rated, loading, working_point

POINTS = ((0.0, 1900.0), (300.0, 1620.0), (600.0, 500.0))


def test_filter_loading_is_a_part_of_the_way_to_its_limit_whatever_the_flow():
    for flow in (300.0, 600.0, 1200.0):
        assert abs(loading(at_rated(20.0 * (flow / 1200) ** 2, flow, 1200.0), 20.0, 60.0)) < 1e-3
        assert abs(loading(at_rated(40.0 * (flow / 1200) ** 2, flow, 1200.0), 20.0, 60.0) - 50) < 1e-3
    assert at_rated(None, 600.0, 1200.0) is None and at_rated(10.0, 10.0, 1200.0) is None
    assert loading(None, 20.0, 60.0) is None


def test_head_is_compared_where_the_share_of_each_pump_is_known():
    assert working_point([50, 50], [50.0, 50.5], 0, 600.0) == (3, 50.25, 300.0)
    assert working_point([50, 0], [50.0, 0.0], 0, 300.0) == (1, 50.0, 300.0)
    assert working_point([0, 50], [None, 50.0], 0, 300.0) == (2, 50.0, 300.0)
    for speeds, no_effect, flow in (((50.0, 60.0), 0, 600.0), ((50.0, None), 0, 600.0), ((50.0, 50.0), 1, 600.0)):
        assert working_point([50, 50], speeds, no_effect, flow) is None
    assert working_point([50, 50], (50.0, 50.0), 0, None) is None


def test_a_worn_pump_shows_in_the_mean_of_minutes():
    wear = Wear(Curve(POINTS))
    point = (1, 50.0, 150.0)
    wear.step(point, 405.0, (None, None))
    assert abs(wear.head.value[0] - 100) < 0.1 and wear.head.value[1] is None
    assert wear.efficiency.value == [None, None], "no power is measured"
    for _ in range(1500):
        wear.step(point, 0.75 * 405.0, (2.0, None))
    assert abs(wear.head.value[0] - 75) < 1
    assert abs(wear.efficiency.value[0] - 100 * 0.75 * 405.0 * 150 / 60_000 / 2.0) < 1
    wear.step(None, 405.0, (2.0, None))
