"""New firmware on trial: is the controller as well as it was before, and does a host say that it may stay?

Whatever goes wrong leads back to the old application: an error or a hang by the next start (slots.py), the rest from here.
"""

import slots
from maps.common_update import UpdateCommand, UpdateOutcome, UpdateRefusal
from micropython import const

from core import slotting
from core.manifest import NAME, Manifest

TRIAL_S = const(300)
_OVERRUNS = const(20)  # regulation steps too late: a tenth of those until the proof, and of later ones
_PROOF_S = const(20)  # every chip was asked, the loop has run some hundred times, alarms have had their delays
_SETTINGS, _TICKING = const(1), const(2)


def well(controller):
    """Bits of what is well now."""
    return (_SETTINGS if controller.settings_found else 0) | (_TICKING if controller.profile.ticking else 0)


class Trial:
    """`leave()` restarts the controller as soon as the equipment allows."""

    def __init__(self, controller, leave):
        self._controller = controller
        self._leave = leave
        self.left_s = TRIAL_S
        self.why = 0  # it was given up, an UpdateOutcome; kept in the flash when the controller restarts
        self._answered, self._well = slotting.before()

    def each_second(self):
        if self.why:
            return
        self.left_s -= 1
        if self.left_s <= TRIAL_S - _PROOF_S and not self._as_before():
            self._give_up(UpdateOutcome.UNHEALTHY)
        elif self.left_s <= 0:
            self._give_up(UpdateOutcome.SILENT)

    def do(self, command):
        """Why a command is refused, or 0."""
        if command == UpdateCommand.CANCEL:
            self._give_up(UpdateOutcome.CANCELLED)
            return 0
        if command != UpdateCommand.CONFIRM or self.why:
            return UpdateRefusal.NOT_NOW
        if self.left_s > TRIAL_S - _PROOF_S or not self._as_before():
            return UpdateRefusal.UNPROVEN
        read = Manifest(slots.FOLDERS[slots.slot] + "/" + NAME)
        issued = read.issued
        read.close()
        return 0 if slotting.confirm(issued) else UpdateRefusal.STORAGE

    def _as_before(self):
        controller = self._controller
        if controller.regulation.overruns > max(_OVERRUNS, TRIAL_S - self.left_s):
            return False
        if controller.profile.answering & self._answered != self._answered or not controller.tick_alive:
            return False
        return well(controller) & self._well == self._well

    def _give_up(self, why):
        self.why = self.why or why
        self._leave()
