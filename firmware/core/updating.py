"""Updates over the bus: the commands and what follows. Loaded when a host asks for one, on a trial, in the safe mode."""

# pyright: reportOptionalMemberAccess=false
# (a session or a trial is asked for only while there is one)
import slots
from maps.common import Refusal
from maps.common_update import Update, UpdateCommand, UpdateOutcome, UpdateRefusal, UpdateState
from micropython import const

from core import slotting

_SAFE_S = const(1800)
_BUSY = const(6)  # exception code


class Updating:
    """`session` is core.receiving's while an update is under way, else None."""

    def __init__(self, controller, updates):
        self._controller = controller
        self._updates = updates
        self._restart = False  # is asked for
        self._activated = False  # to the slot that was filled, which is whole
        self._safe_s = 0
        self.session = None
        self._trial = None
        if slots.trial:
            from core.trial import Trial

            self._trial = Trial(controller, self.leave)
        self._publish()

    @property
    def needed(self):
        """There is something to do."""
        return self._restart or self.session is not None or slots.trial or slots.safe

    def leave(self):
        """Restart as soon as the equipment allows."""
        self._restart = True

    def open(self, number):
        return None if self.session is None else self.session.open(number)

    def step(self):
        session = self.session
        if session is not None and session.step():
            self._publish()

    def each_second(self):
        self._leave()
        if slots.safe and self.session is None:  # an update is what will help it
            self._safe_s += 1
            if self._safe_s == _SAFE_S:
                slots.healthy()
                self._restart = True  # perhaps what broke it has gone
        if slots.trial:
            self._trial.each_second()
        elif self.session is not None and self.session.each_second():
            if self._activated:  # whoever asked for that would not be there to confirm it
                self._stay()
            if not self._restart and self._controller.profile.may_be_blind():  # to close a file writes
                self._end()
        self._publish()

    def _leave(self):
        """A second is announced; then this does not return."""
        updates = self._updates
        if not self._restart or not self._controller.profile.may_restart():
            updates.leaving = False
        elif not updates.leaving:
            updates.leaving = True
        elif not self._activated or self._stage():
            if slots.trial and self._trial.why:
                slotting.give_up(self._trial.why)  # here, where the equipment lets it write
            slots.healthy()  # a restart that was asked for is no failed start
            self._controller.restart()
        else:
            self._stay()
            self._controller.inputs.put(Update.update_refusal, UpdateRefusal.STORAGE)

    def _stay(self):
        """A restart is called off."""
        self._restart = self._activated = self._updates.leaving = False

    def _stage(self):
        from core.trial import well

        return slotting.stage(self.session.target, self._controller.profile.answering, well(self._controller))

    def _end(self):
        self.session.close()
        self.session = None

    def _publish(self):
        put, session, updates = self._controller.inputs.put, self.session, self._updates
        state = UpdateState.IDLE
        if self._restart and session is not None:
            state = UpdateState.WAITING
        elif slots.trial:
            state = UpdateState.TRIAL
        elif session is not None:
            state = session.state
        put(Update.update_state, state)
        put(Update.update_outcome, slots.trial and self._trial.why or slotting.outcome())
        put(Update.failed_starts, slots.failed)
        put(Update.confirmed_application, slotting.confirmed())
        put(Update.trial_remaining, self._trial.left_s if slots.trial else None)
        updates.failed = slotting.outcome() > UpdateOutcome.CONFIRMED
        updates.fallen_back = slots.safe or not slots.trial and slots.slot != slotting.confirmed()
        if session is not None:
            session.publish(put)

    def do(self, command, number):
        """A command: exception code, or 0; busy as long as it cannot be done."""
        later = command == UpdateCommand.ACTIVATE or command == UpdateCommand.RESTART
        called_off = False
        if self.session is not None:
            self.session.heard()
        if command == UpdateCommand.CANCEL:
            later = slots.trial or self.session is None or not self.session.writing
            called_off = self._restart and not slots.trial
            if called_off:  # at once; what is under way ends when it may
                self._stay()
        if not later:  # it may write
            if not self._controller.profile.may_be_blind():
                return _BUSY
            if self.session is not None and self.session.busy and UpdateCommand.COMPARE <= command:
                if command < UpdateCommand.ACTIVATE:
                    return _BUSY
        why = self._do(command, number, called_off)
        self._controller.inputs.put(Update.update_refusal, why)
        self._publish()
        return self._controller.refuse(Refusal.UPDATE) if why else 0

    def _do(self, command, number, called_off):
        """Why it is refused, or 0."""
        if command == UpdateCommand.RESTART:
            slots.healthy()  # somebody means it: the confirmed application has its turn
            self._restart, self._activated = True, False
            return 0
        if slots.trial:
            return self._trial.do(command)
        if command == UpdateCommand.CONFIRM and slotting.outcome() == UpdateOutcome.CONFIRMED:
            return 0  # once more: the answer was lost
        session = self.session
        if command == UpdateCommand.CANCEL and (called_off or session is not None):
            if session is not None:
                self._end()
            return 0
        if command == UpdateCommand.ACTIVATE and self._activated:
            return 0  # once more, as above
        if self._restart:
            return UpdateRefusal.NOT_NOW
        if command == UpdateCommand.BEGIN:
            return self._begin()
        if session is None:
            return UpdateRefusal.NOT_NOW
        if command == UpdateCommand.ACTIVATE:
            self._restart = self._activated = session.state == UpdateState.READY
            return 0 if self._restart else UpdateRefusal.NOT_NOW
        return session.do(command, number)

    def _begin(self):
        if self.session is not None:
            self._end()
        from core.receiving import Receiving

        try:
            self.session = Receiving(self._controller, self._updates)
        except OSError:
            return UpdateRefusal.STORAGE
        return 0
