"""Virtual time of one controller, and the exchange with the simulated world on an inherited socket (its number is in $WORLD_FD).

The world grants a stretch of time and gives the inputs that hold during it; the controller answers with the time it reached,
its outputs and what it sent. It stops early when it transmits or moves an edge output. Only `advance` lets time pass.
Both ways: eight int32 of head, the vector, then network events (kind, 0, connection u16, length u32, payload).
"""

import os
import sys
from array import array

import micropython
import tearing
from micropython import const, heap_lock, heap_unlock

VERSION = const(1)
HEAD = const(8)  # int32 words in front of each vector
NEVER = const(1 << 60)
_HELLO = const(0)
_RAN = const(1)
RESET = const(2)
WATCHDOG = const(3)
_POWER = const(4)
OUT_SIZE = const(8192)
_IN_SIZE = const(8192)
_SERIAL = const(9)
_TEAR = const(11)  # memory u8, bytes it still takes u16

_file = open(int(os.getenv("WORLD_FD")), "r+b")
_start = array("i", (0 for _ in range(HEAD)))  # version, inputs, outputs, reset cause, unique id (2 words)
if _file.readinto(_start) != 4 * HEAD or _start[0] != VERSION:
    raise SystemExit("the simulator did not greet this controller, or speaks another version")
INPUTS = _start[1]
OUTPUTS = _start[2]
RESET_CAUSE = _start[3]
UNIQUE_ID = bytes(_start[4] >> shift & 0xFF for shift in (24, 16, 8, 0)) + bytes(
    _start[5] >> shift & 0xFF for shift in (24, 16, 8, 0)
)

grant = array("i", (0 for _ in range(HEAD + INPUTS)))  # [0] event bytes, [1] microseconds, [2] inputs changed
reply = array("i", (0 for _ in range(HEAD + OUTPUTS)))  # [0] kind, [1] event bytes, [2] microseconds, then the outputs
_grant_bytes = 4 * (HEAD + INPUTS)
_in = bytearray(_IN_SIZE)
out = bytearray(OUT_SIZE)  # events to send with the next reply
out_length = 0
for _i in range(OUTPUTS):
    reply[HEAD + _i] = -1  # not driven yet: the equipment holds what it did before the controller started

now = 0  # microseconds since the start of this controller
edge = False  # an output moved whose time matters: stop here
arrived = False  # the last exchange brought network events
in_interrupt = False
_granted_from = 0
_grant_end = 0
_due = NEVER  # earliest timer
_watchdog = NEVER
_ticker = None  # the only timer, when it is hard and periodic
_timers = []
on_grant = []  # called when new inputs are there
on_event = None  # set by the socket module: f(kind, connection, buffer, start, length)
on_serial = None  # set by the UART module: f(number, buffer, start, length)


def _exchange(kind):
    global now, edge, arrived, out_length, _granted_from, _grant_end
    reply[0] = kind
    reply[1] = out_length
    reply[2] = now - _granted_from
    _file.write(reply)
    if out_length:
        _file.write(out, out_length)
        out_length = 0
    edge = False
    if _file.readinto(grant) != _grant_bytes:
        sys.exit(0)  # the world is gone
    _granted_from = now
    _grant_end = now + grant[1]
    arrived = grant[0] != 0
    if arrived:
        _take_events(grant[0])
    if grant[2]:
        for f in on_grant:
            f()


def _take_events(size):
    if _file.readinto(_in, size) != size:
        sys.exit(0)
    at = 0
    while at < size:
        length = _in[at + 4] | _in[at + 5] << 8 | _in[at + 6] << 16
        if _in[at] == _SERIAL:
            if on_serial is not None:
                on_serial(_in[at + 2], _in, at + 8, length)
        elif _in[at] == _TEAR:
            tearing.left[_in[at + 8]] = _in[at + 9] | _in[at + 10] << 8
        elif on_event is not None:
            on_event(_in[at], _in[at + 2] | _in[at + 3] << 8, _in, at + 8, length)
        at += 8 + length


def put_event(kind, connection, data=b"", length=0):
    """Queue an event for the world. False when there is no room before time passes again."""
    global out_length
    at = out_length
    if at + 8 + length > OUT_SIZE:
        return False
    out[at] = kind
    out[at + 1] = 0
    out[at + 2] = connection & 0xFF
    out[at + 3] = connection >> 8
    out[at + 4] = length & 0xFF
    out[at + 5] = length >> 8 & 0xFF
    out[at + 6] = 0
    out[at + 7] = 0
    copy(out, at + 8, data, 0, length)
    out_length = at + 8 + length
    return True


@micropython.viper
def copy(target: ptr8, at: int, source: ptr8, first: int, count: int):
    for i in range(count):
        target[at + i] = source[first + i]


@micropython.native
def advance(target, wake):
    """Let virtual time pass until `target`; with `wake` return as soon as the network brought something."""
    global now
    if in_interrupt:
        return  # time stands still in an interrupt handler
    while now < target:
        if edge or out_length or now >= _grant_end:
            _exchange(_RAN)
            if wake and arrived:
                return
        stop = _grant_end if _grant_end < target else target
        if _watchdog < stop:
            stop = _watchdog
        while _due <= stop:
            if _ticker is not None:
                _tick(stop)
            else:
                now = _due
                _fire()
            if edge or out_length:
                stop = now
                break
        now = stop
        if now >= _watchdog:
            end(WATCHDOG)


@micropython.native
def _tick(stop):
    """Run the one periodic hard timer up to `stop`: the path of the 1 kHz tick, kept short."""
    global now, in_interrupt, _due
    timer = _ticker
    callback = timer.callback
    period = timer.period
    due = _due
    in_interrupt = True
    heap_lock()
    try:
        while due <= stop:
            now = due
            due += period
            callback(timer)
            if edge or out_length or _ticker is None:
                break
        heap_unlock()
    except Exception as error:
        heap_unlock()
        timer.failed(error)
    in_interrupt = False
    if _ticker is not None:
        timer.due = _due = due
    else:
        if timer.due <= now:
            timer.due = due  # others were added meanwhile; this one goes on
        _schedule()


@micropython.native
def _fire():
    """Run the timers that are due now."""
    global in_interrupt
    in_interrupt = True
    for timer in _timers:
        if timer.due <= now:
            timer.fire()
    in_interrupt = False
    _schedule()


def _schedule():
    global _due
    first = NEVER
    for timer in _timers:
        if timer.due < first:
            first = timer.due
    _due = first


def add_timer(timer):
    """A timer has `due` (microseconds) and `fire()`, which moves `due` on."""
    global _ticker
    _ticker = None
    if timer not in _timers:
        _timers.append(timer)
    _schedule()
    if len(_timers) == 1 and timer.hard and timer.period:
        _ticker = timer


def remove_timer(timer):
    """It stays in the list: the list may be iterated right now, with the heap locked."""
    global _ticker
    _ticker = None
    timer.due = NEVER
    if not in_interrupt:
        _timers.remove(timer)
    _schedule()


def next_timer():
    return _due


def watch(due):
    """Move the watchdog's bite to `due`."""
    global _watchdog
    _watchdog = due


def end(kind):
    """Tell the world that this controller resets, and end."""
    _exchange(kind)
    sys.exit(0)


tearing.gone.append(lambda: end(_POWER))
reply[3] = VERSION
_exchange(_HELLO)  # the first grant has no time in it, but the inputs at the start
