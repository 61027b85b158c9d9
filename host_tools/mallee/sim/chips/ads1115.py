"""ADS1115: four-channel 16-bit converter on I2C. From TI's data sheet SBAS444 (8.1, registers; 7.3, gain and data rate).

Registers of two bytes behind a pointer. Written with the OS bit, a single shot begins; the bit reads 0 until it is done, after
the time of the data rate and at most a tenth more. Continuous conversion and the comparator are not modelled.
"""

import _world

_CONVERSION, _CONFIG = 0, 1
_DEFAULT = 0x8583
_READY, _SINGLE = 0x8000, 0x0100
_FULL_SCALE_mV = (6144, 4096, 2048, 1024, 512, 256, 256, 256)
_SAMPLES_A_SECOND = (8, 16, 32, 64, 128, 250, 475, 860)


class Ads1115:
    """`microvolts(channel)` are the inputs against GND."""

    def __init__(self, microvolts):
        self.floats = -1  # as the chips on SPI have it: at or above 0 nobody is there
        self._microvolts = microvolts
        self.power_on()

    def power_on(self):
        self._registers = [0, _DEFAULT, 0x8000, 0x7FFF]
        self._pointer = 0
        self._done = -1

    def write(self, data):
        """A transfer to the chip: pointer, then high and low byte. True when it acknowledges."""
        if self.floats >= 0:
            return False
        self._settle()
        if len(data) >= 1:
            self._pointer = data[0] & 3
        if len(data) >= 3 and self._pointer != _CONVERSION:
            self._registers[self._pointer] = data[1] << 8 | data[2]
            if self._pointer == _CONFIG:
                self._configured(data[1] << 8 | data[2])
        return True

    def read(self, into):
        """A transfer from the chip. True when it acknowledges."""
        if self.floats >= 0:
            return False
        self._settle()
        word = self._registers[self._pointer]
        for i in range(len(into)):
            into[i] = word >> 8 if i & 1 == 0 else word & 0xFF
        return True

    def _configured(self, word):
        if word & _READY and word & _SINGLE:
            self._done = _world.now + 1_100_000 // _SAMPLES_A_SECOND[word >> 5 & 7]
            self._registers[_CONFIG] = word & ~_READY
        else:
            self._registers[_CONFIG] = word | _READY

    def _settle(self):
        if not 0 <= self._done <= _world.now:
            return
        self._done = -1
        config = self._registers[_CONFIG]
        self._registers[_CONFIG] = config | _READY
        multiplexer = config >> 12 & 7
        if multiplexer >= 4:
            microvolts = self._microvolts(multiplexer - 4)
        else:
            first, second = ((0, 1), (0, 3), (1, 3), (2, 3))[multiplexer]
            microvolts = self._microvolts(first) - self._microvolts(second)
        code = microvolts * 32768 // (1000 * _FULL_SCALE_mV[config >> 9 & 7])
        self._registers[_CONVERSION] = max(-32768, min(32767, code)) & 0xFFFF
