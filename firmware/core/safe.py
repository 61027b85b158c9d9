"""The safe mode: no equipment is touched, so outputs hold; the controller answers, and takes an update.

For when every application on the controller has failed again and again (slots.py). Registers and alarms are those of its
profile, and read as not available.
"""

from maps.common import Refusal, SafeReason

from core.starting import at_start


class Safe:
    """In place of an object of the class `profile`."""

    recorder = fram = None
    at_local = True
    ticking = False
    safe_reason = SafeReason.REPEATED_FAILURES
    tick_count = tick_overruns = chip_errors = answering = 0

    @at_start
    def __init__(self, profile):
        self.NUMBER, self.PRODUCT, self.TITLE = profile.NUMBER, profile.PRODUCT, profile.TITLE
        self.inputs, self.holdings, self.coils = profile.inputs, profile.holdings, profile.coils
        self.orders, self.alarms = profile.orders, profile.alarms
        self.COUNTER_BYTES = profile.COUNTER_BYTES
        self._kept = bytes(profile.COUNTER_BYTES)

    @at_start
    def bind(self, controller, board, equipment):
        self.latched_bits = controller.retained.word  # what has tripped stays so
        self.tripped = self.latched_bits != 0

    @at_start
    def start(self):
        print("mallee: safe mode: nothing is controlled, outputs hold")

    def regulate(self, dt_ms):
        """Nothing is."""

    def supervise(self, dt_ms):
        """Nothing is."""

    def housekeep(self, dt_ms):
        """Nothing to do."""

    def released(self):
        """A trip is reset by an application that protects."""

    def may_switch(self, address, value):
        return Refusal.NOT_PROTECTED

    def may_be_blind(self):
        return True

    def may_restart(self):
        return True

    def save(self, data, at):
        """Counters of a board without FRAM are kept as they are."""
        for i in range(len(self._kept)):
            data[at + i] = self._kept[i]

    @at_start
    def restore(self, data, at):
        self._kept = bytes(data[at : at + len(self._kept)])
