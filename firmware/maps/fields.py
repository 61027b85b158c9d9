"""How a register or an alarm is declared.

A map is a set of classes. A class derives from the Modbus table it lives in; each register is a class attribute, and the
string below it is its meaning. MicroPython's compiler drops those strings, so they cost the controller nothing; the
dictionary compiler (host_tools/mallee/deploy/dictionary.py) reads them from the source.

On the controller a field is one small integer: address, kind, scale, and the number of its Spec, which only the start needs.
Values in a declaration (low, high, default) are in engineering units; `scale` is a power of ten: value = raw * 10**scale.
An alarm is one too: code, how many, its deadband, whether it latches, and its delay.
"""

from micropython import const

# Of a field.
ADDRESS = const(0xFFF)  # mask
KIND = const(12)  # shift; four bits
SCALE = const(16)  # shift; three bits, and four more than the power of ten
SCALE_ZERO = const(4)
SPEC = const(19)  # shift; what is left of 30 bits

# Kinds. The low two bits plus one are not the width: see WIDTH.
U16 = const(0)
S16 = const(1)
U32 = const(2)
S32 = const(3)
U64 = const(4)
FLAGS = const(5)
ENUM = const(6)
TEXT = const(7)
BITS = const(8)

WIDTH = b"\x01\x01\x02\x02\x04\x01\x01\x01\x00"  # registers an element, by kind; a TEXT's registers are its count

# Of an alarm.
CODE = const(0xFF)  # mask
ALARM_COUNT = const(8)  # shift; four bits
DEADBAND = const(12)  # shift; four bits, percent of the limit
LATCH = const(16)  # shift; one bit
DELAY = const(17)  # shift; units of 100 ms, at most 819 s


class Input:
    """Input registers: measurements. FC04."""


class Holding:
    """Holding registers: set-points and settings. FC03, 06, 16, 22, 23."""


class Coil:
    """Switchable outputs. FC01, 05, 15."""


class Alarm:
    """Discrete inputs: alarms and interlocks. FC02. The validity twin of code n is at n + VALIDITY."""


class Order:
    """PAIRS of holding registers of which the first must not be above the second. A write that would break one is refused
    (core.consistency). Of an array of registers, START, COUNT and STRIDE are those of the array."""

    START, COUNT, STRIDE = 0, 1, 0
    PAIRS = ()


class Enum:
    """Named values of an enumeration, or bit numbers of a flags register."""


VALIDITY = const(128)

_PLAIN = (1, None, None, None)
_specs = [_PLAIN]


def _field(address, kind, scale, count, low, high, default):
    spec = (count, low, high, default)
    number = 0
    if spec != _PLAIN:
        number = len(_specs)
        _specs.append(spec)
    return address | kind << KIND | scale + SCALE_ZERO << SCALE | number << SPEC


def spec(field):
    """(count, low, high, default) of a field: until forget_specs()."""
    return _specs[field >> SPEC]


def forget_specs():
    """The tables have taken what they need: the heap gets the rest back."""
    _specs.clear()


def u16(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return _field(address, U16, scale, count, low, high, default)


def s16(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return _field(address, S16, scale, count, low, high, default)


def u32(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return _field(address, U32, scale, count, low, high, default)


def s32(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return _field(address, S32, scale, count, low, high, default)


def u64(address, scale=0, unit="", count=1, q=None):
    return _field(address, U64, scale, count, None, None, None)


def flags(address, bits, low=None, high=None, default=None, count=1):
    """One register of flags; `bits` is the Enum class with the bit numbers. All ones: not available."""
    return _field(address, FLAGS, 0, count, low, high, default)


def enum(address, values, low=None, high=None, default=None, count=1):
    return _field(address, ENUM, 0, count, low, high, default)


def text(address, registers):
    """ASCII, two characters a register, padded with NUL. All NUL: not available."""
    return _field(address, TEXT, 0, registers, None, None, None)


def quality(address, count):
    """Two bits a point, eight points a register, slot `q` of each point from the lowest bits up: see maps.common.Quality."""
    return _field(address, FLAGS, 0, count, None, None, None)


def coil(address, count=1, default=None):
    return _field(address, BITS, 0, count, None, None, default)


def alarm(code, count=1, priority="low", group="", delay_ms=0, latch=False, deadband=0):
    """One alarm, or `count` of them with consecutive codes. The code is the address of its discrete input. It comes when its
    condition has held for `delay_ms`; of a limit, it goes when the value is back by `deadband` percent of that."""
    latched = 1 << LATCH if latch else 0
    return code | count << ALARM_COUNT | deadband << DEADBAND | latched | delay_ms // 100 << DELAY
