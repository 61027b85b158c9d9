"""Timer and watchdog of a virtual board. Both run in virtual time, to the microsecond."""

import sys

import _world
import micropython
from micropython import const, heap_lock, heap_unlock

_NEVER = const(1 << 60)


class Timer:
    """machine.Timer of the RP2 port. A hard callback runs with the heap locked: what allocates there fails here as on a board."""

    ONE_SHOT = const(0)
    PERIODIC = const(1)

    def __init__(self, id=-1, **settings):
        self.due = _NEVER
        self._callback = None
        if settings:
            self.init(**settings)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        if freq > 0:
            self._numerator, self._denominator = 1_000_000, freq
        elif period > 0:
            self._numerator, self._denominator = period * 1000, 1
        else:
            raise ValueError("Timer needs freq or period")
        self._mode = mode
        self._callback = callback
        self._hard = hard
        self._base = _world.now
        self._count = 0
        self._skip()
        # Whole microseconds, and again and again: the way that costs least.
        self._period = self._numerator // self._denominator if mode == 1 else 0
        if self._numerator % self._denominator:
            self._period = 0
        _world.add_timer(self)

    def deinit(self):
        _world.remove_timer(self)

    def _skip(self):
        self._count += 1
        self.due = self._base + self._count * self._numerator // self._denominator

    @micropython.native
    def fire(self):
        if self._period:
            self.due += self._period
        elif self._mode:
            self._skip()
        else:
            self.due = _NEVER
        callback = self._callback
        if callback is None:
            return
        if not self._hard:
            try:
                callback(self)
            except Exception as error:
                self._failed(error)
            return
        heap_lock()
        try:
            callback(self)
            heap_unlock()
        except Exception as error:
            heap_unlock()
            self._failed(error)

    def _failed(self, error):
        """The ports print the exception and stop calling."""
        print("Uncaught exception in Timer callback")
        sys.print_exception(error)
        self._callback = None


class WDT:
    """machine.WDT: resets the controller when it was not fed for `timeout` milliseconds. The RP2040's longest is 8388 ms."""

    def __init__(self, id=0, timeout=5000):
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout exceeds 8388")
        self._timeout_us = timeout * 1000
        self.due = _world.now + self._timeout_us
        _world.add_timer(self)

    def feed(self):
        self.due = _world.now + self._timeout_us
        if self.due < _world.next_timer():
            _world.add_timer(self)

    def fire(self):
        _world.end(_world.WATCHDOG)
