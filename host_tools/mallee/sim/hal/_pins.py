"""Pins, PWM, ADC and SPI of a virtual board. What stands behind a pin number is wired by the profile's module.

Pins and SPI are on the path of the 1 kHz tick: one attribute look-up leads to the chip, and nothing is allocated.
"""

import gc
import os

import _world
import micropython
from micropython import const

_PINS = const(30)

hooks = [None] * _PINS  # f(level), called when an output pin is written
readers = [None] * _PINS  # f() -> level of an input pin
pwm_outputs = [-1] * _PINS  # place in the output vector
adc_inputs = [None] * _PINS  # f() -> 0..65535
buses = {}  # SPI number -> Bus
_declared = os.getenv("DECLARED")
outputs = None if _declared is None else bytes([int(pin) for pin in _declared.split()])  # that may be driven; None: any


class Bus:
    """Wires of one SPI bus. `chip` is who is selected: it has `transfer(out, into)`; `chain` hears when nobody is."""

    def __init__(self, chain=None):
        self.chip = None
        self.chain = chain
        self.last = None  # bytes clocked out last: a shift register that shares the bus has seen them
        self.mode = 0


def may_drive(id):
    if outputs is not None and id not in outputs:
        raise RuntimeError("pin %d is driven, but boards/signals.py says nothing of its level while it is not" % id)


class Pin:
    IN = const(0)
    OUT = const(1)
    OPEN_DRAIN = const(2)
    ALT = const(3)
    PULL_UP = const(1)
    PULL_DOWN = const(2)
    IRQ_RISING = const(8)
    IRQ_FALLING = const(4)

    def __init__(self, id, mode=-1, pull=-1, *, value=None, alt=-1):
        if isinstance(id, Pin):
            id = id.id
        if not 0 <= id < _PINS:
            raise ValueError("invalid pin")
        self.id = id
        self._level = 0
        self._hook = hooks[id]
        if mode in (Pin.OUT, Pin.OPEN_DRAIN) or value is not None:
            may_drive(id)
        if value is not None:
            self(value)

    def init(self, mode=-1, pull=-1, *, value=None, alt=-1):
        if mode in (Pin.OUT, Pin.OPEN_DRAIN):
            may_drive(self.id)
        if value is not None:
            self(value)

    @micropython.native
    def __call__(self, level=None):
        if level is None:
            return self._read()
        self._level = level
        hook = self._hook
        if hook is not None:
            hook(level)
        return None

    def value(self, level=None):
        return self(level)

    def on(self):
        self(1)

    def off(self):
        self(0)

    high = on
    low = off

    def toggle(self):
        self(not self._read())

    def _read(self):
        reader = readers[self.id]
        if reader is not None:
            return reader()
        return 1 if self._level else 0


class PWM:
    """A duty that the equipment follows; it keeps the last one while no controller drives the pin."""

    def __init__(self, pin, *, freq=0, duty_u16=None, duty_ns=None, invert=False):
        may_drive(pin.id)
        self._output = pwm_outputs[pin.id]
        self._duty = 0
        self._freq = freq
        if duty_u16 is not None:
            self.duty_u16(duty_u16)

    def init(self, *, freq=0, duty_u16=None, duty_ns=None, invert=False):
        if freq:
            self._freq = freq
        if duty_u16 is not None:
            self.duty_u16(duty_u16)

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        self._duty = max(0, min(65535, int(duty)))
        if self._output >= 0:
            _world.reply[_world.HEAD + self._output] = self._duty
        return None

    def freq(self, hz=None):
        if hz is None:
            return self._freq
        self._freq = hz
        return None

    def deinit(self):
        pass


class ADC:
    def __init__(self, pin):
        self._read = adc_inputs[pin.id if isinstance(pin, Pin) else pin if pin >= 26 else pin + 26]

    def read_u16(self):
        return 0 if self._read is None else self._read()


class SPI:
    MSB = const(0)
    LSB = const(1)

    def __init__(
        self, id, baudrate=1_000_000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None, miso=None
    ):
        if id not in (0, 1):
            raise ValueError("SPI(%d) doesn't exist" % id)
        if id not in buses:
            buses[id] = Bus()
        self._bus = buses[id]
        self.init(baudrate, polarity=polarity, phase=phase, bits=bits, firstbit=firstbit)

    def init(self, baudrate=1_000_000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None, miso=None):
        self._bus.mode = polarity << 1 | phase

    def deinit(self):
        pass

    @micropython.native
    def write_readinto(self, out, into):
        if len(out) != len(into):
            raise ValueError("buffers must be the same length")
        bus = self._bus
        chip = bus.chip or bus.chain
        bus.last = out
        if chip is None:
            for i in range(len(into)):
                into[i] = 0xFF  # nobody drives the line
        else:
            chip.transfer(out, into, bus.mode)

    def write(self, out):
        self.write_readinto(out, bytearray(len(out)))

    def readinto(self, into, write=0):
        self.write_readinto(bytes((write,)) * len(into), into)

    def read(self, count, write=0):
        into = bytearray(count)
        self.readinto(into, write)
        return bytes(into)


def wire():
    """Connect chips to pins, by the profile that this controller was flashed with."""
    import build_info

    profile = getattr(build_info, "PROFILE", None)
    if profile is not None:
        __import__("virtual_" + profile).wire()
    gc.collect()  # what compiling all this left in pieces: the firmware wants some kilobytes in one
