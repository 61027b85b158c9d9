"""Modbus RTU over a UART and an RS-485 transceiver (MODBUS over Serial Line Specification V1.02, chapter 2).

Bytes gather in a window that silence ends. A request is served as soon as its last byte is there; its answer leaves when 3.5
characters of silence have passed. The loop may be away for milliseconds: then only silence that was looked at counts, and
bytes that came meanwhile may be several frames. Nothing here allocates once it runs.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
import select
from time import sleep_us, ticks_add, ticks_diff, ticks_us

import micropython
from machine import UART, Pin
from maps.common import CommonSettings
from maps.fields import ADDRESS
from micropython import const

from core.rtuframes import ADU_MAX, answer_length, request_length, whole
from core.starting import at_start
from core.wire import copy, crc16_modbus, same

_BUFFER = const(512)
_BITS = const(11)  # a character of the standard (2.5.1): start, eight data, parity or second stop, stop
_LOOK_US = const(200)  # between looks while something goes on; an answer is late by half of it in the mean
_AGAIN_US = const(10)
_HOLD_US = const(12_000)  # a transmission that ends this soon is waited for, where a late direction pin blocks the bus
_LATE_US = const(4_000)  # tasks may be this late for the sake of an answer that is out by then
_WATCH_US = const(2_500)  # so long the line is watched without a pause before an answer goes
_SEARCH = const(8)  # noise bytes behind which a frame of any unit is looked for; beyond, only our own
_IDLE = const(-1)
_FRAMINGS = {"8E1": (0, 1), "8O1": (1, 1), "8N1": (None, 1), "8N2": (None, 2)}


class RtuServer:
    """Serves one unit on one bus. `pins` is the board's RS485: uart, tx, rx, and direction (None: the transceiver decides).

    `timed` is the board's hardware for what this loop is too late for, see core.line_pio. None: direction and silence are
    polled."""

    connected = evictions = None  # of Modbus TCP only

    @at_start
    def __init__(self, server, pins, unit, baud=19200, framing="8E1", timed=None):
        parity, stop = _FRAMINGS[framing]
        self.server = server
        server.diagnostics.line = self
        self.unit = unit
        self.overruns = self.unanswered = self.noise = self.gaps = self.broadcasts = self.foreign = self.echoes = 0
        tx, rx, direction = Pin(pins["tx"]), Pin(pins["rx"]), pins["direction"]
        self._uart = UART(
            pins["uart"], baud, bits=8, parity=parity, stop=stop, tx=tx, rx=rx, rxbuf=_BUFFER, txbuf=_BUFFER
        )
        bits = 9 + (parity is not None) + stop
        self._sent_character_us = (
            bits * 1_000_000 // baud
        )  # of our own; what is heard counts in the standard's eleven bits
        self._hold_us = _HOLD_US
        self._more = self._uart.any  # to bind a method is to allocate
        self._direction = None
        if direction is not None:
            self._direction = Pin(direction, Pin.OUT, value=0)
            if timed is not None:
                self._direction = timed.Direction(tx, self._direction, baud, bits)
                self._hold_us = 0
        self._poll = select.poll()
        self._poll.register(self._uart, select.POLLIN)
        self._character_us = _BITS * 1_000_000 // baud
        # 2.5.1.1: fixed above 19200 Bd. Rounded up: never before.
        self._t35_us = 1750 if baud > 19200 else (35 * _BITS * 100_000 + baud - 1) // baud
        self._t15_us = 750 if baud > 19200 else 15 * _BITS * 100_000 // baud
        self._silent = None if timed is None else timed.Silence(rx, baud, bits, self._t35_us)
        self._input = bytearray(_BUFFER)
        self._window = bytearray(_BUFFER)
        self._filled = 0
        self._looked_at = 0  # bytes of the window in which no frame was found
        self._answer = bytearray(ADU_MAX)
        self._size = 0  # of the answer that waits for its time, or is being sent
        self._sending = False
        self._echo_at = -1  # place in the last answer up to which its echo was heard; -1: no echo
        self._echo_end = 0
        self._awaited = -1  # unit whose answer is the next frame of its address
        self._last_us = self._quiet_us = self._sent_us = 0
        self._due_us = _IDLE  # until an answer may go, as far as that is known
        self.age(0)

    def age(self, ms):
        """Take over settings, once a second."""
        word = self.server.holdings.word
        self._delay_us = 1000 * word(CommonSettings.reply_delay & ADDRESS)
        strict = word(CommonSettings.strict_gap & ADDRESS)
        limit_us = self._t15_us if strict else 1000 * word(CommonSettings.gap_limit & ADDRESS)
        # What is seen of a gap is the time to the end of the next character. A gap that ends frames must not be shorter
        # than the one that may be inside one, unless the standard's own rule was asked for.
        self._limit_us = limit_us + self._character_us if strict else max(limit_us, self._t35_us) + self._character_us

    @micropython.native
    def wait(self, ms):
        """Serve what comes for at most `ms` milliseconds, and at least what is there already."""
        deadline = ticks_add(ticks_us(), 1000 * ms)
        while True:
            pause = self._step(ticks_us())
            left = ticks_diff(deadline, ticks_us())
            if left <= 0 and not (self._sending and 0 <= pause <= self._hold_us):
                if not 0 <= self._due_us <= left + _LATE_US:
                    return  # to a task that is due
            if pause == _IDLE and left >= 1000:
                for _ in self._poll.ipoll(left // 1000):
                    pass
            elif pause == _IDLE:
                sleep_us(left)
            else:
                sleep_us(pause if left <= 0 or pause < left else left)

    @micropython.native
    def _step(self, now):
        """Do what is due; returns the microseconds after which to look again, or _IDLE."""
        if self._sending:
            left = self._size * self._sent_character_us - ticks_diff(now, self._sent_us)
            if not self._uart.txdone():
                return max(left, 20)
            self._sent()
        self._due_us = _IDLE
        silent = self._silent is not None and self._silent()  # asked before the buffer: what came before it is there
        count = self._more()
        if count:
            self._take(count)
            self._expect(0)
            return _AGAIN_US if silent else min(self._character_us, _LOOK_US)
        if not self._filled and not self._size:
            return _IDLE
        quiet = ticks_diff(now, self._last_us)
        if silent and quiet < self._t35_us:
            quiet = self._t35_us
        self._quiet_us = quiet
        if not self._size:
            self._expect(quiet)
            least = min(self._t35_us, self._limit_us)
            if quiet < least:
                return min(least - quiet, _LOOK_US)
            if quiet >= self._limit_us or self._looked_at != self._filled:
                self._search(quiet >= self._limit_us)
            self._due_us = _IDLE
            if not self._size:
                return _LOOK_US if self._filled else _IDLE
        left = self._t35_us + self._delay_us - quiet
        if left > 0:
            if left > _WATCH_US or self._delay_us or not self._heard_silence(now, left):
                self._due_us = left
                return min(left, _LOOK_US)
        self._end_of_silence()
        return _LOOK_US

    @micropython.native
    def _expect(self, quiet):
        """Tell when the answer to what has come so far may go; the last byte came `quiet` microseconds ago."""
        left = self._t35_us + self._delay_us
        if not self._size:
            if self._filled < 2 or self._window[0] != self.unit:
                return
            more = request_length(self._window, 0, self._filled) - self._filled
            if more <= 0:
                return
            left += more * self._character_us
        self._due_us = max(0, left - quiet)

    @micropython.native
    def _heard_silence(self, now, left):
        """Watch the line for the `left` microseconds that an answer waits at most. True: the silence before it has passed."""
        silent, more = self._silent, self._more
        if silent is None:
            return False
        while True:
            heard = silent()
            if more():
                return False
            if heard or ticks_diff(ticks_us(), now) >= left:
                return True

    # Receiving.

    @micropython.native
    def _take(self, count):
        if self._quiet_us >= self._limit_us and self._filled and not self._size:
            self._search(True)
        count = self._uart.readinto(self._input, min(count, _BUFFER)) or 0
        # Now, and not when it was looked: a hard tick may have passed in between, and a byte with it.
        self._last_us = ticks_us()
        self._quiet_us = 0
        start = 0
        if self._echo_at >= 0:
            start = self._echo(count)
        if count >= _BUFFER - 1 or self._filled + count - start > _BUFFER:
            self.overruns += 1  # bytes may be missing anywhere
            self._drop(True)
            return
        copy(self._window, self._filled, self._input, start, count - start)
        self._filled += count - start
        while self._filled and not self._size and self._first():
            pass

    def _echo(self, count):
        """Bytes at the head of the input that are our own answer: the transceiver hears itself."""
        size = min(count, self._echo_end - self._echo_at)
        if not same(self._answer, self._echo_at, self._input, 0, size):
            size = 0
        self._echo_at += size
        if not size or self._echo_at == self._echo_end:
            self._echo_at = -1
            self.echoes += 1 if size else 0
        return size

    @micropython.native
    def _first(self):
        """Serve or skip the frame at the head of the window, if it is complete. What is noise shows after the silence."""
        unit = self._window[0]
        if unit != self.unit and unit == self._awaited:
            length = answer_length(self._window, 0, self._filled)
        else:
            length = request_length(self._window, 0, self._filled)
        if length <= 0 or not whole(self._window, 0, self._filled, length):
            return False
        if unit == self.unit:
            self._serve(0, length)
        else:
            length = self._frame(0, 0)
            self._skip(0, length)
            self._consume(length)
        return True

    def _frame(self, at, skipped):
        """Length of the good frame at window[at:], or 0."""
        window, count = self._window, self._filled - at
        unit = window[at]
        if skipped and (unit > 247 or skipped > _SEARCH and unit != self.unit and unit != self._awaited):
            # Above 247 there should be nobody (2.2), but in some racks there is. Such frames are known where a frame must
            # begin, and not behind noise: registers full of 0xFFFF look like them.
            return 0
        request = whole(window, at, count, request_length(window, at, count))
        if not request and count >= 8 and window[at + 1] == 8:
            request = whole(window, at, count, 8)
        if unit == self.unit or unit == 0:
            return request
        answer = whole(window, at, count, answer_length(window, at, count))
        # After a request to another unit the next frame of its address is its answer, though it may look like a request.
        if answer and (unit == self._awaited or not request):
            self._awaited = -1
            return answer
        if request:
            self._awaited = unit
        return request

    def _search(self, final):
        """Find frames anywhere in the window: a byte of noise must not cost the good frame behind it. Serves the last one, if
        it is ours. `final`: the gap is so long that what is incomplete stays so. Returns how many frames there were."""
        at = skipped = own_size = done = frames = 0
        own = -1
        while self._filled - at >= 4:
            size = self._frame(at, skipped)
            if not size:
                at += 1
                skipped += 1
                continue
            if own >= 0:
                self.unanswered += 1  # its master sent again, and waits for this one no more
                own = -1
            self.noise += skipped
            skipped = 0
            frames += 1
            if self._window[at] == self.unit:
                own, own_size = at, size
            else:
                self._skip(at, size)
            at += size
            done = at
        if own >= 0:
            self._serve(own, own_size)
            if final and self._filled:
                self._drop()  # or what comes behind our answer would complete it
            return frames
        self._consume(done)
        if final and self._filled:
            if request_length(self._window, 0, self._filled) > self._filled:
                self.gaps += 1
            self._drop()
        self._looked_at = self._filled
        return frames

    def _skip(self, at, size):
        """A frame that is not for this unit alone: a broadcast is never answered, the rest is none of our business."""
        if self._window[at] == 0:
            self.broadcasts += 1
            self.server.handle_broadcast(self._window, at + 1, size - 3)
        else:
            self.foreign += 1

    def _drop(self, overrun=False):
        self.server.diagnostics.bad_frame(overrun)
        self.noise += self._filled
        self._filled = self._looked_at = 0

    @micropython.native
    def _consume(self, size):
        self._filled -= size
        copy(self._window, 0, self._window, size, self._filled)  # they overlap, and the copy runs forward
        self._looked_at = 0

    # Answering.

    @micropython.native
    def _serve(self, at, size):
        """Make the answer. What comes behind the request stays in the window until silence decides whether it is sent."""
        length = self.server.handle(self._window, at + 1, size - 3, self._answer, 1)
        if length:
            length += 1
            self._answer[0] = self.unit
            crc = crc16_modbus(self._answer, 0, length)
            self._answer[length] = crc & 0xFF  # low byte first (6.2.2)
            self._answer[length + 1] = crc >> 8
            self._size = length + 2
        else:  # listen-only mode
            self.unanswered += 1
        self._consume(at + size)

    @micropython.native
    def _end_of_silence(self):
        self._due_us = _IDLE
        if self._filled:
            size = self._size
            self._size = 0
            if self._search(True):
                self.unanswered += 1
                if not self._size:
                    return
            else:
                self._size = size
        if self._direction is not None:
            self._direction(self._size)  # a pin takes it for 1
        self._sent_us = ticks_us()
        self._uart.write(self._answer, self._size)  # pyright: ignore[reportCallIssue]  (the stubs miss the count)
        self._sending = True

    def _sent(self):
        """The last stop bit is out: free the bus at once. A character more, and the next request would collide."""
        if self._direction is not None:
            self._direction(0)
        # An echo is as far as the transmission itself.
        self._echo_at = 0 if self._uart.any() >= self._size - 1 else -1
        self._echo_end = self._size
        self._sending = False
        self._size = 0
