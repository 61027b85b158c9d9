"""How a register or an alarm is declared.

A map is a set of classes. A class derives from the Modbus table it lives in; each register is a class attribute, and the
string below it is its meaning. MicroPython's compiler drops those strings, so they cost the controller nothing; the
dictionary compiler (host_tools/mallee/deploy/dictionary.py) reads them from the source.

On the controller a field is a plain tuple, indexed by the names below. Values in a declaration (low, high, default) are in
engineering units; `scale` is a power of ten: value = raw * 10**scale.
"""

from micropython import const

# Indices into a field.
ADDRESS = const(0)
KIND = const(1)
SCALE = const(2)
LOW = const(3)
HIGH = const(4)
DEFAULT = const(5)
COUNT = const(6)
QUALITY = const(7)

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

WIDTH = b"\x01\x01\x02\x02\x04\x01\x01\x01\x00"  # registers an element, by kind; TEXT counts its registers in COUNT

# Indices into an alarm.
CODE = const(0)
ALARM_COUNT = const(1)
DELAY_MS = const(2)
LATCH = const(3)


class Input:
    """Input registers: measurements. FC04."""


class Holding:
    """Holding registers: set-points and settings. FC03, 06, 16, 22, 23."""


class Coil:
    """Switchable outputs. FC01, 05, 15."""


class Alarm:
    """Discrete inputs: alarms and interlocks. FC02. The validity twin of code n is at n + VALIDITY."""


class Enum:
    """Named values of an enumeration, or bit numbers of a flags register."""


VALIDITY = const(128)


def u16(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return (address, U16, scale, low, high, default, count, q)


def s16(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return (address, S16, scale, low, high, default, count, q)


def u32(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return (address, U32, scale, low, high, default, count, q)


def s32(address, scale=0, unit="", low=None, high=None, default=None, count=1, q=None):
    return (address, S32, scale, low, high, default, count, q)


def u64(address, scale=0, unit="", count=1, q=None):
    return (address, U64, scale, None, None, None, count, q)


def flags(address, bits, low=None, high=None, default=None, count=1):
    """One register of flags; `bits` is the Enum class with the bit numbers. All ones: not available."""
    return (address, FLAGS, 0, low, high, default, count, None)


def enum(address, values, low=None, high=None, default=None, count=1):
    return (address, ENUM, 0, low, high, default, count, None)


def text(address, registers):
    """ASCII, two characters a register, padded with NUL. All NUL: not available."""
    return (address, TEXT, 0, None, None, None, registers, None)


def quality(address, count):
    """Two bits a point, eight points a register, slot `q` of each point from the lowest bits up: see maps.common.Quality."""
    return (address, FLAGS, 0, None, None, None, count, None)


def coil(address, count=1, default=None):
    return (address, BITS, 0, None, None, default, count, None)


def alarm(code, count=1, priority="low", group="", delay_ms=0, latch=False):
    """One alarm, or `count` of them with consecutive codes. The code is the address of its discrete input."""
    return (code, count, delay_ms, latch)
