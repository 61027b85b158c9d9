"""74HC138: of three address lines one output low of eight, while the active-low enable is low. TI SCLS107."""

import micropython


class Hc138:
    """`outputs` are eight chips with `select(active)`; None where nothing is connected."""

    def __init__(self, outputs):
        self._outputs = outputs
        self._address = 0
        self._enabled = False

    def address_line(self, bit):
        mask = 1 << bit

        @micropython.native
        def changed(level):
            address = self._address | mask if level else self._address & ~mask
            if address != self._address:
                if self._enabled:
                    self._drive(False)
                self._address = address
                if self._enabled:
                    self._drive(True)

        return changed

    @micropython.native
    def enable(self, level):
        enabled = not level
        if enabled != self._enabled:
            self._enabled = enabled
            self._drive(enabled)

    @micropython.native
    def _drive(self, active):
        chip = self._outputs[self._address]
        if chip is not None:
            chip.select(active)
