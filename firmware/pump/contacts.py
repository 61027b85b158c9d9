"""Contacts between skids and of the level switch. An input is pulled up: closed to GND is True. None: no pin, or never seen."""

from core.starting import at_start
from machine import Pin


class Contact:
    """Two readings that agree count, for ten times a second. With `seen`, it is fitted when it was closed once."""

    @at_start
    def __init__(self, pin, seen=False):
        self._pin = None if pin is None else Pin(pin, Pin.IN, Pin.PULL_UP)
        self._known = not seen
        self._last = None
        self.closed = None

    def step(self):
        if self._pin is None:
            return
        closed = not self._pin()
        if closed == self._last:
            self._known = self._known or closed
            if self._known:
                self.closed = closed
        self._last = closed
