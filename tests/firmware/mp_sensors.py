from drivers import current_loop
from maps.common import Quality
from pump.sensors import Sensors

TRANSMITTERS = (
    ("supply_temperature_1", (0, 0), 0.0, 100.0, "degC"),
    ("supply_temperature_2", (0, 1), 0.0, 100.0, "degC"),
    ("supply_temperature_3", (0, 2), 0.0, 100.0, "degC"),
)
AMBIENT = (("ambient_temperature", 0.0, 60.0, "degC"), ("ambient_humidity", 0.0, 100.0, "%RH"))


class Everything:
    """All chips are fitted."""

    def absent(self, bit):
        return Quality.FAULT

    def answer(self, bit):
        pass


def sensors(*values):
    s = Sensors(TRANSMITTERS, 1.0, AMBIENT, Everything())
    give(s, *values)
    return s


def give(s, *values):
    sums = [0] * 16
    for i in range(3):
        sums[i] = 0 if values[i] is None else 100 * (4000 + values[i] * 160)
    for chip in range(2):
        s.take(sums, [100, 100], chip)
    s.vote(1000)


def test_ne43():
    assert current_loop.value(4000, 0, 100) == 0 and current_loop.value(20000, 0, 100) == 100
    assert current_loop.value(12000, -50, 50) == 0
    assert current_loop.value(3599, 0, 100) is None and current_loop.value(21001, 0, 100) is None
    assert current_loop.value(3800, 0, 100) == -1.25 and current_loop.value(0, 0, 100) is None


def test_median_of_three_then_the_warmer_of_two_then_one_then_none():
    s = sensors(36.9, 37.0, 37.4)
    assert abs(s.supply - 37.0) < 1e-3 and s.supply_used == 7
    give(s, 36.9, None, 37.4)
    assert abs(s.supply - 37.4) < 1e-3 and s.supply_used == 5
    give(s, None, None, 36.0)
    assert abs(s.supply - 36.0) < 1e-3
    give(s, None, None, None)
    assert s.supply is None and s.supply_used == 0


def test_a_straying_sensor_is_dropped_after_30_s_and_comes_back():
    s = sensors(37.0, 37.0, 39.0)
    for _ in range(28):
        give(s, 37.0, 37.0, 39.0)
    assert s.supply_used == 7
    give(s, 37.0, 37.0, 39.0)
    assert s.supply_used == 3
    give(s, 37.0, 37.0, 37.2)
    assert s.supply_used == 7


def test_a_converter_without_samples_is_a_fault_not_an_old_value():
    s = sensors(37.0, 37.0, 37.0)
    for chip in range(2):
        s.take([0] * 16, [0, 100], chip)
    s.vote(100)
    assert s.supply is None and s.quality["supply_temperature_1"] == Quality.FAULT


def test_dew_point():
    s = sensors(37, 37, 37)
    s.judge_air(100)
    assert s.dew_point() is None and s.dew_point_degC == 25.0  # nothing known
    s.take_ambient(0, 4000 + 25 / 60 * 16000)
    s.take_ambient(1, 12000)
    assert abs(s.dew_point() - 13.86) < 0.05  # 25 °C, 50 %
    s.judge_air(100)
    s.take_ambient(1, 0)
    for _ in range(600):
        s.judge_air(100)
        assert abs(s.dew_point_degC - 13.86) < 0.05, "held for a minute"
    s.judge_air(100)
    assert s.dew_point_degC == 25.0


def test_a_dropped_liar_is_not_taken_back_when_it_is_all_that_is_left():
    s = sensors(45.0, 37.0, 37.0)
    for _ in range(31):
        give(s, 45.0, 37.0, 37.0)
    assert s.supply_used == 6
    give(s, 45.0, None, 37.0)
    assert abs(s.supply - 37.0) < 1e-3 and s.supply_used == 4
    give(s, 45.0, None, None)
    assert s.supply is None
    give(s, 37.4, None, 37.0)
    assert s.supply_used == 5
