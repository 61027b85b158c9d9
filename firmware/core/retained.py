"""What must outlive a controller reset and nothing longer: which protections have tripped, and why the firmware ended.

A latched stop that a watchdog reset cleared would start equipment that somebody stopped for a reason. Two words of 16 bits,
kept where a reset does not reach: scratch registers of the RP2040's watchdog, else a small file. A power-up clears them.
"""

import machine
from micropython import const

from core.starting import at_start
from core.wire import get16, put16

# RP2040 data sheet 4.7.6: SCRATCH0-3, two a word; SCRATCH4-7 belong to the boot ROM.
_SCRATCH0 = const(0x4005800C)
_MAGIC = const(0x4D4C)
_FAULT = const(0xFA17)
_COMMAND = const(0xC03D)


class Retained:
    """`where` is the board's capability: "rp2_scratch", or the name of a file. `word` is the protections', `failed` says that
    the firmware ended with an error before this start, `commanded` that it asked for this start; each is told once."""

    @at_start
    def __init__(self, where, power_up):
        self.where = where
        self._words = [0, 0] if power_up else self._load()
        self.word = self._words[0]
        self.failed = self._words[1] == _FAULT
        self.commanded = self._words[1] == _COMMAND
        self._words[1] = 0
        if power_up or self.failed or self.commanded:
            self._keep()

    def store(self, word):
        """Keep the protections' word; writes only when it changed."""
        if word != self.word:
            self.word = self._words[0] = word
            self._keep()

    def fail(self):
        """Keep that the firmware ended with an error; the next start finds it in `failed`."""
        self._words[1] = _FAULT
        self._keep()

    def command(self):
        """Keep that the reset that comes now was asked for."""
        self._words[1] = _COMMAND
        self._keep()

    def _keep(self):
        if self.where == "rp2_scratch":
            for i in range(2):
                word = self._words[i]
                machine.mem32[_SCRATCH0 + 8 * i] = word << 16 | _MAGIC
                machine.mem32[_SCRATCH0 + 8 * i + 4] = ~word & 0xFFFF
        else:
            data = bytearray(8)
            for i in range(2):
                put16(data, 4 * i, self._words[i])
                put16(data, 4 * i + 2, ~self._words[i])
            try:
                with open(self.where, "wb") as file:
                    file.write(data)
            except OSError as error:  # full or worn; the equipment is to be looked after all the same
                print("mallee: %s cannot be written, a trip will not outlive a reset: %s" % (self.where, error))

    @at_start
    def _load(self):
        """The words; 0 for one that is not certainly ours."""
        if self.where == "rp2_scratch":
            return [self._scratch(_SCRATCH0), self._scratch(_SCRATCH0 + 8)]
        try:
            with open(self.where, "rb") as file:
                data = file.read()
        except OSError:
            data = b""
        words = [0, 0]
        for i in range(min(2, len(data) // 4)):  # firmware before map 1.3 kept one
            word = get16(data, 4 * i)
            words[i] = word if get16(data, 4 * i + 2) == ~word & 0xFFFF else 0
        return words

    @at_start
    def _scratch(self, address):
        head, check = machine.mem32[address], machine.mem32[address + 4]
        word = head >> 16 & 0xFFFF
        return word if head & 0xFFFF == _MAGIC and check & 0xFFFF == ~word & 0xFFFF else 0
