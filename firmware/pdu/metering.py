"""Metering: five rounds a second through all branches, half a chip a turn, into the register image.

Half a chip is ten reads, about a millisecond on a Pico. A round takes 16 of the 20 turns in its 200 ms; the others make up for
turns that a collection takes, and are for chips that are looked for or told their calibration. A branch's values are stored
together, once its chip has said behind the last of them that it is still on. Chips average by themselves, without gaps.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from array import array
from struct import pack_into, unpack_from

import micropython
from core.starting import at_start
from drivers.atm90e32 import FIRST, SECOND, WORDS, ChipError
from maps.common import Chip, Quality
from maps.pdu import BRANCHES, Branch, BranchFast, Measurement
from micropython import const

from pdu.measured import TOTALS, VALUES, add_up, publish
from pdu.neutral import neutral_A

ROUND_MS = const(200)
SETTLE_MS = const(300)  # data sheet: 200 ms after the chip is switched on
RESTART_MS = const(1000)  # between attempts to bring a lost chip back
LOOK_MS = const(3000)  # between looks for one chip that is not fitted: one may be plugged in later
# Places in what drivers.atm90e32 reads.
_FREQUENCY = const(6)
_HALF = const(11)  # words of the first half
_METER_ON = const(19)


@micropython.viper
def grow(ages_ms: ptr32, dt_ms: int, limit_ms: int):
    """Ages of all chips, which stop at the limit. Bytecode took 0.5 ms of a Pico's turn for it."""
    for branch in range(8):
        if ages_ms[branch] < limit_ms:
            ages_ms[branch] += dt_ms


