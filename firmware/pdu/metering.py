"""Metering: half a branch a turn, every branch six times a second, into the register image.

Halves, because a whole branch is forty SPI exchanges: too long for the main loop to be away from its bus.
"""

from array import array
from math import sqrt

import micropython
from drivers.atm90e32 import ChipError
from maps.common import Quality
from maps.pdu import BRANCHES, Branch, BranchFast, Measurement

SETTLE_MS = 300  # data sheet: 200 ms after the chip is switched on


class Metering:
    """`chips` are the metering chips of the branches, None where none is fitted."""

    def __init__(self, chips, inputs):
        self.chips = chips
        self.inputs = inputs
        self.quality = bytearray([Quality.NOT_YET if chip else Quality.NOT_FITTED for chip in chips])
        self.errors = 0
        self.current = array("f", [0] * (3 * BRANCHES))
        self.voltage = array("f", [0] * (3 * BRANCHES))
        self.power = array("f", [0] * BRANCHES)
        self.energy_mWh = [0] * BRANCHES
        self._age_ms = array("i", [0] * BRANCHES)
        self._next = 0
        self._half = 0  # of the branch that comes next: its phases, then its sums

    def start(self):
        for branch in range(BRANCHES):
            self._start(branch)

    @micropython.native
    def step(self, dt_ms):
        """Read the next half of a branch; a chip that fails its check gives no values and is started anew."""
        age = self._age_ms
        for branch in range(BRANCHES):
            if age[branch] < SETTLE_MS:
                age[branch] += dt_ms
        branch, half = self._next, self._half
        self._half = 1 - half
        if half:
            self._next = (branch + 1) % BRANCHES
        chip = self.chips[branch]
        if chip is None or self._age_ms[branch] < SETTLE_MS:
            return
        try:
            if half:
                self._read_sums(branch, chip)
                self.quality[branch] = Quality.GOOD
            else:
                self._read_phases(branch, chip)
        except ChipError:
            self.errors += 1
            self.quality[branch] = Quality.FAULT
            self._blank(branch)
            self._start(branch)

    @micropython.native
    def sums(self):
        """PDU totals. None while any fitted branch is not known: a sum with a hole in it would read as less load."""
        put, quality = self.inputs.put, self.quality
        fitted = [b for b in range(BRANCHES) if quality[b] != Quality.NOT_FITTED]
        if not fitted or any(quality[b] != Quality.GOOD for b in fitted):
            for field in (Measurement.power, Measurement.unbalance, Measurement.neutral_current):
                put(field, None)
            for phase in range(3):
                put(Measurement.phase_current, None, phase)
        else:
            put(Measurement.power, sum(self.power[b] for b in fitted))
            phases = [sum(self.current[3 * b + phase] for b in fitted) for phase in range(3)]
            for phase in range(3):
                put(Measurement.phase_current, phases[phase], phase)
            mean = sum(phases) / 3
            put(Measurement.unbalance, 100 * max(abs(p - mean) for p in phases) / mean if mean > 0.5 else 0)
            a, b, c = phases
            put(Measurement.neutral_current, sqrt(max(0, a * a + b * b + c * c - a * b - b * c - c * a)))
        good = [b for b in fitted if quality[b] == Quality.GOOD]
        if not good:
            put(Measurement.frequency, None)
        for phase in range(3):
            volts = [self.voltage[3 * b + phase] for b in good]
            put(Measurement.phase_voltage, sum(volts) / len(volts) if volts else None, phase)
        put(Measurement.energy, sum(self.energy_mWh) // 1000)

    def phase_voltage(self, phase):
        return self.inputs.get(Measurement.phase_voltage, phase)

    def _start(self, branch):
        self._age_ms[branch] = 0
        chip = self.chips[branch]
        if chip is not None:
            try:
                chip.start()
            except ChipError:
                self.errors += 1
                self.quality[branch] = Quality.FAULT

    @micropython.native
    def _read_phases(self, branch, chip):
        put, at = self.inputs.put, Branch.START + branch * Branch.STRIDE
        for phase in range(3):
            volts, amps = chip.voltage_V(phase), chip.current_A(phase)
            self.voltage[3 * branch + phase] = volts
            self.current[3 * branch + phase] = amps
            put(Branch.voltage, volts, at + phase)
            put(Branch.phase_current, amps, at + phase)
            put(Branch.phase_power, chip.power_W(phase), at + phase)

    @micropython.native
    def _read_sums(self, branch, chip):
        put, at = self.inputs.put, Branch.START + branch * Branch.STRIDE
        watts, volt_amps = chip.total_power_W(), chip.apparent_power_VA()
        self.power[branch] = watts
        put(Branch.active_power, watts, at)
        put(Branch.reactive_power, chip.reactive_power_var(), at)
        put(Branch.apparent_power, volt_amps, at)
        put(Branch.power_factor, watts / volt_amps if volt_amps > 1 else None, at)
        put(Measurement.frequency, chip.frequency_Hz())
        self.energy_mWh[branch] += chip.take_energy_mWh()
        put(Branch.energy, self.energy_mWh[branch] // 1000, at)
        put(BranchFast.power, watts, BranchFast.START + branch * BranchFast.STRIDE)

    def _blank(self, branch):
        put, at = self.inputs.put, Branch.START + branch * Branch.STRIDE
        for phase in range(3):
            for field in (Branch.voltage, Branch.phase_current, Branch.phase_power):
                put(field, None, at + phase)
        for field in (Branch.active_power, Branch.reactive_power, Branch.apparent_power, Branch.power_factor):
            put(field, None, at)
        put(BranchFast.power, None, BranchFast.START + branch * BranchFast.STRIDE)
