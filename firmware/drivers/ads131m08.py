"""ADS131M08, 8-channel simultaneous 24-bit converter. TI data sheet SBAS950.

SPI mode 1, frames of ten 24-bit words: command or response, eight channels, CRC (8.5.1). Full scale is 1.2 V / gain (8.3.5).
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

import micropython
from core.starting import at_start
from core.wire import CRC16, crc16_ccitt
from micropython import const

CHANNELS = const(8)
_FRAME = const(30)
_RESET = const(0x0011)
_RREG_ID = const(0xA000)
_WREG_MODE = const(0x6100)
_MODE = const(0x0110)  # as after a reset, without its reset bit (8.6.3)
_WAS_RESET = const(0x04)  # in the high byte of STATUS (8.6.2): this bit was not cleared since
_TRIES = const(3)
FULL_SCALE_V = 1.2
CODE_BITS = const(
    16
)  # codes are cut to 16 bits plus sign: more than the transmitters are worth, and integers stay small
COUNTS_PER_V = 32768 / FULL_SCALE_V


class Ads131m08:
    """`spi` is ready for mode 1; `select` is the chip select pin. codes[first:first + 8] hold the last good sample, 16-bit
    signed."""

    @at_start
    def __init__(self, spi, select, codes, first=0):
        self.codes = codes
        self.errors = 0
        self._first = first
        self._write_readinto = spi.write_readinto
        self._select = select
        self._null = bytearray(_FRAME)
        self._out = self._null  # what the next frames send
        self._clear = bytearray(_FRAME)
        self._clear[0], self._clear[3], self._clear[4] = _WREG_MODE >> 8, _MODE >> 8, _MODE & 0xFF
        self.resets = 0  # times that it lost its supply alone
        self._running = False  # its reset bit was seen cleared: from then on a reset is a loss of its supply
        self._errors_before = 0
        self._frame = bytearray(_FRAME)
        select(1)

    def probe(self):
        """True when an ADS131M08 answers: its ID register reads 0x28xx (8.6.1), in a frame with a good check sum. A line that
        floats has neither, nor has a shift register on the same bus."""
        command, frame = bytearray(_FRAME), self._frame
        command[0] = _RREG_ID >> 8
        for _ in range(_TRIES):
            self._transfer(command)
            self._transfer(self._null)  # the response to a command comes in the next frame (8.5.1.10)
            if frame[0] == 0x28 and crc16_ccitt(frame, 27) == (frame[27] << 8 | frame[28]):
                return True
        return False

    @micropython.native
    def read(self):
        """One frame, about 75 us on a Pico at 10 MHz; 1 when it was good and `codes` are new. Allocates nothing."""
        select, frame = self._select, self._frame
        select(0)
        self._write_readinto(self._out, frame)
        select(1)
        if _take(frame, self.codes, self._first, CRC16):
            return 1
        self.errors = self.errors + 1 & 0x1FFFFFFF
        return 0

    def supervise(self):
        """Ten times a second, beside the tick: a chip that lost its supply alone is counted. It works with the settings
        that it has after a reset, so its samples are good again at once, but somebody should know. The bus is the tick's: what
        is to be written goes out with its next frames."""
        if self._out is not self._null:
            self._out = self._null
        elif self.errors == self._errors_before:  # STATUS comes with each good frame
            if self._frame[0] & _WAS_RESET:
                self.resets += self._running
                self._running = False
                self._out = self._clear
            else:
                self._running = True
        self._errors_before = self.errors

    def _transfer(self, command):
        select = self._select
        select(0)
        self._write_readinto(command, self._frame)
        select(1)


@micropython.viper
def _take(frame: ptr8, codes: ptr32, first: int, table: ptr16) -> int:
    """Check the frame (27 bytes, then their CRC) and take over its channels; 0 when it is not good."""
    crc = 0xFFFF
    for i in range(0, 27, 3):  # a word a turn: a third of the loop's own cost, which a tick pays twice
        crc = (crc << 8 ^ table[crc >> 8 ^ frame[i]]) & 0xFFFF
        crc = (crc << 8 ^ table[crc >> 8 ^ frame[i + 1]]) & 0xFFFF
        crc = (crc << 8 ^ table[crc >> 8 ^ frame[i + 2]]) & 0xFFFF
    if crc != (frame[27] << 8 | frame[28]):
        return 0
    at = 3
    for channel in range(8):
        code = frame[at] << 8 | frame[at + 1]
        if code & 0x8000:
            code -= 0x10000
        codes[first + channel] = code
        at += 3
    return 1
