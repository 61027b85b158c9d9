"""Pulses by a counter of the processor: machine.Counter, or esp32.PCNT where that is not there yet. Counts over the time between
two readings, so at 10 Hz it is good to one pulse."""

from time import ticks_add, ticks_diff, ticks_ms

from machine import Pin

from drivers.pulses import SILENT_ms, fading

_WINDOW_ms = 500
_used = []


def _counter(pin):
    number = len(_used)
    _used.append(pin)
    try:
        from machine import Counter  # pyright: ignore[reportAttributeAccessIssue]
    except ImportError:
        from esp32 import PCNT  # pyright: ignore

        counter = PCNT(number, pin=Pin(pin, Pin.IN), rising=PCNT.INCREMENT)
        counter.start()
        return counter
    return Counter(number, Pin(pin, Pin.IN))


class Pulses:
    def __init__(self, pin):
        self._count = _counter(pin).value
        self._seen = self._count()
        self._at_ms = self._moved_ms = ticks_ms()
        self._hertz = None

    def hertz(self):
        now, count = ticks_ms(), self._count()
        pulses, span = count - self._seen, ticks_diff(now, self._at_ms)
        if pulses < 0:  # its 16 bits overran
            pulses += 0x10000
        if not pulses:
            silent_ms = ticks_diff(now, self._moved_ms)
            self._hertz = fading(self._hertz, silent_ms)
            if silent_ms >= SILENT_ms:
                # Ticks wrap: a silence of days must not become young.
                self._at_ms, self._moved_ms = now, ticks_add(now, -SILENT_ms)
        elif span >= _WINDOW_ms:
            self._hertz = pulses * 1000 / span
            self._seen, self._at_ms, self._moved_ms = count, now, now
        return self._hertz
