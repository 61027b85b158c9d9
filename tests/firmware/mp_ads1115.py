"""The I2C converter's driver against a model that was written from the data sheet."""

import sys

sys.path.append(__file__.rsplit("/tests/", 1)[0] + "/host_tools/mallee/sim/chips")


class World:
    now = 0


class Module:
    pass


sys.modules["_world"] = World
machine = Module()
machine.SoftI2C = machine.Pin = None
sys.modules["machine"] = machine

import ads1115 as model  # noqa: E402
from drivers.ads1115 import Ads1115, Loop  # noqa: E402

SHUNT_ohm = 100.0


class Wire:
    def __init__(self, chip):
        self.chip = chip

    def writeto_mem(self, address, register, data):
        if address != 0x48 or not self.chip.write(bytes([register]) + bytes(data)):
            raise OSError(19)

    def readfrom_mem_into(self, address, register, into):
        if address != 0x48 or not self.chip.write(bytes([register])) or not self.chip.read(into):
            raise OSError(19)


class Bench:
    def __init__(self, *milliamperes):
        World.now = 0
        self.mA = list(milliamperes)
        self.chip = model.Ads1115(lambda channel: int(self.mA[channel] * 1000 * SHUNT_ohm))
        self.driver = Ads1115(Wire(self.chip), 0x48)
        self.loops = [Loop(self.driver, channel, SHUNT_ohm, 0.0, 100.0) for channel in range(4)]

    def turn(self, channel, wait_us=100_000):
        self.loops[channel].begin()
        World.now += wait_us
        return self.loops[channel].read(True)


def test_each_channel_gives_its_own_loop():
    bench = Bench(4.0, 12.0, 20.0, 8.0)
    for _ in range(2):
        for channel, right in enumerate((0.0, 50.0, 100.0, 25.0)):
            assert abs(bench.turn(channel) - right) < 0.02
    assert bench.driver.errors == 0


def test_a_loop_out_of_range_is_a_fault_of_the_loop_and_not_of_the_chip():
    bench = Bench(0.0, 3.5, 21.5, 40.0)
    assert [bench.turn(channel) for channel in range(4)] == [None] * 4 and bench.driver.errors == 0


def test_a_conversion_that_is_not_over_is_no_value():
    bench = Bench(12.0, 12.0, 12.0, 12.0)
    assert bench.turn(0, 3_000) is None and bench.driver.errors == 1
    assert bench.turn(0) is not None


def test_a_chip_that_lost_its_supply_has_no_value_of_another_range():
    bench = Bench(12.0, 12.0, 12.0, 12.0)
    bench.loops[1].begin()
    World.now += 100_000
    bench.chip.power_on()
    assert bench.loops[1].read(True) is None and bench.driver.errors == 1
    assert abs(bench.turn(1) - 50) < 0.02


def test_a_chip_that_is_gone_is_counted_and_comes_back():
    bench = Bench(12.0, 12.0, 12.0, 12.0)
    bench.chip.floats = 0xFF
    assert bench.turn(2) is None and bench.turn(2) is None and bench.driver.errors == 2
    bench.chip.floats = -1
    assert abs(bench.turn(2) - 50) < 0.02
