"""The PDU: ties metering, protection and switching to registers, alarms and the board."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from array import array
from math import sqrt

import micropython
from core import tick
from core.recorder import record
from core.spi import open_bus
from core.starting import at_start
from drivers import fram
from drivers.ads131m08 import COUNTS_PER_V, Ads131m08
from drivers.atm90e32 import Atm90e32
from drivers.hc138 import Hc138
from drivers.relays import Relays
from machine import Pin
from maps import pdu as maps
from maps import pdu_calibration
from maps.common import Chip, Health, LeaseState, Profile, Refusal, ResetReason, SafeReason
from maps.fields import ADDRESS
from maps.pdu import (
    BRANCHES,
    Branch,
    BranchFast,
    BranchOrder,
    BranchSettings,
    Measurement,
    Remote,
    Settings,
    SettingsOrder,
)
from maps.pdu_alarms import PduAlarm
from maps.pdu_racks import Isolation, RackSettings
from maps.pdu_statistics import BranchStatistics, Statistics, StatisticsCommand
from maps.pdu_supply import BranchSwitching, SupplySettings
from micropython import const

from pdu import recorder
from pdu.calibration import Calibration
from pdu.judging import Judging
from pdu.leaks import Leaks
from pdu.metering import Metering
from pdu.protection import WINDOW, Protection, heat, watch
from pdu.showing import Showing
from pdu.statistics import DEMAND_BYTES, Demand
from pdu.supply import Supply
from pdu.swing import Swing, keep
from pdu.switching import Switching
from pdu.trips import Trips

_SCLK_Hz = const(12_000_000)  # 74HC595 and 74HC165 share the bus with the converter; at 3.3 V they are slower than it
_RELAY_TICKS = const(20)  # coils and contacts are exchanged this often, and at once on a trip; divides WINDOW
_RELAY_PHASE = const(10)
_SWING_PHASE = const(5)  # samples for the swings are kept as often, in other ticks
_SWINGS = const(2)
_PULSE_TICKS_LONG = const(150)  # of the reset coils on a trip; the coils are rated for pulses
# Places in the words that only the tick and ask() change.
_COUNTDOWN = const(0)
_PULSE_TICKS = const(1)  # left
_PULSE_BITS = const(2)
_BAD_SAMPLES = const(3)  # in a row
_ASKED = const(4)  # release_bits or open_bits is not 0
_WORDS = const(5)
_WRAP = const(0x1FFFFFFF)  # core.tick.WRAP
_CHANNEL_FAULT_TICKS = 10
_NOT_SAMPLED = const(-0x8000)  # in a recording; also the converter's lowest code, which is beyond its range
_PEAKS_KEPT = const(0x5A)  # counters of an older firmware have a zero here
_BLIND_LIMIT_percent = 80  # no flash write while any branch is hotter, in percent of its trip


class Pdu:
    NUMBER = Profile.PDU
    PRODUCT = b"mallee-pdu"
    TITLE = b"mallee power distribution unit"
    inputs = (Measurement, BranchFast, Branch, Isolation, Statistics, BranchStatistics, pdu_calibration.CloseLook)
    holdings = (
        Remote, Settings, BranchSettings, RackSettings, SupplySettings, BranchSwitching, StatisticsCommand,
        pdu_calibration.CloseLookAt, pdu_calibration.Calibration,
    )  # fmt: skip
    coils = (maps.Switch.branch_switch,)
    orders = (SettingsOrder, BranchOrder)
    alarms = (PduAlarm,)
    COUNTER_BYTES = 8 * BRANCHES + 3 + DEMAND_BYTES + 2 * BRANCHES + 1  # of save()
    at_local = True  # nothing ramps: a lapsed lease switches nothing
    recorder = recorder

    @at_start
    def bind(self, controller, board, equipment):
        self.controller = controller
        self.image = controller.inputs
        self.fitting = controller.fitting
        pins = self.pins = board.PDU
        self.counts_per_A = COUNTS_PER_V * equipment.FAST_V_PER_A
        self._spi = open_bus(pins["spi_fast"], _SCLK_Hz, 0, 1)
        self.codes = array("i", [0] * BRANCHES)
        self.adc = Ads131m08(self._spi, Pin(pins["analog_select"], Pin.OUT, value=1), self.codes)
        latch, load = Pin(pins["relay_latch"], Pin.OUT, value=0), Pin(pins["feedback_load"], Pin.OUT, value=1)
        self.relays = Relays(self._spi, latch, load)
        enable = Pin(pins["meter_enable"], Pin.OUT, value=1)
        decoder = Hc138([Pin(pin, Pin.OUT, value=0) for pin in pins["meter_select"]], enable)
        chip = Atm90e32(open_bus(pins["spi_meter"], 1_000_000, 1, 1), enable)
        calibration = Calibration(controller.holdings, self.image)
        self.metering = Metering(chip, decoder.point, self.image, self.fitting, calibration)
        self.fram = fram.find(board.CAPABILITIES, pins)
        self.protection = Protection()
        self.switching = Switching()
        self.capability = board.CAPABILITIES["hard_tick"]
        # Shared with the tick, which alone changes the bits of what is tripped and why: a read-modify-write in the main loop
        # could lose what an interrupt in the middle of it stored. The main loop asks with release_bits and open_bits.
        self.ticking = False
        self.safe_reason = SafeReason.NONE
        self._fitted = 0  # the fast channels are: without them there are no branches to protect or to switch
        self.tick_count = self.tick_overruns = 0
        self.release_bits = self.open_bits = 0
        word = controller.retained.word  # as latched_bits had it
        self.tripped_bits, self.thermal_bits = (word | word >> 8) & 0xFF, word & word >> 8
        self.leak_bits = ~word & word >> 8 & 0xFF
        self._words = array("i", [0] * _WORDS)  # an element costs the tick a third of what an attribute costs
        self._words[_COUNTDOWN] = WINDOW
        self._state = self.protection.state
        # What the tick needs, in one place: one attribute to look up, and no method to bind, which would allocate.
        self.swing = Swing(self.image.put, self.protection.state, self.counts_per_A)
        plan = bytearray(WINDOW + 1)  # what is due at each place of the countdown
        for place in range(0, WINDOW, _RELAY_TICKS):
            plan[place + _RELAY_PHASE], plan[place + _SWING_PHASE] = 1, _SWINGS
        self._for_tick = (
            self.adc.read, self.codes, self._state, self.protection, self.switching, self.relays.exchange,
            self.recorder.rows, self.recorder.state, array("i", [_NOT_SAMPLED] * BRANCHES), self.swing.ring, plan, self._words,
        )  # fmt: skip
        self.rating_A = [1.0] * BRANCHES  # and the limit: settings that every step needs
        self.limit, self.tau_s = 1.69, 120.0
        self.at_limit = array("i", [0] * BRANCHES)  # code of the fast channel
        self.leaks = Leaks(controller, pins, equipment)
        self.trips = Trips(self)
        self.judging = Judging(self)
        self.showing = Showing(self)
        self.supply = Supply(controller, pins, self.metering.phase_cV)
        self.released = self.trips.released
        self._switched_on = -1  # bits; -1: not known
        self.demand = Demand(self.image.put, self.metering)
        self._odd = False
        self._turn = 0
        self._balance = False  # it is time for the balance of the phases
        reset = StatisticsCommand.reset_peaks & ADDRESS
        controller.holdings.guard(reset, reset + 1, None, self._reset_peaks)
        behind = BranchSwitching.START + BRANCHES * BranchSwitching.STRIDE
        controller.holdings.guard(Settings.close_interval & ADDRESS, behind, None, self._configured)

    @property
    def chip_errors(self):
        return self.metering.errors + self.adc.errors + self.adc.resets

    @property
    def answering(self):
        """Bits of maps.common.Chip."""
        if self.ticking and not self.channel_lost:
            self.fitting.answer(Chip.CONVERTER_1)  # one that was expected, and dead at the start, is back
        fast = 0 if self.ticking and self.channel_lost else self.fitting.answered & 1 << Chip.CONVERTER_1
        return self.metering.running << Chip.METER_1 | self.leaks.answering | fast

    @property
    def tripped(self):
        return self.tripped_bits != 0

    @property
    def latched_bits(self):
        """Two bits a branch: tripped at once 01, by heat 11, by a leak 10."""
        return self.tripped_bits & ~self.leak_bits | (self.thermal_bits | self.leak_bits) << 8

    @property
    def channel_lost(self):
        return self._words[_BAD_SAMPLES] >= _CHANNEL_FAULT_TICKS or not self.controller.tick_alive

    def may_be_blind(self):
        return all(self.protection.thermal(branch) < _BLIND_LIMIT_percent for branch in range(BRANCHES))

    def may_restart(self):
        """The thermal images begin anew, and branches that wait for their turn would wait for ever."""
        return self.may_be_blind() and not self.supply.restoring and not self.switching.busy

    @at_start
    def start(self):
        """Take over what the contacts report; then let protection run. Without the fast channels nothing could be protected,
        so nothing is switched either, and what the contacts' inputs read is not believed: nobody may be there."""
        self._configured(0, 0)
        if self.adc.probe():
            self.fitting.answer(Chip.CONVERTER_1)
        self.metering.start()
        if not self.fitting.fitted(Chip.CONVERTER_1):
            print("mallee: no converter for the fast currents: not fitted, nothing is protected or switched (SAFE)")
            self.safe_reason = SafeReason.NO_CONVERTER
            self._words[_BAD_SAMPLES] = 1000
            return
        self._fitted = 1
        if self.image.get(Health.reset_reason) == ResetReason.POWER_ON:
            self.supply.restoring = True
        self.relays.exchange(0, 0)
        if "coil_enable" in self.pins:
            Pin(self.pins["coil_enable"], Pin.OUT, value=0)  # now that no coil is driven by what the registers held
        self.switching.start(self.relays.feedback)
        if self._switched_on < 0:  # nothing was kept: contacts stay as they are
            self._switched_on = self.relays.feedback
        coils = self.controller.coils
        for branch in range(BRANCHES):
            coils.put(branch, self.relays.feedback >> branch & 1)
        if self.adc.read():
            for branch in range(BRANCHES):
                ratio = self.codes[branch] / self.counts_per_A / self._setting(BranchSettings.rating, branch)
                self.protection.set_theta(branch, ratio * ratio)
        self._tick = tick.start(self.capability, self.tick)
        self.ticking = self._tick is not None
        if not self.ticking:
            self.safe_reason = SafeReason.NO_HARD_TICK
            self._words[_BAD_SAMPLES] = 1000  # nobody samples: the fast channels read as failed, and their alarm stands

    @micropython.native
    def tick(self, source):
        """The hard tick. Nothing here may allocate, wait, or touch what the main loop is in the middle of."""
        self.tick_count = self.tick_count + 1 & _WRAP
        trips = 0
        read, codes, state, protection, switching, exchange, rows, recording, sample, ring, plan, words = self._for_tick
        event = ordered = 0
        if read():
            sample = codes
            words[_BAD_SAMPLES] = 0
            trips = watch(codes, state)
        elif words[_BAD_SAMPLES] < 1000:
            words[_BAD_SAMPLES] += 1
        # Relays and thermal images take turns with each other: the tick that does both would be the longest.
        countdown = words[_COUNTDOWN] - 1
        if countdown == 0:
            countdown = WINDOW
            hot = heat(state, protection.windows_per_tau, protection.limit)
            if hot:
                self.thermal_bits |= hot & ~self.tripped_bits & ~trips
                trips |= hot
        words[_COUNTDOWN] = countdown
        due = plan[countdown]
        if due == _SWINGS:
            keep(state, ring)
            due = 0
        if words[_ASKED]:
            words[_ASKED] = 0
            self.tripped_bits &= ~self.release_bits
            self.thermal_bits &= ~self.release_bits
            self.leak_bits &= ~self.release_bits
            self.release_bits = 0
            ordered = self.open_bits & ~self.tripped_bits & ~trips
            self.open_bits = 0
            self.leak_bits |= ordered
        if trips or ordered:
            trips &= ~self.tripped_bits
            if trips:
                event = -trips if self.tripped_bits else trips
            trips |= ordered
            if trips:
                self.tripped_bits |= trips
                words[_PULSE_BITS] |= trips
                words[_PULSE_TICKS] = _PULSE_TICKS_LONG
                due = 1
        pulse = words[_PULSE_TICKS]
        if pulse:
            words[_PULSE_TICKS] = pulse - 1
            if pulse == 1:
                words[_PULSE_BITS] = 0
                due = 1
        if due:
            exchange(switching.set_coils & ~self.tripped_bits, switching.reset_coils | words[_PULSE_BITS])
        record(sample, rows, recording, event)  # behind the relays: a trip comes first

    def housekeep(self, dt_ms):
        self.supply.watch()
        if not self.metering.step(dt_ms):
            return
        if self._balance:  # 2.1 ms on a Pico, which supervision has not left
            self._balance = False
            self.metering.balance()
        else:
            cV = self.metering.phase_cV
            self.swing.step(None if self.channel_lost or min(cV) < 0 else sum(cV) / 100)

    def regulate(self, dt_ms):
        holdings, coils = self.controller.holdings, self.controller.coils.image
        if not self._fitted:
            self.showing.bare()
            return
        self.trips.note()
        permit = int(holdings.setting(Remote.permit))
        self.switching.step(dt_ms, coils[0], permit, self.tripped_bits, self.relays.feedback, not self.supply.lost)
        if not self.supply.restoring:
            self._switched_on = coils[0]
        else:
            self._switched_on &= ~self.tripped_bits
        self.showing.step()

    def supervise(self, dt_ms):
        """Everything here has its turn five times a second: what is summed and what is wired in one, what is judged of the
        branches in the other. A leak may take a second."""
        self.metering.supervise()
        self.adc.supervise()
        self.controller.alarms.dt_ms = 2 * dt_ms
        self._odd = not self._odd
        if self._odd:
            self.metering.sums()
            if self.supply.step(2 * dt_ms):
                self._restore()
            self.judging.chips()
            must_open = self.leaks.step(self.judging.dead)
            if must_open:
                self.open_bits = must_open
                self.ask()
            return
        self.demand.step(2 * dt_ms)
        self._turn = (self._turn + 1) % 5
        if not self._turn:
            self._balance = True
        if self._fitted:
            self.judging.branches(self.supply.live)

    def ask(self):
        """The tick shall look at release_bits and open_bits."""
        self._words[_ASKED] = 1

    def _restore(self):
        """The supply is back: what the policy wants is switched on, in turn."""
        self.controller.coils.image[0] = self.supply.wanted(self._switched_on) & ~self.tripped_bits & 0xFF

    def _reset_peaks(self, address, count):
        holdings = self.controller.holdings
        if holdings.setting(StatisticsCommand.reset_peaks):
            holdings.put(StatisticsCommand.reset_peaks, 0)
            self.demand.reset_peaks()
            self.protection.reset_peaks()
            self.controller.memory.urgent = True

    def save(self, data, at):
        """Energies; what was switched on, and the same inverted: a memory without it has zeros; whether the supply is away, so
        that a reset in the meantime does not take open contacts for what was on; peaks."""
        self.metering.save(data, at)
        if self._switched_on >= 0:
            data[at + 8 * BRANCHES] = self._switched_on
            data[at + 8 * BRANCHES + 1] = self._switched_on ^ 0xFF
            data[at + 8 * BRANCHES + 2] = self.supply.restoring
        at += 8 * BRANCHES + 3
        self.demand.save(data, at)
        self.protection.save(data, at + DEMAND_BYTES)
        data[at + DEMAND_BYTES + 2 * BRANCHES] = _PEAKS_KEPT

    @at_start
    def restore(self, data, at):
        self.metering.restore(data, at)
        bits = data[at + 8 * BRANCHES]
        if bits ^ 0xFF == data[at + 8 * BRANCHES + 1]:
            self._switched_on = bits
            self.supply.restoring = data[at + 8 * BRANCHES + 2] == 1
        at += 8 * BRANCHES + 3
        if data[at + DEMAND_BYTES + 2 * BRANCHES] == _PEAKS_KEPT:
            self.demand.restore(data, at)
            self.protection.restore(data, at + DEMAND_BYTES)

    def may_switch(self, address, value):
        """A tripped branch is reset first: switching on again must be a decision of its own."""
        if not self.ticking:
            return Refusal.NOT_PROTECTED
        if value and self.tripped_bits >> address & 1:
            return Refusal.INTERLOCK
        return Refusal.NONE

    def switched(self, address, value):
        """The position is read from the coils in each step. Without a lease, who switches a branch on also permits it: the
        host that took the permit is gone, and somebody stands here."""
        if value and self.controller.lease.state != LeaseState.ACTIVE:
            holdings = self.controller.holdings
            holdings.put(Remote.permit, int(holdings.setting(Remote.permit)) | 1 << address)
        self.controller.memory.urgent = True  # a power cut must not switch on again what was just switched off
        self.supply.switched(address, value)
        if self._switched_on >= 0:  # while the supply is away too
            self._switched_on = self._switched_on & ~(1 << address) | (value != 0) << address

    def _setting(self, field, branch):
        return self.controller.holdings.setting(field, BranchSettings.START + branch * BranchSettings.STRIDE)

    def _configured(self, address, count):
        setting = self.controller.holdings.setting
        self.tau_s, self.limit = setting(Settings.thermal_time_constant), setting(Settings.thermal_limit)
        self.protection.set_curve(self.tau_s, self.limit)
        self.showing.per_theta = int(1000 * 256 * 131072 / self.protection.limit + 0.5)
        self.switching.configure(setting)
        for branch in range(BRANCHES):
            rating_A = self.rating_A[branch] = self._setting(BranchSettings.rating, branch)
            # A little less than the current that trips in the end, so that rounding hides nothing.
            self.at_limit[branch] = int(0.98 * sqrt(self.limit) * rating_A * self.counts_per_A)
            self.protection.configure(
                branch,
                int(rating_A * self.counts_per_A + 0.5),
                int(self._setting(BranchSettings.instantaneous, branch) * self.counts_per_A + 0.5),
            )