class Metering:
    """`chip` speaks with the metering chip of the branch that `point(branch)` was called with last; `calibration` says what
    each of them has to be told."""

    @at_start
    def __init__(self, chip, point, inputs, fitting, calibration):
        self.inputs = inputs
        self.calibration = calibration
        self.quality = bytearray([Quality.NOT_YET] * BRANCHES)
        self.errors = 0
        self.running = 0  # bit a branch: its chip was started, and has answered since
        # Integers, because every float operation allocates.
        self.power_dW = array("i", [0] * BRANCHES)
        self.phase_cV = array("i", [-1] * 3)  # mean of the branches; -1: not known
        self.total_dW = -1  # the same
        self.good_bits = 0  # a branch each: its values are known
        self.complete = 0  # those of all that are fitted are
        self.energy_mWh = [0] * BRANCHES
        self._words = array("H", [0] * WORDS)
        self._values = array("i", [0] * (VALUES * BRANCHES))
        self._totals = array("i", [0] * TOTALS)
        self._frequency_cHz = 0
        self._branch_at = inputs.place(Branch.voltage, Branch.START)
        self._fast_at = inputs.place(BranchFast.power, BranchFast.START)
        self._sums_at = inputs.place(Measurement.phase_current)
        self._chip = chip
        self._point = point
        self._fitting = fitting
        self._age_ms = array("i", [0] * BRANCHES)  # since the chip was started, or since that was tried
        self._round_ms = 0  # since the round began
        self._next = 0  # BRANCHES: the round is done
        self._second = False  # the first half of this chip has been read
        self._looked_ms = 0  # since a look for a chip that is not fitted
        self._looked = 0  # branch of that look

    @at_start
    def start(self):
        for branch in range(BRANCHES):
            self._start(branch)

    def step(self, dt_ms):
        """Read the next half of a chip; one that fails its check gives no values and is started anew. True when this turn was not
        needed: there is time for something else."""
        age = self._age_ms
        grow(age, dt_ms, RESTART_MS)
        self._round_ms += dt_ms
        self._looked_ms += dt_ms
        if self._looked_ms >= LOOK_MS and self._look():
            return False
        branch = self._next
        if branch == BRANCHES:
            if self._round_ms < ROUND_MS:
                return True
            self._round_ms -= ROUND_MS
            if self._round_ms >= ROUND_MS:  # a whole round late: what was lost is lost
                self._round_ms = 0
            branch = self._next = 0
        if not self.running >> branch & 1:
            self._next = branch + 1
            self._retry(branch)
            return False
        if self.calibration.pending >> 3 * branch & 7:
            self._calibrate(branch)
            return False
        if age[branch] < SETTLE_MS:
            self._next = branch + 1
            return False
        chip, words = self._chip, self._words
        self._point(branch)
        try:
            if not self._second:
                self._second = True
                chip.read(FIRST, words, 0)
                return False
            chip.read(SECOND, words, _HALF)
            if words[_METER_ON] != 1:
                raise ChipError("not enabled")
            self.energy_mWh[branch] += chip.take_energy_mWh()
        except ChipError:
            self._lose(branch)
            return False
        self._second = False
        self._next = branch + 1
        self._frequency_cHz = words[_FREQUENCY]
        inputs = self.inputs
        inputs.clamps += publish(
            words, inputs.image, self._branch_at, self._fast_at, self._values, self.power_dW, branch
        )
        inputs.put(Branch.energy, self.energy_mWh[branch] // 1000, Branch.START + branch * Branch.STRIDE)
        self.quality[branch] = Quality.GOOD
        return False

    def supervise(self):
        self.calibration.look(self._chip, self._point, self.quality)

    def _calibrate(self, branch):
        self._second = False  # both halves with the same corrections
        self._point(branch)
        try:
            self.calibration.write(self._chip, branch)
        except ChipError:
            self._lose(branch)

    def _look(self):
        """For the next of the chips that are not fitted; False where all are."""
        self._looked_ms = 0
        for _ in range(BRANCHES):
            self._looked = (self._looked + 1) % BRANCHES
            if self.quality[self._looked] == Quality.NOT_FITTED:
                self._start(self._looked)
                return True
        return False

    def _retry(self, branch):
        quality = self.quality[branch] = self._fitting.absent(Chip.METER_1 + branch)
        if quality == Quality.FAULT and self._age_ms[branch] >= RESTART_MS:
            self._start(branch)

    def _lose(self, branch):
        self.running &= ~(1 << branch)
        self._second = False
        self._next = branch + 1
        self._age_ms[branch] = RESTART_MS  # at once, when its turn comes
        self.errors += 1
        self.quality[branch] = Quality.FAULT
        self._blank(branch)

    def _start(self, branch):
        self._age_ms[branch] = 0
        self._point(branch)
        try:
            self._chip.start()
        except ChipError:
            quality = self.quality[branch] = self._fitting.absent(Chip.METER_1 + branch)
            if quality == Quality.FAULT:
                self.errors += 1
            return
        self._fitting.answer(Chip.METER_1 + branch)
        self.calibration.anew(branch)
        self.running |= 1 << branch
        if self.quality[branch] == Quality.NOT_FITTED:
            self.quality[branch] = Quality.NOT_YET

    def sums(self):
        """PDU totals. None while any fitted branch is not known: a sum with a hole in it would read as less load."""
        inputs, totals = self.inputs, self._totals
        complete = add_up(self._values, self.power_dW, self.quality, totals, inputs.image, self._sums_at)
        self.complete = complete
        good = self.good_bits = totals[11]
        self.total_dW = totals[0] if complete else -1
        inputs.put(Measurement.power, (totals[0] + 5) // 10 if complete else None)
        inputs.put(Measurement.frequency, self._frequency_cHz / 100 if good else None)
        for phase in range(3):
            self.phase_cV[phase] = totals[4 + phase]
        inputs.put(Measurement.energy, sum(self.energy_mWh) // 1000 if totals[12] else None)

    def balance(self):
        """How the load lies on the phases; seldom, for it is all floats."""
        put, totals = self.inputs.put, self._totals
        if not self.complete:
            put(Measurement.unbalance, None)
            put(Measurement.neutral_current, None)
            return
        amps = [totals[1 + phase] / 1000 for phase in range(3)]
        volts = [totals[4 + phase] / 100 for phase in range(3)]
        watts = [totals[7 + phase] / 10 for phase in range(3)]
        mean = sum(amps) / 3
        worst = max(max(amps) - mean, mean - min(amps))
        put(Measurement.unbalance, 100 * worst / mean if mean > 0.5 else 0)
        put(Measurement.neutral_current, neutral_A(amps, watts, volts, totals[10] >= 0))

    def save(self, data, at):
        """Energies, mWh, 8 bytes a branch."""
        for branch in range(BRANCHES):
            pack_into(">Q", data, at + 8 * branch, self.energy_mWh[branch])

    def restore(self, data, at):
        self.energy_mWh = list(unpack_from(">%dQ" % BRANCHES, data, at))

    def _blank(self, branch):
        put, at = self.inputs.put, Branch.START + branch * Branch.STRIDE
        for phase in range(3):
            for field in (Branch.voltage, Branch.phase_current, Branch.phase_power):
                put(field, None, at + phase)
        for field in (Branch.active_power, Branch.reactive_power, Branch.apparent_power, Branch.power_factor):
            put(field, None, at)
        put(BranchFast.power, None, BranchFast.START + branch * BranchFast.STRIDE)
