"""The module `machine` of a virtual board, with the signatures of the RP2 port. Pins end in the wiring of the profile."""

import _files  # noqa: F401 - files can be torn from here on
import _pins
import _world
from _counter import Counter  # noqa: F401
from _i2c import SoftI2C  # noqa: F401
from _pins import ADC, PWM, SPI, Pin  # noqa: F401
from _timers import WDT, Timer  # noqa: F401
from _uart import UART  # noqa: F401
from micropython import const

PWRON_RESET = const(1)
HARD_RESET = const(2)
WDT_RESET = const(3)
DEEPSLEEP_RESET = const(4)
SOFT_RESET = const(5)


def reset():
    _world.end(_world.RESET)


soft_reset = reset


def reset_cause():
    return _world.RESET_CAUSE


def unique_id():
    return _world.UNIQUE_ID


def freq(hz=None):
    return 125_000_000 if hz is None else None


def idle():
    """Until the next interrupt: a timer, the network, or the 1 ms tick of the ports."""
    _world.advance(min(_world.next_timer(), _world.now + 1000), True)


def disable_irq():
    return True  # nothing interrupts while no time passes


def enable_irq(state=True):
    pass


_pins.wire()
