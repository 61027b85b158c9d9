"""Requests whose cost is measured, and the registers that they are for."""

from maps.fields import Holding, u16


class Registers(Holding):
    word = u16(0, low=0, high=65534, default=0, count=125)


_VALUES = bytes(2 * 123)
PDUS = {
    "fc03_1": b"\3\0\0\0\1",
    "fc03_10": b"\3\0\0\0\x0a",
    "fc03_125": b"\3\0\0\0\x7d",
    "fc16_123": b"\x10\0\0\0\x7b\xf6" + _VALUES,
    "fc23_100_100": b"\x17\0\0\0\x64\0\0\0\x64\xc8" + _VALUES[:200],
}
