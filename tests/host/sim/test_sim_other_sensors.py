"""Words for sensors with chips of their own, against IEC 60751's table, a maker's table, and arithmetic."""

import random

import pytest
from mallee.sim import otherwiring, skidwiring

from ...system.test_other_sensors import DATA

PLACES = {name: place for name, _, place in DATA["OTHERS"]}


@pytest.mark.parametrize(("degC", "ohm"), [(0.0, 1000.0), (20.0, 1077.94), (50.0, 1193.97), (100.0, 1385.06)])
def test_a_platinum_sensor_has_the_resistance_of_the_norm(degC, ohm):
    assert otherwiring.milliohm(degC, PLACES["return_temperature"]) / 1000 == pytest.approx(ohm, abs=0.02)


@pytest.mark.parametrize(("hertz", "pulses_per_litre"), [(5.0, 9.6), (50.0, 10.0), (125.0, 10.05), (200.0, 10.1)])
def test_a_flow_meter_gives_the_frequency_of_its_table(hertz, pulses_per_litre):
    found = otherwiring.flow_mHz(60 * hertz / pulses_per_litre, PLACES["flow"])
    assert found == pytest.approx(1000 * hertz, abs=2)


def test_each_row_has_its_word_and_what_the_plant_lacks_is_an_error():
    plant = {
        "return_temperature": 50.0,
        "flow": 600.0,
        "pump_speed_1": 50.0,
        "facility_flow": 1000.0,
        "pump_power_1": 7.5,
    }
    read = {name: lambda value=value: value for name, value in plant.items()}
    words = [word() for word in otherwiring.others(DATA["OTHERS"], read, random.Random(0), 0.0)]
    assert words[0] == pytest.approx(1_193_970, abs=20)
    assert words[2:] == [pytest.approx(2 * 2900 / 60 / 2 * 1000, abs=1), 12_000, 8_000]
    assert skidwiring.inputs(DATA) == 12 + 2 + 5 + 3
    with pytest.raises(KeyError, match="pump_power_1"):
        otherwiring.others(
            DATA["OTHERS"], {n: r for n, r in read.items() if n != "pump_power_1"}, random.Random(0), 0.0
        )
