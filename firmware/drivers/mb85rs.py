"""MB85RS64V, 8 KB of SPI FRAM. Fujitsu data sheet DS501-00015 (op-codes: table 1; device id: RDID). FM25 parts answer alike.

FRAM takes a write at the speed of its bus, 10^13 times a byte, and each byte when its last bit is in: a cut of the power
leaves some of the bytes of a record, never half of one. SPI mode 0 or 3.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
from core.starting import at_start
from core.wire import copy
from micropython import const

SIZE = const(8192)
RECORD = const(16)  # bytes that are read and written in one go
_WREN = const(0x06)
_WRITE = const(0x02)
_READ = const(0x03)
_RDID = const(0x9F)
_HEAD = const(3)  # op-code and address in front of a record
_FUJITSU = const(0x04)
_CONTINUED = const(0x7F)


class Mb85rs:
    """`spi` is ready for mode 0 or 3, at most 20 MHz; `select` is the chip select pin."""

    size = SIZE

    @at_start
    def __init__(self, spi, select):
        self._exchange = spi.write_readinto
        self._select = select
        self._enable = bytearray((_WREN,))
        self._ignored = bytearray(1)
        self._out = bytearray(_HEAD + RECORD)
        self._in = bytearray(_HEAD + RECORD)
        select(1)

    def probe(self):
        """True when an FRAM with the manufacturer's identification answers."""
        out, answer = bytearray(5), bytearray(5)
        out[0] = _RDID
        self._select(0)
        self._exchange(out, answer)
        self._select(1)
        return answer[1] == _FUJITSU and answer[2] == _CONTINUED

    def read(self, address, target, at):
        """Sixteen bytes from `address` to target[at:]. Allocates nothing."""
        self._address(_READ, address)
        self._select(0)
        self._exchange(self._out, self._in)
        self._select(1)
        copy(target, at, self._in, _HEAD, RECORD)

    def write(self, address, data, at):
        """data[at:at + 16] to `address`. Allocates nothing; about 170 us at 1 MHz."""
        self._address(_WRITE, address)
        copy(self._out, _HEAD, data, at, RECORD)
        self._select(0)
        self._exchange(self._enable, self._ignored)  # the chip forgets it after each write
        self._select(1)
        self._select(0)
        self._exchange(self._out, self._in)
        self._select(1)

    def _address(self, code, address):
        out = self._out
        out[0] = code
        out[1] = address >> 8
        out[2] = address & 0xFF
