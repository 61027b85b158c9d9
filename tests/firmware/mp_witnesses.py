from pump.witnesses import across, differential_pressure, disagree, facility_temperature

WATER = 4.15


def test_the_pump_loop_follows_the_pressure_that_asks_for_more():
    assert differential_pressure(200.0, 195.0) == 200.0  # they agree
    assert differential_pressure(260.0, 200.0) == 200.0  # one reads high
    assert differential_pressure(140.0, 200.0) == 140.0  # one reads low: too much flow is not too little
    assert differential_pressure(None, 200.0) == 200.0
    assert differential_pressure(200.0, None) == 200.0
    assert differential_pressure(None, None) is None


def test_two_pressures_make_a_difference_only_together():
    assert across(350.0, 150.0) == 200.0
    assert across(None, 150.0) is None and across(350.0, None) is None


def test_what_is_unknown_disagrees_with_nobody():
    assert disagree(100.0, 130.0, 20.0) and not disagree(100.0, 110.0, 20.0)
    assert not disagree(None, 130.0, 20.0) and not disagree(100.0, None, 20.0)


def test_facility_water_is_as_warm_as_what_it_takes_up_says():
    heat = 700 / 60 * WATER * 9.0  # 700 l/min warmed from 32 to 41 °C
    assert abs(facility_temperature(32.0, 41.0, 700.0, heat) - 32.0) < 1e-6
    assert abs(facility_temperature(25.0, 41.0, 700.0, heat) - 32.0) < 0.01  # reads low: the valve would close
    assert facility_temperature(36.0, 41.0, 700.0, heat) == 36.0  # reads high: it opens
    # The return sensor of the coolant reads low: less heat, so the water looks warmer, and the valve does not close either.
    assert facility_temperature(32.0, 41.0, 700.0, 0.2 * heat) > 38.0


def test_without_a_witness_the_sensor_stands():
    assert facility_temperature(32.0, None, 700.0, 400.0) == 32.0
    assert facility_temperature(32.0, 41.0, None, 400.0) == 32.0
    assert facility_temperature(32.0, 41.0, 0.0, 400.0) == 32.0
    assert facility_temperature(32.0, 41.0, 700.0, None) == 32.0
    assert facility_temperature(None, 41.0, 700.0, 400.0) is None
