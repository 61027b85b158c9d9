"""Bistable contactors: they close by priority within a budget of inrush, a branch rests after it was opened, protection always
has the last word.

A controller reset switches nothing: what the contacts report becomes the local switch position.
"""

from array import array

from core.starting import at_start
from maps.pdu import BRANCHES, BranchState, Settings
from maps.pdu_supply import BranchSwitching, SupplySettings
from micropython import const

PULSE_MS = const(150)
RETRY_MS = const(1000)
RETRIES = const(
    3
)  # further pulses to a contactor that did not open on a trip; then it is welded, and its coil shall not burn


class Switching:
    @at_start
    def __init__(self):
        self.wanted = 0  # bit a branch: coil on, permitted, not tripped
        self.closed = 0  # contacts
        self.commanded = 0
        self.tripped = 0
        self.set_coils = 0
        self.reset_coils = 0
        self.operations = array("H", [0] * BRANCHES)
        self._off_ms = array("i", [0] * BRANCHES)
        self._pulse_ms = array("i", [0] * BRANCHES)
        self._pause_ms = 0
        # Settings.
        self.order = bytes(range(BRANCHES))  # branches by priority
        self.inrush_A = array("H", [1] * BRANCHES)
        self.budget_A = 1
        self.inrush_ms = self.interval_ms = 500
        self.minimum_off_ms = 0
        self._inrush_ms = array("i", [0] * BRANCHES)  # what is left of that of a branch
        self._inrushing = False
        self._retries = bytearray(BRANCHES)
        self._retry_ms = array("i", [0] * BRANCHES)
        self._asked = 0
        self._supplied = True

    def configure(self, setting):
        self.interval_ms = int(1000 * setting(Settings.close_interval))
        self.minimum_off_ms = int(1000 * setting(Settings.minimum_off_time))
        self.inrush_ms = int(1000 * setting(SupplySettings.inrush_time))
        self.budget_A = int(setting(SupplySettings.inrush_budget))
        priorities = []
        for branch in range(BRANCHES):
            at = BranchSwitching.START + branch * BranchSwitching.STRIDE
            priorities.append((setting(BranchSwitching.priority, at), branch))
            self.inrush_A[branch] = int(setting(BranchSwitching.inrush, at))
        priorities.sort()
        self.order = bytes([branch for _, branch in priorities])

    @at_start
    def start(self, feedback):
        self.closed = self.commanded = self.wanted = self._asked = feedback
        for branch in range(BRANCHES):
            self._off_ms[branch] = 0

    @property
    def busy(self):
        """A coil is driven, or a branch waits for its turn."""
        return self.set_coils | self.reset_coils | self.wanted ^ self.commanded

    def step(self, dt_ms, asked, permitted, tripped, feedback, supplied=True):
        """Decide the coil pulses for the next dt_ms. Opening is never delayed, closing always takes its turn. Without supply
        nothing is closed."""
        self.closed, self.tripped, self._asked, self._supplied = feedback, tripped, asked, supplied
        self.wanted = asked & permitted & ~tripped & 0xFF if supplied else 0
        self._pause_ms = max(0, self._pause_ms - dt_ms)
        self.commanded &= ~tripped
        left_A = self.budget_A
        if self._inrushing:
            left_A -= self._inrushing_A(dt_ms)
        turn = not self._pause_ms
        for branch in self.order:
            bit = 1 << branch
            if self._pulse_ms[branch] > 0:
                self._pulse_ms[branch] -= dt_ms
                if self._pulse_ms[branch] <= 0:
                    self.set_coils &= ~bit
                    self.reset_coils &= ~bit
            if tripped & bit:
                self.set_coils &= ~bit
                self._open_again(bit, branch, dt_ms)
            else:
                self._retries[branch] = self._retry_ms[branch] = 0
            if not feedback & bit:
                self._off_ms[branch] = min(self._off_ms[branch] + dt_ms, 0x3FFFFFFF)
            else:
                self._off_ms[branch] = 0
            if self.commanded & bit and not self.wanted & bit:
                self._pulse(bit, branch, False)
            elif self.wanted & bit and not self.commanded & bit:
                if turn and self._off_ms[branch] >= self.minimum_off_ms:
                    if left_A < self.inrush_A[branch] and left_A < self.budget_A:
                        turn = False  # nobody overtakes: the next ones have less priority
                    else:
                        left_A -= self.inrush_A[branch]
                        self._inrush_ms[branch] = self.inrush_ms
                        self._inrushing = True
                        self._pause_ms = self.interval_ms
                        self._pulse(bit, branch, True)

    def _inrushing_A(self, dt_ms):
        """Of what closed within inrush_ms."""
        total_A = 0
        for branch in range(BRANCHES):
            left_ms = self._inrush_ms[branch] - dt_ms
            if left_ms > 0:
                total_A += self.inrush_A[branch]
            self._inrush_ms[branch] = max(0, left_ms)
        self._inrushing = total_A > 0
        return total_A

    def state(self, branch, fitted=True):
        if fitted and not self.tripped and self.closed == self.commanded == self.wanted == self._asked:  # nearly always
            return BranchState.CLOSED if self.closed >> branch & 1 else BranchState.OPEN
        bit = 1 << branch
        if not fitted:
            return BranchState.NOT_FITTED
        if self.tripped & bit:
            return BranchState.TRIPPED
        if self.disagrees(branch):
            return BranchState.DISAGREES
        if self.wanted & bit and not self.commanded & bit:
            return BranchState.WAITING
        if self._asked & bit and not self.wanted & bit:
            return BranchState.NOT_PERMITTED if self._supplied else BranchState.WAITING
        return BranchState.CLOSED if self.closed & bit else BranchState.OPEN

    def disagrees(self, branch):
        """The contacts are not where they were told to be, and the pulse is over."""
        return (self.closed ^ self.commanded) >> branch & 1 and self._pulse_ms[branch] <= 0

    def _open_again(self, bit, branch, dt_ms):
        """The tick pulsed the coil when it tripped; a contactor that is still closed gets a few more pulses, not a current."""
        self._retry_ms[branch] = min(self._retry_ms[branch] + dt_ms, RETRY_MS)
        if self.closed & bit and self._retry_ms[branch] >= RETRY_MS and self._retries[branch] < RETRIES:
            self._retries[branch] += 1
            self._retry_ms[branch] = 0
            self._pulse(bit, branch, False)

    def _pulse(self, bit, branch, close):
        self._pulse_ms[branch] = PULSE_MS
        if close:
            self.commanded |= bit
            self.set_coils |= bit
            self.reset_coils &= ~bit
            self.operations[branch] = (self.operations[branch] + 1) & 0x7FFF
        else:
            self.commanded &= ~bit
            self.reset_coils |= bit
            self.set_coils &= ~bit
