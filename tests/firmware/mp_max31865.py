"""The RTD converter's driver against a model that was written from the data sheet; temperatures against IEC 60751's table."""

import sys

sys.path.append(__file__.rsplit("/tests/", 1)[0] + "/host_tools/mallee/sim/chips")


class World:
    now = 0


class Module:
    pass


sys.modules["_world"] = World
machine = Module()
machine.SPI = machine.SoftSPI = machine.Pin = None
sys.modules.setdefault("machine", machine)

import max31865 as model  # noqa: E402
from drivers.max31865 import Max31865, degC  # noqa: E402

REFERENCE_ohm = 4000.0


class Bus:
    chip = None
    mode = 3

    def write_readinto(self, out, into):
        if self.chip is None:
            for i in range(len(into)):
                into[i] = 0xFF
        else:
            self.chip.transfer(out, into, self.mode)


class Bench:
    def __init__(self, milliohm=1_194_000, wires=4, mode=3):
        self.milliohm = milliohm
        World.now = 0
        bus = Bus()
        bus.mode = mode
        self.chip = model.Max31865(bus, lambda: self.milliohm, REFERENCE_ohm)
        self.driver = Max31865(bus, self.chip.select, REFERENCE_ohm, 1000.0, wires)

    def turns(self, count):
        """What each reading gave, 100 ms apart."""
        values = []
        for _ in range(count):
            values.append(self.driver.read(True))
            World.now += 100_000
        return values


def test_temperatures_of_iec_60751():
    for ohm, right in ((100.0, 0.0), (107.794, 20.0), (119.397, 50.0), (138.506, 100.0), (92.160, -20.0)):
        assert abs(degC(ohm / 100) - right) < 0.005, (ohm, degC(ohm / 100))


def test_it_looks_for_faults_then_measures():
    for wires, mode in ((4, 3), (3, 3), (2, 1)):
        values = Bench(1_193_970, wires, mode).turns(5)
        assert values[:2] == [None, None], "first the fault detection cycle"
        assert abs(values[4] - 50) < 0.04, values


def test_the_wrong_mode_gives_nothing():
    assert Bench(mode=0).turns(6) == [None] * 6


def test_an_open_wire_and_a_short_are_faults_and_go():
    bench = Bench()
    bench.turns(5)
    for milliohm, bit in ((-1, 0x80), (2_000_000, 0x80), (100_000, 0x40)):
        bench.milliohm = milliohm
        assert bench.turns(1) == [None]
        assert bench.driver.fault & bit, bench.driver.fault
        assert bench.turns(6) == [None] * 6
        bench.milliohm = 1_194_000
        assert bench.turns(8)[-1] is not None
    assert bench.driver.errors == 0, "the wires' faults are not the chip's"


def test_an_open_wire_is_found_before_anything_is_measured():
    bench = Bench(-1)
    assert bench.turns(2) == [None, None]
    assert bench.driver.fault & 0x08


def test_a_chip_that_lost_its_supply_is_noticed_and_started_anew():
    bench = Bench()
    bench.turns(5)
    bench.chip.power_on()
    assert bench.turns(1) == [None] and bench.driver.errors == 1
    assert abs(bench.turns(5)[-1] - 50) < 0.1


def test_a_line_that_floats_is_no_temperature():
    for level in (0x00, 0xFF):
        bench = Bench()
        bench.chip.floats = level
        assert bench.turns(6) == [None] * 6 and bench.driver.errors == 3
        bench.chip.floats = -1
        assert bench.turns(6)[-1] is not None
