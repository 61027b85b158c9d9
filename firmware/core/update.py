"""Updates over the bus, as far as they are always there: what runs, and how long this start has lasted.

Everything else (core.updating) is loaded when a host asks for it, on a trial and in the safe mode, and leaves the heap again.
"""

import sys

import slots
from micropython import const

from core.starting import at_start
from core.wire import get16

_LASTED_S = const(60)
_LAZY = ("updating", "receiving", "manifest", "devicekey", "trial", "slotting")


class Updates:
    """`active` is core.updating's while there is something to do, else None. `leaving`: the controller restarts in a second."""

    @at_start
    def __init__(self, controller):
        self._controller = controller
        self._lasted_s = 0
        self.worst_write_us = 0
        self.leaving = self.failed = self.fallen_back = False
        self.active = None
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
        if slots.trial or slots.safe:
            self._wake()
        else:
            self._sleep()
        slots.forget()

    def open(self, number):
        """A file for core.filerecords, or None."""
        return None if self.active is None else self.active.open(number)

    def step(self):
        """Each turn of housekeeping."""
        if self.active is not None:
            self.active.step()

    def each_second(self):
        if self._lasted_s < _LASTED_S:
            self._lasted_s += 1
            if self._lasted_s == _LASTED_S and not slots.trial and not slots.safe:
                slots.healthy()
                image, at = self._controller.inputs.image, self._failed_starts
                image[at] = image[at + 1] = 0
        if self.active is not None:
            self.active.each_second()
            if not self.active.needed:
                self._sleep()

    def _wake(self):
        if self.active is None:
            from core.updating import Updating

            self.active = Updating(self._controller, self)
        return self.active

    def _sleep(self):
        self.active = None
        for name in _LAZY:
            if sys.modules.pop("core." + name, None) is not None:
                delattr(sys.modules["core"], name)
        if sys.modules.pop("maps.common_update", None) is not None:
            delattr(sys.modules["maps"], "common_update")

    def _may_command(self, address, count, data, offset):
        if not address <= self._command < address + count:
            return 0
        command = get16(data, offset + 2 * (self._command - address))
        number = get16(data, offset + 2 * (self._command + 1 - address)) if address + count > self._command + 1 else 0
        return self._wake().may_command(command, number) if command else 0

    def _commanded(self, address, count):
        image, at = self._controller.holdings.image, 2 * self._command
        image[at] = image[at + 1] = image[at + 2] = image[at + 3] = 0
