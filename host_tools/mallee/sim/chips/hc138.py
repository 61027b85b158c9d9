"""74HC138: of three address lines one output low of eight, while the active-low enable is low. TI SCLS107."""

import micropython


class Hc138:
    """`outputs` are eight chips with `select(active)`. Its lines are written in every exchange with a chip: kept short."""

    def __init__(self, outputs):
        self._outputs = outputs
        self._state = bytearray(4)  # three address bits, enabled

    def address_line(self, bit):
        state, drive = self._state, self._drive

        @micropython.native
        def changed(level):
            if state[bit] != level:
                if state[3]:
                    drive(False)
                state[bit] = 1 if level else 0
                if state[3]:
                    drive(True)

        return changed

    @micropython.native
    def enable(self, level):
        state = self._state
        state[3] = 0 if level else 1
        self._outputs[state[0] | state[1] << 1 | state[2] << 2].select(not level)

    def _drive(self, active):
        state = self._state
        self._outputs[state[0] | state[1] << 1 | state[2] << 2].select(active)
