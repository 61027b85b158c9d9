"""74HC595 (TI SCLS041) in a row for bistable coils, 74HC165 (TI SCLS116) for their feedback contacts, in one SPI transfer.

Both shift on the rising clock edge (mode 0); the converter on the same bus wants mode 1, so the mode is switched around.
"""

import micropython
from core.starting import at_start


class Relays:
    """Two 595: first byte out is the reset coils (it ends up in the farther chip), second the set coils."""

    @at_start
    def __init__(self, spi, latch, load):
        self.feedback = 0
        self._spi = spi
        self._latch = latch
        self._load = load
        self._out = bytearray(2)
        self._in = bytearray(2)
        latch(0)
        load(1)

    @micropython.native
    def exchange(self, set_coils, reset_coils):
        """Drive the coils and read the contacts; allocates nothing."""
        spi = self._spi
        self._out[0] = reset_coils
        self._out[1] = set_coils
        spi.init(polarity=0, phase=0)
        self._load(0)  # contacts are taken while low (SCLS116, function table)
        self._load(1)
        spi.write_readinto(self._out, self._in)
        self._latch(1)  # outputs change on this edge (SCLS041)
        self._latch(0)
        spi.init(polarity=0, phase=1)
        self.feedback = self._in[0]
