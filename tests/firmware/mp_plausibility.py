"""Each sensor that a loop follows lies, one at a time; the others are those of one working point."""

from maps.pump_supervision import Supervision
from pump.effect import Curve
from pump.plausibility import DIFFERENTIAL, FLOW, HEAT, PRESSURES, Plausibility

POINTS = ((0.0, 1900.0), (150.0, 1840.0), (300.0, 1620.0), (450.0, 1270.0), (600.0, 500.0))
SPEED = 40.0
DP = 0.16 * 1270.0  # the fourth point at 40 %: 180 l/min of each pump
FLOW_l_min = 360.0
FACILITY_l_min = FLOW_l_min * 4.008 * 10.0 / (4.15 * 9.0)
_SETTINGS = {
    Supervision.pressure_tolerance: 12.0,
    Supervision.flow_tolerance: 25.0,
    Supervision.heat_tolerance: 2.0,
}


class Sensors:
    def __init__(self):
        self.supply = 37.0
        self.value = {
            "differential_pressure": DP, "supply_pressure": 150.0 + DP, "return_pressure": 150.0, "flow": FLOW_l_min,
            "pump_speed_1": SPEED, "pump_speed_2": SPEED, "return_temperature": 47.0,
            "facility_supply_temperature": 32.0, "facility_return_temperature": 41.0, "facility_flow": FACILITY_l_min,
        }  # fmt: skip


def looked(changes, steps=1, by_flow=False, commands=(SPEED, SPEED)):
    sensors = Sensors()
    found = Plausibility(sensors, _SETTINGS.get, Curve(POINTS))
    sensors.value.update(changes)
    for _ in range(steps):
        found.step(commands, 0, by_flow)
    return found


def test_those_that_agree_are_followed():
    found = looked({})
    assert found.pressure_kPa == DP and found.flow_l_min == FLOW_l_min and not found.doubt
    assert looked({"differential_pressure": DP + 11}).pressure_kPa == DP + 11


def test_a_pressure_that_lies_either_way_is_outvoted():
    for lie in (-80.0, -20.0, 20.0, 80.0):
        found = looked({"differential_pressure": DP + lie})
        assert abs(found.pressure_kPa - DP) < 1e-3 and found.doubt == DIFFERENTIAL, lie
        for changes in ({"supply_pressure": 150.0 + DP + lie}, {"return_pressure": 150.0 + lie}):
            found = looked(changes)
            assert found.pressure_kPa == DP and found.doubt == PRESSURES, changes


def test_a_pressure_that_is_lost_is_replaced_by_the_two_others():
    found = looked({"differential_pressure": None})
    assert abs(found.pressure_kPa - DP) < 1e-3 and not found.doubt
    assert looked({"supply_pressure": None}).pressure_kPa == DP
    assert looked({"differential_pressure": None, "supply_pressure": None}).pressure_kPa is None


def test_of_two_that_disagree_without_a_third_nobody_is_followed():
    for missing in ({"flow": None}, {"pump_speed_1": None}):
        missing["differential_pressure"] = DP + 80
        found = looked(missing)
        assert found.pressure_kPa is None and found.doubt == DIFFERENTIAL | PRESSURES


def test_doubt_goes_when_they_agree_again_by_half_of_the_tolerance():
    sensors = Sensors()
    found = Plausibility(sensors, _SETTINGS.get, Curve(POINTS))
    for lie, doubted in ((13.0, 1), (8.0, 1), (5.0, 0), (8.0, 0)):
        sensors.value["differential_pressure"] = DP + lie
        found.step((SPEED, SPEED), 0, False)
        assert found.doubt == doubted, lie


def test_a_loaded_filter_is_no_liar():
    sensors = Sensors()
    found = Plausibility(sensors, _SETTINGS.get, Curve(POINTS))
    found.excess_kPa = 60.0  # the curve's head is 60 kPa more than the manifold's
    sensors.value.update({"differential_pressure": DP - 60 + 30, "supply_pressure": 150.0 + DP - 60})
    found.step((SPEED, SPEED), 0, False)
    assert abs(found.pressure_kPa - (DP - 60)) < 1e-3 and found.doubt == DIFFERENTIAL


def test_the_flow_that_asks_for_more_counts_where_the_loop_follows_it():
    assert looked({"flow": 1.5 * FLOW_l_min}).flow_l_min == 1.5 * FLOW_l_min, "in pressure mode it is nobody's business"
    found = looked({"flow": 1.5 * FLOW_l_min}, by_flow=True)
    assert abs(found.flow_l_min - FLOW_l_min) < 2 and found.doubt == FLOW
    found = looked({"flow": 0.5 * FLOW_l_min}, by_flow=True)
    assert found.flow_l_min == 0.5 * FLOW_l_min and found.doubt == FLOW
    assert abs(looked({"flow": None}, by_flow=True).flow_l_min - FLOW_l_min) < 2
    assert looked({"flow": None, "pump_speed_2": None}, by_flow=True).flow_l_min is None


def test_a_flow_that_nobody_follows_is_watched():
    found = looked({"flow": 1.5 * FLOW_l_min})
    found.watch_flow((SPEED, SPEED), 0, False)
    assert found.doubt == FLOW and found.flow_l_min == 1.5 * FLOW_l_min
    found.step((SPEED, SPEED), 0, False)
    assert found.doubt == FLOW, "it stays until somebody looks again"


def test_the_valve_follows_the_flow_that_asks_for_more_and_none_where_nothing_flows():
    """As part of the rated flow of one pump."""
    rated_l_min, stopped = POINTS[-1][0], (0.0, 0.0)
    for by_flow in (False, True):
        for changes, commands, expected in (
            ({}, (SPEED, SPEED), FLOW_l_min),
            ({"flow": 1.5 * FLOW_l_min}, (SPEED, SPEED), 1.5 * FLOW_l_min),
            ({"flow": 0.5 * FLOW_l_min}, (SPEED, SPEED), FLOW_l_min),
            ({"flow": 0.0}, (SPEED, SPEED), FLOW_l_min),
            ({"flow": None}, (SPEED, SPEED), FLOW_l_min),
            ({"pump_speed_1": 0.5 * SPEED, "pump_speed_2": 0.5 * SPEED}, (SPEED, SPEED), FLOW_l_min),
            ({"differential_pressure": None, "supply_pressure": None}, (SPEED, SPEED), FLOW_l_min),
            ({"flow": None, "pump_speed_1": None}, (SPEED, SPEED), None),
            ({"flow": 10.0}, stopped, None),
            ({"flow": None}, stopped, None),
        ):
            found = looked(changes, by_flow=by_flow, commands=commands)
            before = found.flow_l_min, found.doubt & FLOW if by_flow else 0
            part = found.watch_flow(commands, 0, by_flow)
            if expected is None:
                assert part is None, changes
            else:
                assert abs(part * rated_l_min - expected) < 2, (changes, part)
            if by_flow:
                assert (found.flow_l_min, found.doubt & FLOW) == before, "the loop's own look is ten times a second"


def test_heat_that_does_not_add_up_is_a_doubt():
    for name, lie in (
        ("return_temperature", -3.0), ("facility_supply_temperature", -3.0), ("facility_return_temperature", 4.0),
        ("flow", 200.0), ("facility_flow", 200.0),
    ):  # fmt: skip
        sensors = Sensors()
        found = Plausibility(sensors, _SETTINGS.get, Curve(POINTS))
        found.watch_heat()
        assert not found.doubt
        sensors.value[name] += lie
        found.watch_heat()
        assert found.doubt == HEAT, name
        sensors.value[name] -= lie
        found.watch_heat()
        assert not found.doubt
