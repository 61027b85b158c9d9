"""Updates over the bus, as far as they are always there: the commands, what runs, and how long a start has lasted.

Receiving one (core.receiving) and proving one (core.trial) are loaded when they are needed, and leave the heap with it.
"""

# pyright: reportOptionalMemberAccess=false
# (a session or a trial is asked for only while there is one)
import slots
from maps.common import Refusal
from maps.common_update import Update, UpdateCommand, UpdateControl, UpdateOutcome, UpdateRefusal, UpdateState
from maps.fields import ADDRESS
from micropython import const

from core.devicekey import key
from core.starting import at_start
from core.wire import get16

_LASTED_S = const(60)
_SAFE_S = const(1800)
_BUSY = const(6)  # exception code
_FILE = UpdateControl.update_file & ADDRESS
_COMMAND = UpdateControl.update_command & ADDRESS


class Updating:
    """`session` is core.receiving's while an update is under way, else None."""

    @at_start
    def __init__(self, controller):
        self._controller = controller
        self._trial = None
        self._restart = False  # is asked for
        self.leaving = False  # in the next second, if the equipment still allows it
        self._lasted_s = 0
        self.worst_write_us = 0
        self.session = None
        put = controller.inputs.put
        put(Update.application, slots.slot)
        put(Update.update_policy, key()[1])
        controller.inputs.put_text(Update.board, controller.board.NAME)
        controller.holdings.guard(_COMMAND, _FILE + 1, self._may_command, self._commanded)

    @at_start
    def start(self):
        if slots.trial:
            from core.trial import Trial

            self._trial = Trial(self._controller)
        self._publish()

    @property
    def failed(self):
        return slots.outcome() > UpdateOutcome.CONFIRMED

    @property
    def fallen_back(self):
        """This is not the application that should run."""
        return slots.safe or not slots.trial and slots.slot != slots.confirmed()

    def leave(self):
        """Restart as soon as the equipment allows."""
        self._restart = True

    def wrote(self, us):
        """A piece of an update took that long."""
        self.worst_write_us = max(self.worst_write_us, us)

    def open(self, number):
        """A file for core.filerecords, or None."""
        return None if self.session is None else self.session.open(number)

    def step(self):
        """Each turn of housekeeping."""
        session = self.session
        if session is not None and session.step():
            self._publish()

    def each_second(self):
        self._leave()
        if self._lasted_s < _SAFE_S:
            self._lasted_s += 1
            if self._lasted_s == _LASTED_S and self._trial is None and not slots.safe:
                slots.healthy()
            elif self._lasted_s == _SAFE_S and slots.safe:
                slots.healthy()
                self._restart = True  # perhaps what broke it has gone
        if self._trial is not None and slots.trial:
            self._trial.each_second()
        elif self.session is not None and not self._restart and self.session.each_second():
            self._end()
        self._publish()

    def _leave(self):
        """A second is announced; then this does not return."""
        if not self._restart or not self._controller.profile.may_restart():
            self.leaving = False
        elif not self.leaving:
            self.leaving = True
        elif self.session is None or self._stage():
            self._controller.restart()
        else:
            self._restart = self.leaving = False
            self._controller.inputs.put(Update.update_refusal, UpdateRefusal.STORAGE)

    def _stage(self):
        from core.trial import well

        return slots.stage(self.session.target, self._controller.profile.answering, well(self._controller))

    def _end(self):
        self.session.close()
        self.session = None

    def _publish(self):
        put, session, trial = self._controller.inputs.put, self.session, slots.trial
        state = UpdateState.IDLE
        if self._restart and session is not None:
            state = UpdateState.WAITING
        elif trial:
            state = UpdateState.TRIAL
        elif session is not None:
            state = session.state
        put(Update.update_state, state)
        put(Update.update_outcome, slots.outcome())
        put(Update.failed_starts, slots.failed)
        put(Update.confirmed_application, slots.confirmed())
        put(Update.trial_remaining, self._trial.left_s if trial else None)
        if session is not None:
            session.publish(put)

    def _may_command(self, address, count, data, offset):
        """A command acts at once, so that a refusal is the answer to the request that caused it."""
        if not address <= _COMMAND < address + count:
            return 0
        command = get16(data, offset + 2 * (_COMMAND - address))
        number = get16(data, offset + 2 * (_FILE - address)) if address + count > _FILE else 0
        if self.session is not None and self.session.busy and UpdateCommand.COMPARE <= command < UpdateCommand.ACTIVATE:
            return _BUSY
        why = self._do(command, number)
        self._controller.inputs.put(Update.update_refusal, why)
        self._publish()
        return self._controller.refuse(Refusal.UPDATE) if why else 0

    def _commanded(self, address, count):
        self._controller.holdings.put(UpdateControl.update_command, 0)
        self._controller.holdings.put(UpdateControl.update_file, 0)

    def _do(self, command, number):
        """Why it is refused, or 0."""
        if command == UpdateCommand.NONE:
            return 0
        if command == UpdateCommand.RESTART:
            slots.healthy()  # somebody means it: the confirmed application has its turn
            self._restart = True
            return 0
        if slots.trial:
            return self._trial.do(command)
        if self._restart:
            return UpdateRefusal.NOT_NOW
        if command == UpdateCommand.BEGIN:
            return self._begin()
        session = self.session
        if session is None:
            return UpdateRefusal.NOT_NOW
        if command == UpdateCommand.CANCEL:
            self._end()
            return 0
        if command == UpdateCommand.ACTIVATE:
            self._restart = session.state == UpdateState.READY
            return 0 if self._restart else UpdateRefusal.NOT_NOW
        return session.do(command, number)

    def _begin(self):
        if self.session is not None:
            self._end()
        from core.receiving import Receiving

        try:
            self.session = Receiving(self._controller, slots)
        except OSError:
            return UpdateRefusal.STORAGE
        return 0
