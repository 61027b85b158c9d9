"""Updates over the bus, as far as they are always there: what runs, and how long this start has lasted.

Everything else (core.updating) is loaded when a host asks for it, on a trial and in the safe mode, and leaves the heap again.
"""

import sys

import slots
from micropython import const

from core.starting import at_start
from core.wire import get16

_LASTED_S = const(60)
_KEPT_S = const(3)  # a command that was done, for the host that asks for its answer
_PENDING = const(-1)
_BUSY, _DEVICE_FAILURE = const(6), const(4)  # exception codes
# In an order in which each one imports only what is there already: an import within an import goes deep into the stack.
_LAZY = (
    "maps.common_update",
    "core.slotting",
    "core.devicekey",
    "core.manifest",
    "core.trial",
    "core.receiving",
    "core.updating",
)


class Updates:
    """`active` is core.updating's while there is something to do, else None. `leaving`: the controller restarts in a second.

    Commands are done in step(), and not where a request is served: imports and the flash need more of a Pico's stack (8 kB) than
    is left there, and the hard tick, which finds too little, would raise and never come again. So a command is answered as
    busy until it was done, and whoever repeats it gets its answer.
    """

    @at_start
    def __init__(self, controller):
        self._controller = controller
        self._lasted_s = 0
        self.worst_write_us = 0
        self.leaving = self.failed = self.fallen_back = False
        self.active = None
        self._loaded = 0  # of _LAZY
        self._asked = 0  # command and file whose answer is not fetched yet
        self._answer = _PENDING
        self._asked_s = 0  # ago
        self._guard()

    @at_start
    def _guard(self):
        """What does not change while the controller runs is told; and the commands are heard."""
        from maps.common_update import Update, UpdateControl, UpdateOutcome, UpdatePolicy, UpdateRefusal, UpdateState
        from maps.fields import ADDRESS

        controller, record = self._controller, slots.record
        put = controller.inputs.put
        controller.inputs.put_text(Update.board, controller.board.NAME)
        try:
            with open("device.key", "rb") as file:
                data = file.read()
        except OSError:
            data = b""
        if len(data) == 33:  # as core.devicekey has it, which is not loaded for this
            put(Update.update_policy, data[32] & 3 | (any(data[:32]) << UpdatePolicy.KEYED))
        else:
            put(Update.update_policy, 0)
        put(Update.application, slots.slot)
        put(Update.update_refusal, UpdateRefusal.NONE)
        put(Update.update_state, UpdateState.IDLE)
        put(Update.update_outcome, record[9])
        put(Update.confirmed_application, record[5])
        put(Update.failed_starts, slots.failed)
        self.failed = record[9] > UpdateOutcome.CONFIRMED
        self.fallen_back = slots.safe or slots.slot != record[5]
        self._failed_starts = 2 * (Update.failed_starts & ADDRESS)
        self._command = UpdateControl.update_command & ADDRESS
        controller.holdings.guard(self._command, self._command + 2, self._may_command, self._commanded)

    @at_start
    def start(self):
        self._sleep()
        while (slots.trial or slots.safe) and self.active is None:
            self._load()
        slots.forget()

    def open(self, number):
        """A file for core.filerecords, or None."""
        return None if self.active is None else self.active.open(number)

    def step(self):
        """Each turn of housekeeping."""
        if self._asked and self._answer == _PENDING:
            self._do()
        if self.active is not None:
            self.active.step()

    def _do(self):
        """What was asked for, or a step towards it."""
        try:
            if self.active is None:
                self._load()
                return
            answer = self.active.do(self._asked >> 8, self._asked & 0xFF)
        except (OSError, MemoryError):
            answer = _DEVICE_FAILURE
        if answer != _BUSY:
            self._answer = answer

    def each_second(self):
        if self._lasted_s < _LASTED_S:
            self._lasted_s += 1
            if self._lasted_s == _LASTED_S and not slots.trial and not slots.safe:
                slots.healthy()
                image, at = self._controller.inputs.image, self._failed_starts
                image[at] = image[at + 1] = 0
        self._asked_s += 1
        if self._asked_s > _KEPT_S:
            self._asked = 0
        if self.active is not None:
            self.active.each_second()
            if not self.active.needed and not self._asked:
                self._sleep()

    def _load(self):
        """The next module; behind the last one `active`."""
        if self._loaded < len(_LAZY):
            __import__(_LAZY[self._loaded])
            self._loaded += 1
        else:
            from core.updating import Updating

            self.active = Updating(self._controller, self)

    def _sleep(self):
        self.active = None
        self._loaded = 0
        for place in _LAZY:
            if sys.modules.pop(place, None) is not None:
                package, name = place.split(".")
                delattr(sys.modules[package], name)

    def _may_command(self, address, count, data, offset):
        if not address <= self._command < address + count:
            return 0
        command = get16(data, offset + 2 * (self._command - address))
        number = get16(data, offset + 2 * (self._command + 1 - address)) if address + count > self._command + 1 else 0
        if not command:
            return 0
        asked = command << 8 | number
        if asked != self._asked:
            self._asked, self._answer = asked, _PENDING
        self._asked_s = 0
        if self._answer == _PENDING:
            return _BUSY
        self._asked = 0
        return self._answer

    def _commanded(self, address, count):
        image, at = self._controller.holdings.image, 2 * self._command
        image[at] = image[at + 1] = image[at + 2] = image[at + 3] = 0
