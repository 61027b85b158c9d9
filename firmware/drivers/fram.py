"""The FRAM of a board, where it has one that answers. It hangs on a bus of the main loop: one of its own, or the metering chips',
which speak SPI mode 3 as it does."""

from core.spi import open_bus
from machine import Pin

from drivers.mb85rs import Mb85rs

_HZ = 1_000_000


def find(capabilities, pins):
    """The chip, or None where there is no place for one, or it does not answer."""
    if not capabilities["fram"]:
        return None
    bus = pins["spi_memory"] if "spi_memory" in pins else pins["spi_meter"]
    fram = Mb85rs(open_bus(bus, _HZ, 1, 1), Pin(pins["fram_select"], Pin.OUT, value=1))
    return fram if fram.probe() else None
