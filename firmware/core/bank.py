"""The register image: what Modbus reads and writes, in wire order.

One Table a Modbus register table. The loop stores values into the image, the server copies bytes out of it; both run in
the main loop, so a read is one consistent snapshot by construction. Addresses outside the declared fields do not exist.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

import micropython
from maps.fields import (
    ADDRESS,
    ENUM,
    FLAGS,
    KIND,
    S16,
    S32,
    SCALE,
    SCALE_ZERO,
    TEXT,
    U16,
    U32,
    U64,
    WIDTH,
    spec,
)
from micropython import const

from core.starting import at_start
from core.wire import OPTIONAL, SIGNED, copy, get16, within, zero

ILLEGAL_ADDRESS = const(2)
ILLEGAL_VALUE = const(3)

_POWER = (1, 10, 100, 1000, 10000)
# By kind and scale of a field: one more than the power of ten that makes its 16-bit word of a value; 0 where it takes more.
_SHORT = bytes(
    [
        1 + SCALE_ZERO - scale if (kind <= S16 or FLAGS <= kind <= ENUM) and scale <= SCALE_ZERO else 0
        for scale in range(8)
        for kind in range(16)
    ]
)
# Largest values that are not the sentinel, and smallest ones.
_TOP = {
    U16: 0xFFFE,
    S16: 0x7FFF,
    U32: 0xFFFFFFFE,
    S32: 0x7FFFFFFF,
    U64: 0xFFFFFFFFFFFFFFFE,
    FLAGS: 0xFFFE,
    ENUM: 0xFFFE,
}
_BOTTOM = {S16: -0x7FFF, S32: -0x7FFFFFFF}


def raw_of(field, value):
    """Engineering units to the integer on the wire (not yet clamped)."""
    scale = (field >> SCALE & 7) - SCALE_ZERO
    if scale < 0:
        value = value * _POWER[-scale]
    elif scale > 0:
        value = value / _POWER[scale]
    if isinstance(value, float):
        value = int(value + 0.5) if value >= 0 else -int(0.5 - value)
    return value


def declared_in(declared):
    """Fields or alarms that a class declares: its lower-case names. Not by dir(): MicroPython tries every name that it knows,
    20 ms a class."""
    return [value for name, value in declared.__dict__.items() if "a" <= name[0] <= "z"]


@at_start
def elements_of(classes):
    """Every field declared in `classes`, and every element of them, by address: address << 10 | number of its field.

    Small integers, of which a list takes a sixth of the heap of a list of tuples.
    """
    fields, elements = [], []
    for declared in classes:
        start, stride = getattr(declared, "START", 0), getattr(declared, "STRIDE", 0)
        for field in declared_in(declared):
            kind = field >> KIND & 15
            count, step = (1, 0) if kind == TEXT else (spec(field)[0], WIDTH[kind])
            for instance in range(getattr(declared, "COUNT", 1)):
                address = start + instance * stride + (field & ADDRESS)
                for element in range(count):
                    elements.append(address + element * step << 10 | len(fields))
            fields.append(field)
    elements.sort()
    return fields, elements


@at_start
def width_of(field):
    kind = field >> KIND & 15
    return spec(field)[0] if kind == TEXT else WIDTH[kind]


class Table:
    """Registers of one Modbus table. `writable` keeps the limits of each field for `check`. The image has a place for every
    address up to the last one, holes too: an array to look places up in takes more heap than the holes, and more time."""

    @at_start
    def __init__(self, classes, writable=False):
        fields, elements = elements_of(classes)
        self.spans = []  # (first address, address behind the last, number of registers in the spans before)
        registers = behind = 0
        for element in elements:
            address, width = element >> 10, width_of(fields[element & 1023])
            if self.spans and behind == address:
                first, _, before = self.spans[-1]
                self.spans[-1] = (first, address + width, before)
            else:
                self.spans.append((address, address + width, registers))
            behind = address + width
            registers += width
        self.image = bytearray(b"\xff" * (2 * behind))
        self.clamps = 0
        self._guards = []
        # Of writable tables, without holes: the shape of each register (core.wire), and lowest and highest values.
        self._shapes = bytearray(registers if writable else 0)
        self._low, self._high = bytearray(2 * registers if writable else 0), bytearray(2 * registers if writable else 0)
        known = {}  # a field -> its first element, address and register: the others are copies of that
        register = 0
        for element in elements:
            address, field = element >> 10, fields[element & 1023]
            width, kind = width_of(field), field >> KIND & 15
            if kind == TEXT:
                zero(self.image, 2 * address, 2 * width)
            else:
                first, default = known.setdefault(field, (address, register)), spec(field)[3]
                if first[0] != address:
                    copy(self.image, 2 * address, self.image, 2 * first[0], 2 * width)
                elif default is not None or kind in _BOTTOM:  # else it is all ones, as it stands there
                    self.put(field, default, address - (field & ADDRESS))
                if writable:
                    self._limit(field, width, register, first[1])
            register += width

    @at_start
    def _limit(self, field, width, register, first):
        if first != register:
            self._shapes[register] = self._shapes[first]
            copy(self._low, 2 * register, self._low, 2 * first, 2 * width)
            copy(self._high, 2 * register, self._high, 2 * first, 2 * width)
            return
        _, low, high, default = spec(field)
        signed = SIGNED if field >> KIND & 15 in _BOTTOM else 0
        self._shapes[register] = width | signed | (OPTIONAL if default is None else 0)
        low, high = raw_of(field, low), raw_of(field, high)
        for i in range(2 * (register + width) - 1, 2 * register - 1, -1):
            self._low[i], self._high[i] = low & 0xFF, high & 0xFF
            low >>= 8
            high >>= 8

    @at_start
    def extend(self, first, count):
        """Registers without fields of their own, of a table that is not written: a copy of some, say. Returns their place."""
        last = self.spans[-1]
        if last[1] == first:
            self.spans[-1] = (last[0], first + count, last[2])
        else:
            self.spans.append((first, first + count, 0))
        self.image = self.image + bytearray(max(0, 2 * (first + count) - len(self.image)))
        return 2 * first

    @micropython.native
    def locate(self, address, count):
        """Byte offset of `address` in the image, or -1 where the span does not lie within the map."""
        for first, end, _ in self.spans:
            if first <= address and address + count <= end:
                return 2 * address
        return -1

    def place(self, field, at=0):
        """Byte offset of an element in the image, for whoever stores many values in one go."""
        return 2 * ((field & ADDRESS) + at)

    @micropython.native
    def put(self, field, value, at=0):
        """Store `value` (engineering units, None: not available) in the element `at` registers behind the field's address.

        The controllers store a hundred values ten times a second: 16-bit kinds, which are nearly all, take a short way.
        """
        power = _SHORT[field >> KIND & 127]
        if not power or value is None:
            self._put_slowly(field, value, at)
            return
        if power > 1:
            value = value * _POWER[power - 1]
        raw = value
        if type(value) is float:
            raw = int(value + 0.5) if value >= 0 else -int(0.5 - value)
        if not 0 <= raw <= 0x7FFF:
            raw = self._clamped(field >> KIND & 15, raw)
        offset, image = 2 * ((field & ADDRESS) + at), self.image
        image[offset] = raw >> 8 & 0xFF
        image[offset + 1] = raw & 0xFF

    def _clamped(self, kind, raw):
        low, high = _BOTTOM.get(kind, 0), _TOP[kind]
        if low <= raw <= high:
            return raw
        self.clamps += 1
        return high if raw > high else low

    def _put_slowly(self, field, value, at):
        kind = field >> KIND & 15
        offset, size = 2 * ((field & ADDRESS) + at), 2 * WIDTH[kind]
        image = self.image
        if value is None:
            byte = 0xFF if kind not in _BOTTOM else 0
            for i in range(size):
                image[offset + i] = byte
            if byte == 0:
                image[offset] = 0x80
            return
        if size > 2 and field >> SCALE & 7 == SCALE_ZERO:
            if type(value) is float:
                value = int(value + 0.5) if value >= 0 else -int(0.5 - value)
            if 0 <= value <= 0x1FFFFFFF:  # a small integer on every port, as nearly all are
                if size == 8:
                    image[offset] = image[offset + 1] = image[offset + 2] = image[offset + 3] = 0
                    offset += 4
                image[offset] = value >> 24
                image[offset + 1] = value >> 16 & 0xFF
                image[offset + 2] = value >> 8 & 0xFF
                image[offset + 3] = value & 0xFF
                return
        raw = self._clamped(kind, raw_of(field, value))
        for i in range(size - 1, -1, -1):
            image[offset + i] = raw & 0xFF
            raw >>= 8

    @micropython.native
    def get(self, field, at=0):
        """Value in engineering units, or None where it is not available."""
        offset, kind, image = 2 * ((field & ADDRESS) + at), field >> KIND & 15, self.image
        if kind <= S16 or kind >= FLAGS:
            raw = image[offset] << 8 | image[offset + 1]
            if raw == (0x8000 if kind == S16 else 0xFFFF):
                return None
            if kind == S16 and raw > 0x7FFF:
                raw -= 0x10000
        else:
            raw = self._raw(kind, image, offset)
            if raw == (_BOTTOM[kind] - 1 if kind in _BOTTOM else _TOP[kind] + 1):
                return None
        scale = field >> SCALE & 7
        if scale < SCALE_ZERO:
            return raw / _POWER[SCALE_ZERO - scale]
        return raw * _POWER[scale - SCALE_ZERO]

    def setting(self, field, at=0) -> float:
        """Value of a field that is never "not available": one with a default."""
        value = self.get(field, at)
        return 0 if value is None else value

    @at_start
    def put_text(self, field, value):
        size = 2 * spec(field)[0]
        offset, data = self.place(field), value.encode()[:size]
        for i in range(size):
            self.image[offset + i] = data[i] if i < len(data) else 0

    def _raw(self, kind, data, offset):
        raw = 0
        for i in range(2 * WIDTH[kind]):
            raw = raw << 8 | data[offset + i]
        if kind in _BOTTOM and raw > _TOP[kind]:
            raw -= 1 << 16 * WIDTH[kind]
        return raw

    def guard(self, first, end, may_write, written):
        """Ask `may_write(address, count, data, offset)` -> exception code or 0 before a write that touches [first, end) is
        stored, and call `written(address, count)` after it."""
        self._guards.append((first, end, may_write, written))

    def check(self, address, count, data, offset):
        """Exception code for writing `count` registers, or 0. Half of a wide value, or any value outside its limits,
        refuses the whole request."""
        end = address + count
        for first, behind, before in self.spans:
            if first <= address and end <= behind:
                if not within(data, offset, self._shapes, self._low, self._high, before + address - first, count):
                    return ILLEGAL_VALUE
                break
        else:
            return ILLEGAL_ADDRESS
        for first, behind, may_write, _ in self._guards:
            if address < behind and first < end and may_write is not None:
                code = may_write(address, count, data, offset)
                if code:
                    return code
        return 0

    def write(self, address, count, data, offset):
        """Check, then store all of it or nothing. Returns the exception code or 0."""
        code = self.check(address, count, data, offset)
        if code == 0:
            copy(self.image, self.locate(address, count), data, offset, 2 * count)
            for first, behind, _, written in self._guards:
                if address < behind and first < address + count and written is not None:
                    written(address, count)
        return code

    def word(self, address):
        return get16(self.image, self.locate(address, 1))


def _allow(address, value) -> int:
    return 0


class Bits:
    """Coils or discrete inputs: one bit an address, declared spans only."""

    @at_start
    def __init__(self, spans):
        self.spans = spans  # (first, behind the last)
        self.image = bytearray(max(end for _, end in spans) + 7 >> 3) if spans else bytearray(0)
        self.may_write = _allow  # (address, value) -> exception code or 0
        self.written = _allow  # (address, value)

    def exists(self, address, count):
        for first, end in self.spans:
            if first <= address and address + count <= end:
                return True
        return False

    def get(self, address):
        return self.image[address >> 3] >> (address & 7) & 1

    def put(self, address, value):
        if value:
            self.image[address >> 3] |= 1 << (address & 7)
        else:
            self.image[address >> 3] &= ~(1 << (address & 7)) & 0xFF
