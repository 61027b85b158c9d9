"""74HC138, 3-to-8 decoder, used for chip selects. TI data sheet SCLS107: output n is low while enabled with address n."""


class Hc138:
    """`address` are three output pins, lowest bit first; `enable` is the active-low enable."""

    def __init__(self, address, enable):
        self._address = address
        self._enable = enable
        self._number = -1  # what the address pins say
        enable(1)

    def line(self, number):
        """A function of one bool that selects output `number` or releases all."""
        enable = self._enable

        def select(on):
            if on:
                if self._number != number:
                    self._number = number
                    for bit in range(3):
                        self._address[bit](number >> bit & 1)
                enable(0)
            else:
                enable(1)

        return select
