"""SPI buses as a board describes them: {"id", "sck", "mosi", "miso"}; "id": None is a bus in software on any three pins."""

import machine
from machine import Pin

from core.starting import at_start


@at_start
def open_bus(bus, baudrate, polarity, phase):
    """A bus with `write_readinto` and `init`. In software it is slower than asked for."""
    sck, mosi, miso = Pin(bus["sck"]), Pin(bus["mosi"]), Pin(bus["miso"])
    if bus["id"] is None:
        return machine.SoftSPI(baudrate=baudrate, polarity=polarity, phase=phase, sck=sck, mosi=mosi, miso=miso)
    return machine.SPI(bus["id"], baudrate=baudrate, polarity=polarity, phase=phase, sck=sck, mosi=mosi, miso=miso)
