"""74HC138, 3-to-8 decoder, used for chip selects. TI data sheet SCLS107: output n is low while enabled with address n."""

from core.starting import at_start


class Hc138:
    """`address` are three output pins, lowest bit first; `enable` is the active-low enable, which whoever talks to
    the chip at the output drives himself: a call less in every exchange."""

    @at_start
    def __init__(self, address, enable):
        self._address = address
        self._number = -1  # what the address pins say
        enable(1)

    def point(self, number):
        """Output `number` follows the enable from now on; call it while nothing is selected."""
        if self._number != number:
            self._number = number
            for bit in range(3):
                self._address[bit](number >> bit & 1)
