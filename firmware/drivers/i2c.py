"""The I2C bus of a board: {"sda", "scl"}, in software, on any two pins. A chip that holds the clock is waited for 0.5 ms."""

from machine import Pin, SoftI2C

_HZ = 400_000
_STRETCH_us = 500


def open_bus(bus):
    return SoftI2C(scl=Pin(bus["scl"]), sda=Pin(bus["sda"]), freq=_HZ, timeout=_STRETCH_us)
