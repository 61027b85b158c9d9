"""What all controllers of a bus do at the same moment: latch a sample, set the clock. One block of registers, for which a serial
broadcast is accepted too (wire contract: nothing that moves equipment). Nothing here allocates.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
from time import ticks_diff, ticks_ms

from maps.common import LATCHED, MAGIC, Broadcast, BroadcastCommand, Latch, Refusal, Status
from maps.fields import ADDRESS
from micropython import const

from core.starting import at_start
from core.wire import copy, get16

_FIRST = Broadcast.broadcast_magic & ADDRESS
_COUNT = const(5)
_END = (Broadcast.broadcast_clock & ADDRESS) + 2
_WRITE_REGISTERS = const(16)
_PDU = const(16)  # bytes of the request: function, address, count, byte count, five registers
_LATCH_NUMBER = const(4)  # bytes behind the magic
_CLOCK = const(6)
_AGE_MAX_MS = const(0x0FFFFFFF)  # three days; the ticks of a board wrap after twelve


class Together:
    """`refuse(reason)` keeps why a write was refused and returns its exception code."""

    @at_start
    def __init__(self, inputs, holdings, clock, refuse):
        self._inputs, self._holdings, self._clock, self._refuse = inputs, holdings, clock, refuse
        for first, end, _ in inputs.spans:
            if first == Status.sequence & ADDRESS:
                self._fast = 2 * first
                self._bytes = 2 * (end - first)
        self._copy = inputs.extend(LATCHED, self._bytes // 2)
        self._number = inputs.place(Latch.latch_number)
        copy(inputs.image, self._copy, inputs.image, self._fast, self._bytes)  # nothing is available yet
        self._latched_ms = 0
        self._age_ms = -1
        holdings.guard(_FIRST, _END, self._may_write, self._written)

    def broadcast(self, request, at, length):
        """A request for all units of the line: FC16 of exactly this block, with the magic word; all else is ignored."""
        if (
            length == _PDU
            and request[at] == _WRITE_REGISTERS
            and get16(request, at + 1) == _FIRST
            and get16(request, at + 3) == _COUNT
            and request[at + 5] == 2 * _COUNT
            and get16(request, at + 6) == MAGIC
        ):
            self._holdings.write(_FIRST, _COUNT, request, at + 6)

    def age(self):
        """Publish how old the latched sample is; each 100 ms."""
        if self._age_ms < 0 or self._age_ms >= _AGE_MAX_MS:
            return
        self._age_ms = ticks_diff(ticks_ms(), self._latched_ms)
        self._inputs.put(Latch.latch_age, self._age_ms)

    def _may_write(self, address, count, data, offset):
        if address != _FIRST or count != _COUNT or get16(data, offset) != MAGIC:
            return self._refuse(Refusal.BAD_COMMAND)
        command = get16(data, offset + 2)
        if command != BroadcastCommand.LATCH and command != BroadcastCommand.SET_CLOCK:
            return self._refuse(Refusal.BAD_COMMAND)
        return 0

    def _written(self, address, count):
        holdings, inputs = self._holdings, self._inputs
        at = holdings.locate(_FIRST, _COUNT)
        if get16(holdings.image, at + 2) == BroadcastCommand.LATCH:
            self._latched_ms = ticks_ms()
            self._age_ms = 0
            copy(inputs.image, self._copy, inputs.image, self._fast, self._bytes)
            copy(inputs.image, self._number, holdings.image, at + _LATCH_NUMBER, 2)
            inputs.put(Latch.latch_age, 0)
        else:
            self._clock.ask(holdings.image, at + _CLOCK)
        for i in range(at, at + 2 * _COUNT):
            holdings.image[i] = 0
