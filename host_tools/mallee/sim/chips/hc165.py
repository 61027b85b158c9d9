"""74HC165: parallel in, serial out. Transparent while SH/LD is low, shifts with input H first otherwise. TI SCLS116."""


class Hc165:
    """`read()` gives the byte at the inputs, H in bit 7. The serial input is grounded."""

    def __init__(self, read):
        self._read = read
        self._register = 0
        self._loading = True

    def load(self, level):
        if not level:
            self._loading = True
        elif self._loading:
            self._loading = False
            self._register = self._read()

    def transfer(self, out, into, mode):
        if self._loading:
            # Clocks do nothing; the output shows input H.
            level = 0xFF if self._read() & 0x80 else 0
            for i in range(len(into)):
                into[i] = level
            return
        if mode == 0 or mode == 3:
            for i in range(len(into)):
                into[i] = self._register
                self._register = 0
        else:
            for i in range(len(into)):  # the master samples on the edge on which the register shifts: one bit late
                into[i] = self._register << 1 & 0xFF
                self._register = 0
