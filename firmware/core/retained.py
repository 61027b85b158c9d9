"""What must outlive a controller reset and nothing longer: which protections have tripped.

A latched stop that a watchdog reset cleared would start equipment that somebody stopped for a reason. One word of 16 bits,
kept where a reset does not reach: scratch registers of the RP2040's watchdog, else a small file. A power-up clears it.
"""

import machine
from micropython import const

# RP2040 data sheet 4.7.6: SCRATCH0 and SCRATCH1; SCRATCH4-7 belong to the boot ROM.
_SCRATCH0 = const(0x4005800C)
_MAGIC = const(0x4D4C)


class Retained:
    """`where` is the board's capability: "rp2_scratch", or the name of a file."""

    def __init__(self, where, power_up):
        self.where = where
        self.word = 0
        if power_up:
            self.store(0, True)
        else:
            self.word = self._load()

    def store(self, word, always=False):
        """Keep `word`; writes only when it changed."""
        if word == self.word and not always:
            return
        self.word = word
        if self.where == "rp2_scratch":
            machine.mem32[_SCRATCH0] = word << 16 | _MAGIC
            machine.mem32[_SCRATCH0 + 4] = ~word & 0xFFFF
        else:
            with open(self.where, "wb") as file:
                file.write(bytes((word >> 8, word & 0xFF, ~word >> 8 & 0xFF, ~word & 0xFF)))

    def _load(self):
        """The word, or 0 where it is not certainly ours."""
        if self.where == "rp2_scratch":
            head, check = machine.mem32[_SCRATCH0], machine.mem32[_SCRATCH0 + 4]
            word = head >> 16 & 0xFFFF
            return word if head & 0xFFFF == _MAGIC and check & 0xFFFF == ~word & 0xFFFF else 0
        try:
            with open(self.where, "rb") as file:
                data = file.read()
        except OSError:
            return 0
        if len(data) != 4:
            return 0
        word = data[0] << 8 | data[1]
        return word if data[2] << 8 | data[3] == ~word & 0xFFFF else 0
