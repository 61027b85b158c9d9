"""MicroPython's module of that name. Native code is code; viper's pointers are views with the widths and signs of a 32-bit board.

A pointer checks its bounds, which viper never does: what reads or writes beside a buffer fails here.
"""


def const(value):
    return value


def native(function):
    return function


class _Pointer:
    code, mask = "B", 0xFF

    def __init__(self, buffer):
        self.bytes = buffer.bytes if isinstance(buffer, _Pointer) else memoryview(buffer).cast("B")
        size = memoryview(bytes(8)).cast(self.code).itemsize
        self._items = self.bytes[: len(self.bytes) // size * size].cast(self.code)

    def __getitem__(self, index):
        if index < 0:
            raise IndexError("in front of the buffer")
        return self._items[index]

    def __setitem__(self, index, value):
        if index < 0:
            raise IndexError("in front of the buffer")
        value &= self.mask
        self._items[index] = value - self.mask - 1 if self.code.islower() and value > self.mask >> 1 else value


class ptr8(_Pointer):
    pass


class ptr16(_Pointer):
    code, mask = "H", 0xFFFF


class ptr32(_Pointer):
    """A word of a 32-bit board, which is signed (a 64-bit viper loads it without its sign)."""

    code, mask = "i", 0xFFFFFFFF


def uint(value):
    return value & 0xFFFFFFFF


def viper(function):
    """Arguments become what they are annotated as."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    casts = [function.__annotations__.get(name) for name in names]
    if not any(casts):
        return function

    def call(*arguments):
        return function(*[cast(given) if cast else given for cast, given in zip(casts, arguments, strict=True)])

    return call


def heap_lock():
    """What allocates is MicroPython's affair: each of these tests runs there too."""


heap_unlock = heap_lock
