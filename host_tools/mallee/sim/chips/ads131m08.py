"""ADS131M08: eight simultaneous 24-bit converters behind SPI. From TI's data sheet SBAS950 (sections 8.5 and 8.6).

SPI mode 1, frames of ten 24-bit words: command in / response out, channels 0-7, CRC-16-CCITT left-aligned in its word. The
response to a command is in the next frame; that to NULL is STATUS. Full scale is 1.2 V divided by the channel's gain.
"""

from array import array

import micropython
from absence import PRESENT
from micropython import const

_FRAME = const(30)
_LONGEST = const(210)  # a command, 64 registers and a CRC, rounded up
_STATUS = const(1)
_MODE = const(2)
_CLOCK = const(3)
_GAIN1 = const(4)
_GAIN2 = const(5)
_REGISTERS = const(64)
_RESET_RESPONSE = const(0xFF28)
_RESET_BIT = const(0x0400)  # of STATUS and MODE
_LOCK_BIT = const(0x8000)
_CRC_ERROR_BIT = const(0x1000)
_RX_CRC_ENABLE = const(0x1000)


class Ads131m08:
    """`refresh(nanovolts)` fills an array of eight input voltages in nV; it is asked once for each grant of time."""

    def __init__(self, bus, refresh):
        self.floats = PRESENT
        self._bus = bus
        self._refresh = refresh
        self._nanovolts = array("i", (0 for _ in range(8)))
        self._frame = bytearray(_FRAME)  # what the next NULL-only exchange returns
        self._response = bytearray(_LONGEST)
        self._command = bytearray(_LONGEST)
        self._registers = array("H", (0 for _ in range(_REGISTERS)))
        self._shifts = bytearray(8)  # gain of each channel as a power of two
        self._at = 0
        self._plain = True  # the coming frame is STATUS and samples
        self._stale = True
        self._special = False  # the command that is being clocked in needs to be looked at
        self._reset()

    def power_on(self):
        """Its own supply came up."""
        self._reset()
        self._plain = self._stale = True

    def _reset(self):
        registers = self._registers
        for i in range(_REGISTERS):
            registers[i] = 0
        registers[0] = 0x2800
        registers[_STATUS] = 0x0500
        registers[_MODE] = 0x0510
        registers[_CLOCK] = 0xFF0E
        registers[6] = 0x0600
        for channel in range(8):
            registers[12 + 5 * channel] = 0x8000  # gain calibration 1.0
        for channel in range(8):
            self._shifts[channel] = 0

    @micropython.native
    def granted(self):
        """New inputs."""
        self._stale = True

    @micropython.native
    def select(self, level):
        """The chip-select pin was written."""
        if level:
            if self._bus.chip is self:
                self._bus.chip = None
                if self._special:
                    self._special = False
                    self._execute()
        else:
            self._bus.chip = self
            self._at = 0

    @micropython.native
    def transfer(self, out, into, mode):
        if self.floats >= 0:
            for i in range(len(into)):
                into[i] = self.floats
            return
        if self._plain and self._at == 0 and mode == 1 and len(out) == _FRAME and not (out[0] or out[1]):
            if self._stale:
                self._sample()
            _copy(into, 0, self._frame, 0, _FRAME)
            self._at = _FRAME
            return
        self._shift(out, into, mode)

    def _sample(self):
        self._stale = False
        registers = self._registers
        self._refresh(self._nanovolts)
        # DRDY bits: at 4 kSPS every frame at a kilohertz finds new data on the enabled channels.
        status = registers[_STATUS] | registers[_CLOCK] >> 8
        _encode(self._frame, status, self._nanovolts, self._shifts, registers[_CLOCK] >> 8)

    def _shift(self, out, into, mode):
        """Any other exchange: piecewise, with a command, or in the wrong mode (then the line reads high)."""
        count = len(out)
        at = self._at
        if mode != 1:
            for i in range(count):
                into[i] = 0xFF
            return
        if at == 0:
            self._prepare()
        for i in range(count):
            into[i] = self._response[at] if at < _LONGEST else 0
            if at < _LONGEST:
                self._command[at] = out[i]
            at += 1
        self._at = at
        self._special = True

    def _prepare(self):
        """The response frame that the coming clocks shift out."""
        if self._plain:
            if self._stale:
                self._sample()
            for i in range(_LONGEST):
                self._response[i] = self._frame[i] if i < _FRAME else 0

    def _execute(self):
        """End of a frame: the command that was clocked in."""
        if self._at < 3:
            return  # no whole word: nothing is latched
        command = self._command[0] << 8 | self._command[1]
        registers = self._registers
        self._plain = False
        self._stale = True
        if registers[_MODE] & _RX_CRC_ENABLE and not self._crc_fits():
            registers[_STATUS] |= _CRC_ERROR_BIT
            self._plain = True
            return
        locked = registers[_STATUS] & _LOCK_BIT
        if command == 0x0655:
            registers[_STATUS] &= ~_LOCK_BIT
            self._answer(command)
        elif command & 0xE000 == 0xA000:
            self._read_registers(command)
        elif command == 0 or locked:
            self._plain = True
        elif command == 0x0011:
            if self._at < _FRAME:
                self._plain = True  # RESET is taken only from a full frame (8.5.1.10.2)
            else:
                self._reset()
                self._answer(_RESET_RESPONSE)
        elif command == 0x0555:
            registers[_STATUS] |= _LOCK_BIT
            self._answer(command)
        elif command in (0x0022, 0x0033):
            self._answer(command)
        elif command & 0xE000 == 0x6000:
            self._write_registers(command)
        else:
            self._plain = True  # an unknown command is answered like NULL

    def _crc_fits(self):
        words = 2
        command = self._command[0] << 8 | self._command[1]
        if command & 0xE000 == 0x6000:
            words = (command & 0x7F) + 3
        end = 3 * (words - 1)
        return crc16(self._command, end) == (self._command[end] << 8 | self._command[end + 1])

    def _read_registers(self, command):
        first, count = command >> 7 & 0x3F, (command & 0x7F) + 1
        if count == 1:
            self._answer(self._registers[first])
            return
        response = self._response
        for i in range(_LONGEST):
            response[i] = 0
        self._word(0, 0xE000 | command & 0x1FFF)
        for i in range(count):
            if first + i < _REGISTERS:
                self._word(1 + i, self._registers[first + i])
        end = 3 * (count + 1)
        if end + 3 <= _LONGEST:
            self._word(count + 1, crc16(response, end))

    def _write_registers(self, command):
        first, count = command >> 7 & 0x3F, (command & 0x7F) + 1
        count = min(count, self._at // 3 - 1, _REGISTERS - first)
        registers = self._registers
        for i in range(count):
            address = first + i
            if address <= _STATUS or address > 0x30:
                continue  # read-only
            registers[address] = self._command[3 * (i + 1)] << 8 | self._command[3 * (i + 1) + 1]
            if address == _MODE and not registers[_MODE] & _RESET_BIT:
                registers[_STATUS] &= ~_RESET_BIT
        for channel in range(4):
            self._shifts[channel] = registers[_GAIN1] >> (4 * channel) & 7
            self._shifts[4 + channel] = registers[_GAIN2] >> (4 * channel) & 7
        self._answer(0x4000 | first << 7 | max(0, count - 1))

    def _answer(self, word):
        """The next frame carries `word` in front of the samples."""
        self._sample()
        for i in range(_LONGEST):
            self._response[i] = self._frame[i] if i < _FRAME else 0
        self._word(0, word)
        self._word(9, crc16(self._response, 27))

    def _word(self, index, value):
        self._response[3 * index] = value >> 8
        self._response[3 * index + 1] = value & 0xFF
        self._response[3 * index + 2] = 0


@micropython.viper
def _copy(target: ptr8, at: int, source: ptr8, first: int, count: int):
    for i in range(count):
        target[at + i] = source[first + i]


@micropython.viper
def crc16(data: ptr8, count: int) -> int:
    """CRC-16-CCITT, polynomial 0x1021, start 0xFFFF (8.3.11)."""
    crc = 0xFFFF
    for i in range(count):
        crc ^= data[i] << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
            crc &= 0xFFFF
    return crc


@micropython.viper
def _encode(frame: ptr8, status: int, nanovolts: ptr32, shifts: ptr8, enabled: int):
    frame[0] = status >> 8
    frame[1] = status & 0xFF
    frame[2] = 0
    for channel in range(8):
        # 2**23 / 1.2e9 nV = 7505999 / 2**30, right to half a count at full scale.
        code = (nanovolts[channel] << shifts[channel]) * 7505999 >> 30
        if code > 8388607:
            code = 8388607
        if code < -8388608:
            code = -8388608
        if not enabled >> channel & 1:
            code = 0
        at = 3 + 3 * channel
        frame[at] = code >> 16 & 0xFF
        frame[at + 1] = code >> 8 & 0xFF
        frame[at + 2] = code & 0xFF
    crc = 0xFFFF
    for i in range(27):
        crc ^= frame[i] << 8
        for _ in range(8):
            if crc & 0x8000:
                crc = (crc << 1) ^ 0x1021
            else:
                crc = crc << 1
            crc &= 0xFFFF
    frame[27] = crc >> 8
    frame[28] = crc & 0xFF
    frame[29] = 0
