"""Metering: a third of a branch a turn, every branch four times a second, into the register image.

Thirds, because a whole branch is 46 SPI exchanges: too long for the main loop to be away from its bus.
"""

from array import array
from struct import pack_into, unpack_from

import micropython
from core.starting import at_start
from drivers.atm90e32 import ChipError
from maps.common import Chip, Quality
from maps.pdu import BRANCHES, Branch, BranchFast, Measurement
from micropython import const

from pdu.neutral import neutral_A

SETTLE_MS = const(300)  # data sheet: 200 ms after the chip is switched on
RESTART_MS = const(1000)  # between attempts to bring a lost chip back
LOOK_MS = const(3000)  # between looks for one chip that is not fitted: one may be plugged in later
_PARTS = const(3)


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
        # Integers, because every float operation allocates, and the sums go over all of them ten times a second.
        self.current_mA = array("i", [0] * (3 * BRANCHES))
        self.voltage_cV = array("i", [0] * (3 * BRANCHES))
        self.power_dW = array("i", [0] * BRANCHES)
        self.phase_dW = array("i", [0] * (3 * BRANCHES))
        self.reactive_var = array("i", [0] * BRANCHES)
        self.phase_mA = array("i", [0] * 3)  # sum of the branches
        self.phase_cV = array("i", [-1] * 3)  # mean of the branches; -1: not known
        self.total_dW = -1  # the same
        self.good_bits = 0  # a branch each: its values are known
        self.complete = 0  # those of all that are fitted are
        self.energy_mWh = [0] * BRANCHES
        self._chip = chip
        self._point = point
        self._fitting = fitting
        self._age_ms = array("i", [0] * BRANCHES)  # since the chip was started, or since that was tried
        self._aging = True  # some age is below RESTART_MS
        self._next = 0
        self._part = 0
        self._looked_ms = 0  # since a look for a chip that is not fitted
        self._looked = 0  # branch of that look

    @at_start
    def start(self):
        for branch in range(BRANCHES):
            self._start(branch)

    @micropython.native
    def step(self, dt_ms):
        """Read the next part of a branch; a chip that fails its check gives no values and is started anew."""
        age = self._age_ms
        if self._aging:
            self._aging = False
            for branch in range(BRANCHES):
                if age[branch] < RESTART_MS:
                    age[branch] += dt_ms
                    self._aging = True
        self._looked_ms += dt_ms
        if self._looked_ms >= LOOK_MS:
            self._look()
            return
        branch, part = self._next, self._part
        if not self.running >> branch & 1:
            self._next = (branch + 1) % BRANCHES
            self._retry(branch)
            return
        if self.calibration.pending >> 3 * branch & 7:
            self._calibrate(branch)
            return
        if age[branch] < SETTLE_MS:
            self._next = (branch + 1) % BRANCHES
            return
        self._part = (part + 1) % _PARTS
        if self._part == 0:
            self._next = (branch + 1) % BRANCHES
        self._point(branch)
        try:
            self._read(branch, part)
        except ChipError:
            self._lose(branch)

    def supervise(self):
        self.calibration.look(self._chip, self._point, self.quality)

    def _calibrate(self, branch):
        self._point(branch)
        try:
            self.calibration.write(self._chip, branch)
        except ChipError:
            self._lose(branch)

    def _look(self):
        """For the next of the chips that are not fitted."""
        self._looked_ms = 0
        for _ in range(BRANCHES):
            self._looked = (self._looked + 1) % BRANCHES
            if self.quality[self._looked] == Quality.NOT_FITTED:
                self._start(self._looked)
                return

    def _retry(self, branch):
        quality = self.quality[branch] = self._fitting.absent(Chip.METER_1 + branch)
        if quality == Quality.FAULT and self._age_ms[branch] >= RESTART_MS:
            self._start(branch)

    def _lose(self, branch):
        self.running &= ~(1 << branch)
        self._part = 0
        self._next = (branch + 1) % BRANCHES
        self._age_ms[branch] = RESTART_MS  # at once, when its turn comes
        self.errors += 1
        self.quality[branch] = Quality.FAULT
        self._blank(branch)

    def _start(self, branch):
        self._age_ms[branch] = 0
        self._aging = True
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

    @micropython.native
    def _read(self, branch, part):
        """One phase, and a third of the sums. Raises ChipError."""
        chip, put, at = self._chip, self.inputs.put, Branch.START + branch * Branch.STRIDE
        if part == 0:
            chip.check()
        voltage_cV, current_mA = chip.voltage_cV(part), chip.current_mA(part)
        self.voltage_cV[3 * branch + part] = voltage_cV
        self.current_mA[3 * branch + part] = current_mA
        put(Branch.voltage, voltage_cV / 100, at + part)
        put(Branch.phase_current, current_mA / 1000, at + part)
        watts = chip.power_W(part)
        self.phase_dW[3 * branch + part] = int(10 * watts)
        put(Branch.phase_power, watts, at + part)
        if part == 0:
            put(Measurement.frequency, chip.frequency_Hz())
            self.energy_mWh[branch] += chip.take_energy_mWh()
            put(Branch.energy, self.energy_mWh[branch] // 1000, at)
        elif part == 1:
            watts = chip.total_power_W()
            self.power_dW[branch] = int(10 * watts)
            put(Branch.active_power, watts, at)
            put(BranchFast.power, watts, BranchFast.START + branch * BranchFast.STRIDE)
        else:
            reactive, volt_amps = chip.reactive_power_var(), chip.apparent_power_VA()
            self.reactive_var[branch] = int(reactive)
            put(Branch.reactive_power, reactive, at)
            put(Branch.apparent_power, volt_amps, at)
            put(Branch.power_factor, self.power_dW[branch] / (10 * volt_amps) if volt_amps > 1 else None, at)
            self.quality[branch] = Quality.GOOD

    @micropython.native
    def sums(self):
        """PDU totals. None while any fitted branch is not known: a sum with a hole in it would read as less load."""
        put, quality, current, voltage = self.inputs.put, self.quality, self.current_mA, self.voltage_cV
        fitted = good = good_bits = power_dW = a = b = c = va = vb = vc = 0
        for branch in range(BRANCHES):
            if quality[branch] != Quality.NOT_FITTED:
                fitted += 1
            if quality[branch] == Quality.GOOD:
                good += 1
                good_bits |= 1 << branch
                power_dW += self.power_dW[branch]
                at = 3 * branch
                a += current[at]
                b += current[at + 1]
                c += current[at + 2]
                va += voltage[at]
                vb += voltage[at + 1]
                vc += voltage[at + 2]
        self.good_bits, self.complete = good_bits, fitted and good == fitted
        self.total_dW = power_dW if self.complete else -1
        put(Measurement.power, power_dW / 10 if self.complete else None)
        if not good:
            put(Measurement.frequency, None)
        phase = 0
        for mA, cV in ((a, va), (b, vb), (c, vc)):
            self.phase_mA[phase] = mA
            self.phase_cV[phase] = cV // good if good else -1
            put(Measurement.phase_current, mA / 1000 if self.complete else None, phase)
            put(Measurement.phase_voltage, cV / (100 * good) if good else None, phase)
            phase += 1
        put(Measurement.energy, sum(self.energy_mWh) // 1000 if fitted else None)

    def balance(self):
        """How the load lies on the phases; seldom, for it is all floats."""
        put = self.inputs.put
        if not self.complete:
            put(Measurement.unbalance, None)
            put(Measurement.neutral_current, None)
            return
        amps = [mA / 1000 for mA in self.phase_mA]
        volts = [cV / 100 for cV in self.phase_cV]
        watts = [sum([self.phase_dW[3 * branch + phase] for branch in range(BRANCHES)]) / 10 for phase in range(3)]
        mean = sum(amps) / 3
        worst = max(max(amps) - mean, mean - min(amps))
        put(Measurement.unbalance, 100 * worst / mean if mean > 0.5 else 0)
        put(Measurement.neutral_current, neutral_A(amps, watts, volts, sum(self.reactive_var) >= 0))

    def save(self, data, at):
        """Energies, mWh, 8 bytes a branch."""
        for branch in range(BRANCHES):
            pack_into(">Q", data, at + 8 * branch, self.energy_mWh[branch])

    def restore(self, data, at):
        self.energy_mWh = list(unpack_from(">%dQ" % BRANCHES, data, at))

    def _blank(self, branch):
        for phase in range(3):
            self.phase_dW[3 * branch + phase] = 0
        self.reactive_var[branch] = 0
        put, at = self.inputs.put, Branch.START + branch * Branch.STRIDE
        for phase in range(3):
            for field in (Branch.voltage, Branch.phase_current, Branch.phase_power):
                put(field, None, at + phase)
        for field in (Branch.active_power, Branch.reactive_power, Branch.apparent_power, Branch.power_factor):
            put(field, None, at)
        put(BranchFast.power, None, BranchFast.START + branch * BranchFast.STRIDE)
