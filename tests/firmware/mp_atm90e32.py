"""The metering chip's driver against a model that was written from the data sheet: corrections, read back, and what they do."""

import sys
from array import array

sys.path.append(__file__.rsplit("/tests/", 1)[0] + "/host_tools/mallee/sim/chips")


class World:
    now = 0


sys.modules["_world"] = World

import atm90e32 as model  # noqa: E402
from drivers.atm90e32 import Atm90e32, ChipError  # noqa: E402

NOT_ON = {"pico": "the model computes in floats, and single ones would be judged instead of the driver"}
FIRST = 1  # place of the measurements: place 0 is the frequency's


class Bus:
    chip = None

    def write_readinto(self, out, into):
        self.chip.transfer(out, into, 3)


def wired(errors=None):
    """230 V, 10 A, power factor 0.8 on each phase; settled."""
    values = array("i", [50_000] + 3 * [230_000] + 3 * [10_000] + 3 * [1_840_000] + 3 * [1_380_000])
    World.now = 0
    bus = Bus()
    chip = model.Atm90e32(bus, values, FIRST, 0, errors)
    chip.granted()
    driver = Atm90e32(bus, lambda level: chip.select(not level))
    driver.start()
    World.now = 1_000_000
    return chip, driver, values


def close(value, right, part=1e-4):
    return abs(value - right) <= part * abs(right)


def test_without_corrections_the_truth_is_shown():
    _, driver, _ = wired()
    for phase in range(3):
        assert close(driver.voltage_V(phase), 230) and close(driver.current_A(phase), 10)
        assert close(driver.power_W(phase), 1840)


def test_gains_and_offsets_have_the_units_of_the_data_sheet():
    _, driver, _ = wired()
    driver.calibrate(1, 1.02, 0.9, 0.05, -2.0, 0)
    assert close(driver.voltage_V(1), 230 * 1.02) and close(driver.current_A(1), 9.05)
    assert close(driver.power_W(1), 1840 * 1.02 * 0.9 - 2)
    assert close(driver.voltage_V(0), 230) and close(driver.power_W(2), 1840)


def test_a_branch_is_measured_beyond_what_a_register_of_mA_holds():
    chip, driver, values = wired()
    values[4] = 120_000
    values[7] = 22_080_000
    chip.granted()
    assert close(driver.current_A(0), 120) and close(driver.power_W(0), 22_080)


def test_a_delay_turns_the_angle():
    _, driver, _ = wired()
    driver.calibrate(0, 1, 1, 0, 0, 100)  # 1.8 degrees at 50 Hz: cos(36.87 + 1.8)
    assert close(driver.power_W(0), 2300 * 0.78078, 2e-4)
    driver.calibrate(0, 1, 1, 0, 0, -100)
    assert close(driver.power_W(0), 2300 * 0.81841, 2e-4)


def test_corrections_undo_the_errors_of_a_front_end():
    errors = {
        "voltage_gain": [1.02] * 3,
        "current_gain": [0.95] * 3,
        "current_offset_mA": [30.0] * 3,
        "power_offset_mW": [4000.0] * 3,
        "current_delay_us": [60.0] * 3,
    }
    _, driver, _ = wired(errors)
    assert not close(driver.power_W(2), 1840, 0.01)
    driver.calibrate(2, 1 / 1.02, 1 / 0.95, -0.03 / 0.95, -4.0 / 1.02 / 0.95, -60)
    assert close(driver.voltage_V(2), 230) and close(driver.current_A(2), 10) and close(driver.power_W(2), 1840, 3e-4)


def test_a_chip_that_does_not_keep_what_it_is_told_is_found():
    chip, driver, _ = wired()
    chip._open = False  # as after a reset of its own: the registers are locked again
    try:
        driver.calibrate(0, 1.1, 1, 0, 0, 0)
    except ChipError:
        return
    raise AssertionError("taken for a correction")


def test_energy_is_that_of_the_corrected_power():
    _, driver, _ = wired()
    driver.take_energy_mWh()
    driver.calibrate(0, 1.1, 1, 0, 0, 0)
    World.now += 3600_000_000 // 100
    assert close(driver.take_energy_mWh(), (1840 * 3 + 184) * 10, 1e-3)
