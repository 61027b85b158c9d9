"""What a serial line's diagnostics ask for: counters, the communication event log, listen-only mode.

MODBUS Application Protocol V1.1b3: 6.8 (FC08), 6.9 (FC11), 6.10 (FC12). Nothing here allocates.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
import micropython
from micropython import const

from core.starting import at_start
from core.wire import get16, put16

ILLEGAL_FUNCTION = const(1)
ILLEGAL_VALUE = const(3)
NO_ANSWER = const(0)  # as the length of an answer

RESTART = const(1)
LISTEN_ONLY = const(4)
# Sub-functions of FC08: these act on a serial line, and do not exist without one.
ON_A_LINE = (1, 3, 4)
ANYWHERE = (0, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20)
_CLEAR_LOG = const(0xFF00)
_WORD = const(0xFFFF)
_LOG_MAX = const(64)  # 6.10
_NEXT = const(64)
_LOGGED = const(65)

# Receive events (6.10.1) ...
RECEIVED = const(0x80)
_BROADCAST = const(0x40)
_OVERRUN = const(0x10)
_BAD_FRAME = const(0x02)
# ... send events (6.10.2) ...
_SENT = const(0x40)
_LISTENING = const(0x20)  # the same bit in both
# ... and two of their own (6.10.3, 6.10.4).
_ENTERED_LISTEN_ONLY = const(0x04)
_RESTARTED = const(0x00)


@micropython.viper
def _note(log: ptr8, event: int):
    place = log[64]
    log[place] = event
    log[64] = place + 1 & 63
    if log[65] < 64:
        log[65] += 1


@micropython.viper
def _note_both(log: ptr8):
    """What nearly every request leaves: one call instead of two."""
    place = log[64]
    log[place] = 0x80
    place = place + 1 & 63
    log[place] = 0x40
    log[64] = place + 1 & 63
    logged = log[65] + 2
    log[65] = logged if logged < 64 else 64


class Diagnostics:
    """Counters of one server. `line` is its serial line (core.rtu), or None on a network, where counters of a line are 0 and
    the sub-functions that act on a line do not exist."""

    @at_start
    def __init__(self):
        self.line = None
        self.messages = 0  # requests for this unit
        self.errors = 0  # frames rejected as malformed
        self.exceptions = 0
        self.busy = 0  # exceptions 06 among them
        self.completed = 0  # the communication event counter of FC11
        self.listening = False  # listen-only: everything is counted, nothing answered or done
        self.delimiter = 0x0A  # of ASCII framing, which this server does not speak; kept because FC08/03 sets it
        self._log = bytearray(_LOG_MAX + 2)  # a ring, then its next place and how many it holds

    def clear(self):
        """Sub-function 10: all counters; the log stays."""
        self.messages = self.errors = self.exceptions = self.busy = self.completed = 0
        line = self.line
        if line is not None:
            line.overruns = line.unanswered = line.broadcasts = line.foreign = 0

    def restart(self, clear_log):
        """Sub-function 1: the line starts anew: counters are cleared and listening ends."""
        self.clear()
        self.listening = False
        if clear_log:
            self._log[_LOGGED] = 0
        self.note(_RESTARTED)

    def note(self, event):
        _note(self._log, event)

    @micropython.native
    def received(self, broadcast=False):
        """A good request came that gets no answer."""
        _note(self._log, RECEIVED | (_BROADCAST if broadcast else 0) | (_LISTENING if self.listening else 0))

    def bad_frame(self, overrun=False):
        self.errors += 1
        self.note(RECEIVED | (_OVERRUN if overrun else _BAD_FRAME) | (_LISTENING if self.listening else 0))

    def refused(self, code):
        """A request came, and an exception leaves."""
        self.exceptions += 1
        self.note(RECEIVED)
        if code == 6:
            self.busy += 1
        # 6.10.2: codes 1-3 are "read exceptions", 4 an abort, 5 and 6 busy.
        self.note(_SENT | (1 if code <= 3 else 2 if code == 4 else 4))

    @micropython.native
    def answered(self):
        """A request came and is done, and its answer leaves."""
        self.completed += 1
        _note_both(self._log)

    def diagnose(self, request, at, length, answer, to):
        """FC08. Returns the length of the answer, NO_ANSWER, or minus the exception code."""
        if length < 3:
            return -ILLEGAL_VALUE
        sub = get16(request, at + 1)
        if sub == 0:  # loopback of any data: with it a host proves that an answer belongs to its request
            for i in range(1, length):
                answer[to + i] = request[at + i]
            return length
        if sub not in ANYWHERE and (self.line is None or sub not in ON_A_LINE):
            return -ILLEGAL_FUNCTION
        if length != 5:
            return -ILLEGAL_VALUE
        data = get16(request, at + 3)
        if data and not (sub == RESTART and data == _CLEAR_LOG or sub == 3 and not data & 0xFF):
            return -ILLEGAL_VALUE
        if sub == LISTEN_ONLY:
            self.listening = True
            self.note(_ENTERED_LISTEN_ONLY)
            return NO_ANSWER  # 6.8: no response is returned
        put16(answer, to + 1, sub)
        put16(answer, to + 3, self._act(sub, data))
        return 5

    def _act(self, sub, data):
        """Do what the sub-function asks for; the data of its answer."""
        line = self.line
        if sub == RESTART:
            self.restart(data == _CLEAR_LOG)
        elif sub == 3:
            self.delimiter = data >> 8
        elif sub == 10:
            self.clear()
        elif sub == 11:  # all good frames on the bus, whoever they are for
            return (self.messages + (line.foreign + line.broadcasts if line is not None else 0)) & _WORD
        elif sub == 12:
            return self.errors & _WORD
        elif sub == 13:
            return self.exceptions & _WORD
        elif sub == 14:
            return (self.messages + (line.broadcasts if line is not None else 0)) & _WORD
        elif sub == 15:
            return (line.unanswered + line.broadcasts) & _WORD if line is not None else 0
        elif sub == 17:
            return self.busy & _WORD
        elif sub == 18:
            return line.overruns & _WORD if line is not None else 0
        elif sub == 20 and line is not None:
            line.overruns = 0
        else:  # 2: the diagnostic register, whose bits are the device's own: it has none. 16: exception 07 is never sent
            return 0 if sub != 20 else data
        return data

    def event_counter(self, request, at, length, answer, to):
        """FC11: status (never busy: a request is done when its answer leaves) and the count of completed requests."""
        if length != 1:
            return -ILLEGAL_VALUE
        put16(answer, to + 1, 0)
        put16(answer, to + 3, self.completed & _WORD)
        return 5

    def event_log(self, request, at, length, answer, to):
        """FC12: the same, the message count, and the log, newest first."""
        if length != 1:
            return -ILLEGAL_VALUE
        count, place = self._log[_LOGGED], self._log[_NEXT]
        answer[to + 1] = 6 + count
        put16(answer, to + 2, 0)
        put16(answer, to + 4, self.completed & _WORD)
        put16(answer, to + 6, self.messages & _WORD)
        for i in range(count):
            place = place - 1 if place else _LOG_MAX - 1
            answer[to + 8 + i] = self._log[place]
        return 8 + count
