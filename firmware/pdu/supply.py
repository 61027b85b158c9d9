"""The supply: phases that are missing, all of it lost and back again, ground fault, and the controller's own supply.

After a second without any voltage the branches are opened, so that the return finds nothing to rush into. They close again, by
the restore policy and in turn, when all phases have been there for a second. A controller reset is no loss: nothing is restored.
"""

from core.starting import at_start
from machine import Pin
from maps.pdu import Settings
from maps.pdu_alarms import PduAlarm
from maps.pdu_supply import Restore, SupplySettings, WiredInput
from micropython import const

_SURE_MS = const(1000)
_GONE = const(4)  # all phases below a quarter of the undervoltage limit


class Supply:
    """`phase_cV` are the voltages of the phases, -1 where not known. Who starts with its supply sets `restoring`."""

    @at_start
    def __init__(self, controller, pins, phase_cV):
        self._controller = controller
        self._phase_cV = phase_cV
        self._ground_fault = _input(pins, "ground_fault")
        self._power_fail = _input(pins, "power_fail")
        self._wired = 0  # as maps.pdu_supply.WiredInput: inputs that were seen low
        self._failing = False
        self._gone_ms = 0
        self._there_ms = 0
        self.lost = False
        self.restoring = False  # the policy waits for the voltage
        self.live = False
        self._told_off = 0  # branches that were switched off while the policy waits: that is newer than the policy

    def step(self, dt_ms):
        """Ten times a second. True when the restore policy is to be applied now."""
        setting = self._controller.holdings.setting
        low_cV = int(100 * setting(Settings.undervoltage))
        self._judge(low_cV, int(100 * setting(Settings.overvoltage)))
        self._judge_inputs(self._wired | int(setting(SupplySettings.expected_inputs)))
        lowest_cV, highest_cV = min(self._phase_cV), max(self._phase_cV)
        self.live = lowest_cV >= low_cV
        gone = lowest_cV >= 0 and highest_cV * _GONE < low_cV
        self._gone_ms = min(self._gone_ms + dt_ms, 2 * _SURE_MS) if gone else 0
        self._there_ms = min(self._there_ms + dt_ms, 2 * _SURE_MS) if self.live else 0
        if self._gone_ms > _SURE_MS:
            self.lost = self.restoring = True
        if not self.restoring or self._there_ms <= _SURE_MS:
            return False
        self.lost = self.restoring = False
        return True

    def switched(self, branch, value):
        """Somebody switched a branch."""
        if self.restoring:
            self._told_off = self._told_off & ~(1 << branch) | (value == 0) << branch

    def wanted(self, last):
        """Branches that the policy wants on now; `last` are those that were on."""
        policy, told_off = self._controller.holdings.setting(SupplySettings.restore), self._told_off
        self._told_off = 0
        if policy == Restore.LAST:
            return last
        return 0xFF & ~told_off if policy == Restore.ON else 0

    def watch(self):
        """A hundred times a second: keep the counters while there is still something to keep them with."""
        failing = self._power_fail is not None and not self._power_fail()
        if failing and not self._failing:
            self._controller.memory.urgent = True
        self._failing = failing

    def _judge(self, low_cV, high_cV):
        alarms, phase_cV = self._controller.alarms, self._phase_cV
        for phase in range(3):
            here = phase_cV[phase]
            one, other = phase_cV[phase - 1], phase_cV[phase - 2]
            missing = 0
            if here < 0 or one < 0 or other < 0:
                alarms.set(PduAlarm.phase_loss, None, phase)
            elif _GONE * max(one, other) < low_cV:
                alarms.set(PduAlarm.phase_loss, False, phase)
            else:
                missing = alarms.below(PduAlarm.phase_loss, 4 * here, one + other, phase) or 4 * here < one + other
            if here < 0:
                here = None
            if missing and here is not None:  # one cause, one alarm: a phase that is missing is not low as well
                alarms.set(PduAlarm.undervoltage, False, phase)
            else:
                alarms.below(PduAlarm.undervoltage, here, low_cV, phase)
            alarms.above(PduAlarm.overvoltage, here, high_cV, phase)

    def _judge_inputs(self, known):
        """Both pull-ups make an input that nobody wired read as high."""
        report = self._controller.alarms.set
        opened = self._ground_fault is None or self._ground_fault()
        self._wired |= (not opened) << WiredInput.GROUND_FAULT | self._failing << WiredInput.POWER_FAIL
        report(PduAlarm.ground_fault, opened if known >> WiredInput.GROUND_FAULT & 1 else None)
        report(PduAlarm.power_fail, self._failing if known >> WiredInput.POWER_FAIL & 1 else None)


def _input(pins, name):
    return Pin(pins[name], Pin.IN, Pin.PULL_UP) if name in pins else None
