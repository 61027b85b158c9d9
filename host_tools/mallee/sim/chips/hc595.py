"""74HC595 registers in a row: what was clocked in moves to the outputs at the rising edge of the latch. TI SCLS041."""


class Hc595Chain:
    """Two in a row on a shared bus. `near` holds the byte clocked in last, `far` the one before it; `changed(near, far)`."""

    def __init__(self, bus, changed):
        self._bus = bus
        self._changed = changed
        self._level = 0
        self.near = 0
        self.far = 0

    def latch(self, level):
        rising = level and not self._level
        self._level = level
        if not rising:
            return
        out = self._bus.last
        if out is None or len(out) < 2:
            return
        far, near = out[len(out) - 2], out[len(out) - 1]
        if far != self.far or near != self.near:
            self.far = far
            self.near = near
            self._changed(near, far)
