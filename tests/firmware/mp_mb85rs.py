"""The FRAM driver against a model of the chip that was written from the data sheet; and the counters through both."""

import os
import sys

sys.path.append(__file__.rsplit("/tests/", 1)[0] + "/host_tools/mallee/sim/chips")

import mb85rs as model  # noqa: E402
from core.counters import Counters  # noqa: E402
from drivers.mb85rs import Mb85rs  # noqa: E402

ALLOCATION = ("test_reading_and_writing_allocate_nothing",)  # tests of nothing else


class Bus:
    """SPI with one chip; an undriven line reads 0xFF."""

    def __init__(self, mode=3):
        self.chip = None
        self.mode = mode
        self.bytes = 0

    def write_readinto(self, out, into):
        self.bytes += len(out)
        if self.chip is None:
            for i in range(len(into)):
                into[i] = 0xFF
        else:
            self.chip.transfer(out, into, self.mode)


_cells = []  # of the chip before: littlefs shows to others what a file has taken when it is closed


def wired(mode=3, fresh=True):
    while _cells:
        _cells.pop().close()
    if fresh:
        try:
            os.remove("fram.bin")
        except OSError:
            pass
    bus = Bus(mode)
    chip = model.Mb85rs(bus, "fram.bin")
    _cells.append(chip._file)
    return bus, chip, Mb85rs(bus, chip.select)


def test_it_is_found_and_absence_is_too():
    for mode in (0, 3):
        assert wired(mode)[2].probe()
    assert not wired(1)[2].probe()
    assert not Mb85rs(Bus(), lambda level: None).probe()


def test_records_go_where_they_should_and_stay():
    _, _, fram = wired()
    data, back = bytearray(range(40)), bytearray(20)
    for address in (0, 16, 4000, 8192 - 16):
        fram.write(address, data, 5 + address % 7)
    _, _, fram = wired(fresh=False)  # another start of the controller
    for address in (0, 16, 4000, 8192 - 16):
        fram.read(address, back, 2)
        assert back[2:18] == data[5 + address % 7 :][:16], address
    fram.read(32, back, 0)
    assert back[:16] == b"\xff" * 16


def test_without_write_enable_nothing_is_written():
    bus, chip, fram = wired()
    chip.select(0)
    bus.write_readinto(bytearray((2, 0, 0, 1, 2, 3)), bytearray(6))
    chip.select(1)
    back = bytearray(16)
    fram.read(0, back, 0)
    assert back == b"\xff" * 16
    fram.write(0, bytearray(16), 0)
    status = bytearray(2)
    chip.select(0)
    bus.write_readinto(bytearray((5, 0)), status)
    chip.select(1)
    assert status[1] == 0  # the latch fell at the end of the write


def test_counters_live_in_it():
    _, _, fram = wired()
    counters = Counters(fram, 80)
    assert not counters.load()
    counters.data[79] = 7
    counters.save()
    counters.flush()
    _, _, fram = wired(fresh=False)
    again = Counters(fram, 80)
    assert again.load() and again.data[79] == 7


def test_reading_and_writing_allocate_nothing():
    import micropython

    _, chip, fram = wired()

    class Dumb:
        def write_readinto(self, out, into):
            pass

    fram = Mb85rs(Dumb(), lambda level: None)
    data = bytearray(16)
    micropython.heap_lock()
    try:
        fram.write(16, data, 0)
        fram.read(16, data, 0)
    finally:
        micropython.heap_unlock()
