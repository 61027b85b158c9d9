"""Each metering chip gets the corrections of its branch, a phase at a time; and one branch can be looked at closely."""

from core.starting import at_start
from drivers.atm90e32 import ChipError
from maps.common import Quality
from maps.pdu import BRANCHES
from maps.pdu_calibration import Calibration as Settings
from maps.pdu_calibration import CloseLook, CloseLookAt
from micropython import const

_PHASES = const(3)
_ALL = const(0b111)
_LAST_SEQUENCE = const(0x7FFF)


class Calibration:
    @at_start
    def __init__(self, holdings, inputs):
        self.pending = 0  # bit 3 * branch + phase: its chip has yet to take it
        self._holdings = holdings
        self._put = inputs.put
        self._told = -1  # what the register says of it
        self._shown = None  # the branch whose values the close look has
        self._phase = 0
        self._sequence = 0
        end = Settings.START + BRANCHES * Settings.STRIDE
        holdings.guard(Settings.START, end, None, self._configured)

    def anew(self, branch):
        """The chip was started: it has forgotten."""
        self.pending |= _ALL << _PHASES * branch

    def write(self, chip, branch):
        """To the chip of `branch`, which is pointed at: one phase that is pending. Raises ChipError."""
        phase, get = 0, self._holdings.setting
        while not self.pending >> _PHASES * branch + phase & 1:
            phase += 1
        at = Settings.START + branch * Settings.STRIDE + phase
        chip.calibrate(
            phase,
            get(Settings.voltage_gain, at),
            get(Settings.current_gain, at),
            get(Settings.current_offset, at),
            get(Settings.power_offset, at),
            get(Settings.current_delay, at),
        )
        self.pending &= ~(1 << _PHASES * branch + phase)

    def look(self, chip, point, quality):
        """Ten times a second: one phase of the branch that is looked at. A chip that fails is the metering's affair."""
        put, branch = self._put, int(self._holdings.setting(CloseLookAt.close_branch)) - 1
        if self._told != self.pending:
            self._tell()
        if branch < 0 or branch != self._shown or quality[branch] != Quality.GOOD:
            if self._shown is not None:
                self._blank()
            if branch < 0 or quality[branch] != Quality.GOOD:
                return
            self._shown = branch
        phase = self._phase
        point(branch)
        try:
            volts, amps, watts = chip.voltage_V(phase), chip.current_A(phase), chip.power_W(phase)
        except ChipError:
            self._blank()
            return
        put(CloseLook.close_voltage, volts, 2 * phase)
        put(CloseLook.close_current, amps, 2 * phase)
        put(CloseLook.close_power, watts, 2 * phase)
        self._phase = phase = (phase + 1) % _PHASES
        if not phase:
            self._sequence = self._sequence + 1 & _LAST_SEQUENCE
            put(CloseLook.close_sequence, self._sequence)
            put(CloseLook.close_shown, branch + 1)  # behind three good phases of this branch

    def _tell(self):
        self._told = self.pending
        bits = 0
        for branch in range(BRANCHES):
            if self._told >> _PHASES * branch & _ALL:
                bits |= 1 << branch
        self._put(CloseLook.calibration_pending, bits)

    def _blank(self):
        self._phase = 0
        self._shown = None
        put = self._put
        put(CloseLook.close_shown, None)
        for at in range(0, 2 * _PHASES, 2):
            for field in (CloseLook.close_voltage, CloseLook.close_current, CloseLook.close_power):
                put(field, None, at)

    def _configured(self, address, count):
        for branch in range(BRANCHES):
            first = Settings.START + branch * Settings.STRIDE
            if address < first + Settings.STRIDE and first < address + count:
                self.anew(branch)
