"""The device clock: seconds since 1970, once a host has set it. It is lost with the power."""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
import time

from maps.common import ClockSource

from core.starting import at_start
from core.wire import copy, get32

# Ports that count from 1970 and ports that count from 2000 both exist.
EPOCH_OFFSET_S = 946684800 if time.gmtime(0)[0] == 2000 else 0


class Clock:
    @at_start
    def __init__(self):
        self.source = ClockSource.NONE
        self._ahead_s = 0
        self._wanted = bytearray(4)
        self._due = False

    def now_s(self):
        return time.time() + EPOCH_OFFSET_S + self._ahead_s

    def ask(self, data, at):
        """Set the clock to the four bytes at data[at:] with the next step(): today's seconds are no small integer on a board,
        and a request allocates nothing. Zero asks for nothing."""
        if data[at] | data[at + 1] | data[at + 2] | data[at + 3]:
            copy(self._wanted, 0, data, at, 4)
            self._due = True

    def step(self):
        """Set what was asked for; True when the clock was set. In the main loop, within 10 ms of the request."""
        if not self._due:
            return False
        self._due = False
        self._ahead_s = get32(self._wanted, 0) - time.time() - EPOCH_OFFSET_S
        self.source = ClockSource.HOST
        return True
