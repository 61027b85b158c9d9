"""Timer and watchdog of a virtual board. Both run in virtual time, to the microsecond."""

import sys

import _world
import micropython
from micropython import const, heap_lock, heap_unlock


class Timer:
    """machine.Timer of the RP2 port. A hard callback runs with the heap locked: what allocates there fails here as on a board."""

    ONE_SHOT = const(0)
    PERIODIC = const(1)

    def __init__(self, id=-1, **settings):
        self.due = _world.NEVER
        if settings:
            self.init(**settings)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        if freq > 0:
            self._numerator, self._denominator = 1_000_000, freq
        elif period > 0:
            self._numerator, self._denominator = period * 1000, 1
        else:
            raise ValueError("Timer needs freq or period")
        # Whole microseconds, and again and again: the way that costs least. 0: any other.
        whole = mode == 1 and self._numerator % self._denominator == 0
        self.period = self._numerator // self._denominator if whole else 0
        self._mode = mode
        self.callback = callback or _nothing
        self.hard = hard
        self._base = _world.now
        self._count = 0
        self._skip()
        _world.add_timer(self)

    def deinit(self):
        if self.due != _world.NEVER:
            _world.remove_timer(self)

    def _skip(self):
        self._count += 1
        self.due = self._base + self._count * self._numerator // self._denominator

    @micropython.native
    def fire(self):
        if self.period:
            self.due += self.period
        elif self._mode:
            self._skip()
        else:
            self.due = _world.NEVER
        if not self.hard:
            try:
                self.callback(self)
            except Exception as error:
                self.failed(error)
            return
        heap_lock()
        try:
            self.callback(self)
            heap_unlock()
        except Exception as error:
            heap_unlock()
            self.failed(error)

    def failed(self, error):
        """The ports print the exception and stop calling."""
        print("Uncaught exception in Timer callback")
        sys.print_exception(error)
        self.callback = _nothing


def _nothing(timer):
    pass


class WDT:
    """machine.WDT: resets the controller when it was not fed for `timeout` milliseconds. The RP2040's longest is 8388 ms."""

    def __init__(self, id=0, timeout=5000):
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout exceeds 8388")
        self._timeout_us = timeout * 1000
        self.feed()

    def feed(self):
        _world.watch(_world.now + self._timeout_us)
