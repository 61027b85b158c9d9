"""74HC138, 3-to-8 decoder, used for chip selects. TI data sheet SCLS107: output n is low while enabled with address n."""


class Hc138:
    """`address` are three output pins, lowest bit first; `enable` is the active-low enable."""

    def __init__(self, address, enable):
        self._address = address
        self._enable = enable
        enable(1)

    def line(self, number):
        """A function of one bool that selects output `number` or releases all."""
        pins, enable = self._address, self._enable

        def select(on):
            if on:
                for bit in range(3):
                    pins[bit](number >> bit & 1)
                enable(0)
            else:
                enable(1)

        return select
