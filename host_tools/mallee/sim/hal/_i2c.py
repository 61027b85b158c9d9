"""I2C of a virtual board: chips by their address on the pair of pins where the profile's module wired them."""

from errno import ENODEV

chips = {}  # (sda, scl) -> {address: chip}; a chip has write(data) and read(into), True when it acknowledges


class SoftI2C:
    def __init__(self, scl, sda, *, freq=400_000, timeout=50_000):
        self._chips = chips.get((sda.id, scl.id), {})

    def writeto_mem(self, address, register, data):
        if not self._chip(address).write(bytes((register,)) + bytes(data)):
            raise OSError(ENODEV)

    def readfrom_mem_into(self, address, register, into):
        chip = self._chip(address)
        if not chip.write(bytes((register,))) or not chip.read(into):
            raise OSError(ENODEV)

    def _chip(self, address):
        if address not in self._chips:
            raise OSError(ENODEV)
        return self._chips[address]
