"""The PDU: ties metering, protection and switching to registers, alarms and the board."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from array import array
from math import log, sqrt

import micropython
from core import tick
from core.recorder import Recorder, record
from core.spi import open_bus
from drivers import fram
from drivers.ads131m08 import COUNTS_PER_V, Ads131m08
from drivers.atm90e32 import Atm90e32
from drivers.hc138 import Hc138
from drivers.relays import Relays
from machine import Pin
from maps import pdu as maps
from maps import pdu_calibration
from maps.common import Chip, LeaseState, Profile, Quality, Refusal, SafeReason
from maps.fields import ADDRESS, CODE
from maps.pdu import (
    BRANCHES,
    Branch,
    BranchFast,
    BranchOrder,
    BranchSettings,
    BranchState,
    Measurement,
    Remote,
    Settings,
    SettingsOrder,
    TripCause,
)
from maps.pdu_alarms import PduAlarm
from micropython import const

from pdu.calibration import Calibration
from pdu.metering import Metering
from pdu.protection import WINDOW, Protection, heat, show, watch
from pdu.switching import Switching

_SCLK_Hz = const(12_000_000)  # 74HC595 and 74HC165 share the bus with the converter; at 3.3 V they are slower than it
_RELAY_TICKS = const(20)  # coils and contacts are exchanged this often, and at once on a trip; divides WINDOW
_RELAY_PHASE = const(10)
_PULSE_TICKS = const(150)  # of the reset coils on a trip; the coils are rated for pulses
_TRIP_AHEAD = const(0x40)  # in _shown: a time to trip is shown
_WRAP = const(0x1FFFFFFF)  # core.tick.WRAP
_CHANNEL_FAULT_TICKS = 10
_NOT_SAMPLED = const(-0x8000)  # in a recording; also the converter's lowest code, which is beyond its range
_TRIP_MISSED = const(-1)
_BLIND_LIMIT_percent = 80  # no flash write while any branch is hotter, in percent of its trip


class Pdu:
    NUMBER = Profile.PDU
    PRODUCT = b"mallee-pdu"
    TITLE = b"mallee power distribution unit"
    inputs = (Measurement, BranchFast, Branch, pdu_calibration.CloseLook)
    holdings = (pdu_calibration.CloseLookAt, Remote, Settings, BranchSettings, pdu_calibration.Calibration)
    coils = (maps.Switch.branch_switch,)
    orders = (SettingsOrder, BranchOrder)
    alarms = (PduAlarm,)
    COUNTER_BYTES = 8 * BRANCHES  # energies
    at_local = True  # nothing ramps: a lapsed lease switches nothing
    recorder = Recorder(
        BRANCHES, b"A", b"branch.*.current"
    )  # here: before the registers are made there are 11 kB in one piece

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
        self.save, self.restore = self.metering.save, self.metering.restore
        self.protection = Protection()
        self.switching = Switching()
        self.capability = board.CAPABILITIES["hard_tick"]
        # Shared with the tick. Only the tick changes the first three, because a read-modify-write in the main loop could
        # lose what an interrupt in the middle of it stored; the main loop asks with _release_bits.
        self.ticking = False
        self.safe_reason = SafeReason.NONE
        self._fitted = 0  # the fast channels are: without them there are no branches to protect or to switch
        self.tick_count = 0
        self.tripped_bits = 0
        self._release_bits = 0
        self.tick_overruns = 0
        self._noted_bits = 0
        self._judged = False
        self.tripped_bits = controller.retained.word & 0xFF
        self._thermal_bits = controller.retained.word >> 8 & 0xFF
        self._pulse_bits = 0
        self._pulse_ticks = 0
        self._bad_samples = 0
        self._countdown = WINDOW
        self._state = self.protection.state
        # What the tick needs, in one place: one attribute to look up, and no method to bind, which would allocate.
        self._for_tick = self.adc.read, self.codes, self._state, self.protection, self.switching, self.relays.exchange
        self._for_record = self.recorder.rows, self.recorder.state, array("i", [_NOT_SAMPLED] * BRANCHES)
        self._rating_A = [1.0] * BRANCHES  # and the limit: settings that every step needs
        self._limit = 1.69
        self._at_limit = array("i", [0] * BRANCHES)  # code of the fast channel
        self._shown = bytearray(b"\x7f" * BRANCHES)  # state of each branch as it was stored last
        self._fast_at = self.image.place(BranchFast.current, BranchFast.START)
        self._peak_at = self.image.place(Branch.peak_current, Branch.START)
        self._per_code = int(100 * 16384 / self.counts_per_A + 0.5)  # 0.01 A
        self._per_theta = 0
        behind = BranchSettings.START + BRANCHES * BranchSettings.STRIDE
        controller.holdings.guard(Settings.close_interval & ADDRESS, behind, None, self._configured)

    @property
    def chip_errors(self):
        return self.metering.errors + self.adc.errors + self.adc.resets

    @property
    def answering(self):
        """Bits of maps.common.Chip."""
        if self.ticking and not self._channel_lost:
            self.fitting.answer(Chip.CONVERTER_1)  # one that was expected, and dead at the start, is back
        fast = 0 if self.ticking and self._channel_lost else self.fitting.answered & 1 << Chip.CONVERTER_1
        return self.metering.running << Chip.METER_1 | fast

    @property
    def tripped(self):
        return self.tripped_bits != 0

    @property
    def latched_bits(self):
        return self.tripped_bits | self._thermal_bits << 8

    @property
    def _channel_lost(self):
        return self._bad_samples >= _CHANNEL_FAULT_TICKS or not self.controller.tick_alive

    def may_be_blind(self):
        return all(self.protection.thermal(branch) < _BLIND_LIMIT_percent for branch in range(BRANCHES))

    def start(self):
        """Take over what the contacts report; then let protection run. Without the fast channels nothing could be protected,
        so nothing is switched either, and what the contacts' inputs read is not believed: nobody may be there."""
        self._configured(0, 0)
        if self.adc.probe():
            self.fitting.answer(Chip.CONVERTER_1)
        self.metering.start()
        if not self.fitting.fitted(Chip.CONVERTER_1):
            print(
                "mallee: no converter for the fast currents: not fitted, nothing is protected or switched (state SAFE)"
            )
            self.safe_reason = SafeReason.NO_CONVERTER
            self._judged = True  # there is nothing to judge
            self._bad_samples = 1000
            return
        self._fitted = 1
        self.relays.exchange(0, 0)
        if "coil_enable" in self.pins:
            Pin(self.pins["coil_enable"], Pin.OUT, value=0)  # now that no coil is driven by what the registers held
        self.switching.start(self.relays.feedback)
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
            self._bad_samples = 1000  # nobody samples: the fast channels read as failed, and their alarm stands

    @micropython.native
    def tick(self, source):
        """The hard tick. Nothing here may allocate, wait, or touch what the main loop is in the middle of."""
        self.tick_count = self.tick_count + 1 & _WRAP
        trips = 0
        read, codes, state, protection, switching, exchange = self._for_tick
        rows, recording, sample = self._for_record
        event = 0
        if read():
            sample = codes
            self._bad_samples = 0
            trips = watch(codes, state)
        elif self._bad_samples < 1000:
            self._bad_samples += 1
        # Relays and thermal images take turns with each other: the tick that does both would be the longest.
        countdown = self._countdown - 1
        if countdown == 0:
            countdown = WINDOW
            hot = heat(state, protection.windows_per_tau, protection.limit)
            if hot:
                self._thermal_bits |= hot & ~self.tripped_bits & ~trips
                trips |= hot
        self._countdown = countdown
        due = countdown % _RELAY_TICKS == _RELAY_PHASE
        if self._release_bits:
            self.tripped_bits &= ~self._release_bits
            self._thermal_bits &= ~self._release_bits
            self._release_bits = 0
        if trips:
            trips &= ~self.tripped_bits
            if trips:
                event = _TRIP_MISSED if self.tripped_bits else trips
                self.tripped_bits |= trips
                self._pulse_bits |= trips
                self._pulse_ticks = _PULSE_TICKS
                due = True
        if self._pulse_ticks:
            self._pulse_ticks -= 1
            if not self._pulse_ticks:
                self._pulse_bits = 0
                due = True
        if due:
            exchange(switching.set_coils & ~self.tripped_bits, switching.reset_coils | self._pulse_bits)
        record(sample, rows, recording, event)  # behind the relays: a trip comes first

    def housekeep(self, dt_ms):
        self.metering.step(dt_ms)

    def regulate(self, dt_ms):
        holdings, switching = self.controller.holdings, self.switching
        if not self._fitted:
            self._publish_bare()
            self._judge()
            return
        self._note_trips()
        switching.step(
            dt_ms,
            self.controller.coils.image[0],
            int(holdings.setting(Remote.permit)),
            self.tripped_bits,
            self.relays.feedback,
            int(1000 * holdings.setting(Settings.close_interval)),
            1000 * holdings.setting(Settings.minimum_off_time),
        )
        self._publish()
        self._judge()

    def supervise(self, dt_ms):
        """Ten times a second, half a period behind regulate."""
        self.metering.supervise()
        self.adc.supervise()

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

    def released(self):
        """Latched trips were reset: the branch stays open until somebody switches it on."""
        alarms = self.controller.alarms
        release = 0
        for branch in range(BRANCHES):
            if self._noted_bits >> branch & 1 and not (
                alarms.active(PduAlarm.overload_trip, branch) or alarms.active(PduAlarm.instantaneous_trip, branch)
            ):
                release |= 1 << branch
                self.image.put(Branch.trip_cause, TripCause.NONE, Branch.START + branch * Branch.STRIDE)
        self._noted_bits &= ~release
        self._release_bits = release

    @micropython.native
    def _note_trips(self):
        new = self.tripped_bits & ~self._noted_bits & ~self._release_bits
        self._noted_bits |= new
        judged, self._judged = self._judged, True
        if not new and not self._noted_bits and judged:
            return
        # The first time without a trip too, so that the alarms count as judged.
        alarms, memory = self.controller.alarms, self.controller.memory
        for branch in range(BRANCHES):
            if new >> branch & 1:
                cause = TripCause.THERMAL if self._thermal_bits >> branch & 1 else TripCause.INSTANTANEOUS
                alarm = PduAlarm.overload_trip if cause == TripCause.THERMAL else PduAlarm.instantaneous_trip
                alarms.trip(alarm, branch)
                self.recorder.stamp(branch, (alarm & CODE) + branch, memory, self.counts_per_A)
                self.image.put(Branch.trip_cause, cause, Branch.START + branch * Branch.STRIDE)
                self.controller.coils.put(branch, 0)
            elif not judged or self.tripped_bits >> branch & 1 and self._cold(branch):
                alarms.set(PduAlarm.overload_trip, False, branch)
                alarms.set(PduAlarm.instantaneous_trip, False, branch)

    def _cold(self, branch):
        """Open, and cool enough to be closed again without tripping at once."""
        return not self.relays.feedback >> branch & 1 and self.protection.thermal(branch) < 90

    @micropython.native
    def _judge(self):
        alarms, metering, protection, switching = self.controller.alarms, self.metering, self.protection, self.switching
        report, quality = alarms.set, metering.quality
        warning = self.controller.holdings.setting(Settings.warning_level)
        if self.fitting.known & 1:  # Chip.CONVERTER_1: expected now, even if it was not at the start
            report(PduAlarm.fast_channel_fault, self._channel_lost)
        for branch in range(BRANCHES):
            if self._fitted:
                report(PduAlarm.overload_warning, protection.thermal(branch) > warning, branch)
                report(PduAlarm.contactor_disagrees, switching.disagrees(branch), branch)
            meter = quality[branch]
            report(PduAlarm.metering_fault, None if meter == Quality.NOT_FITTED else meter == Quality.FAULT, branch)
        low = self.controller.holdings.setting(Settings.undervoltage)
        high = self.controller.holdings.setting(Settings.overvoltage)
        for phase in range(3):
            volts = metering.phase_voltage(phase)
            report(PduAlarm.undervoltage, None if volts is None else volts < low, phase)
            report(PduAlarm.overvoltage, None if volts is None else volts > high, phase)

    @micropython.native
    def _publish(self):
        put, switching, codes = self.image.put, self.switching, self.codes
        put(Measurement.closed, switching.closed)
        put(Measurement.tripped, self.tripped_bits)
        self.metering.sums()
        fast_bad = self._channel_lost
        channel = Quality.FAULT if fast_bad else Quality.GOOD  # fitted, else _publish_bare has it
        per_A, quality, shown = self.counts_per_A, self.metering.quality, self._shown
        show(codes, self._state, self.image.image, self._fast_at, self._peak_at, self._per_code, self._per_theta)
        meters = channels = 0
        detail = Branch.START
        for branch in range(BRANCHES):
            code, state = codes[branch], switching.state(branch)
            if fast_bad:
                put(BranchFast.current, None, BranchFast.START + branch * BranchFast.STRIDE)
                put(Branch.time_to_trip, None, detail)
            elif code > self._at_limit[branch] or shown[branch] >= _TRIP_AHEAD:
                left = self._time_to_trip(branch, code / per_A)
                put(Branch.time_to_trip, left, detail)
                state |= 0 if left is None else _TRIP_AHEAD
            if state != shown[branch]:
                shown[branch] = state
                put(Branch.state, state & ~_TRIP_AHEAD, detail)
                put(Branch.operations, switching.operations[branch], detail)
            meters |= quality[branch] << 2 * branch
            channels |= channel << 2 * branch
            detail += Branch.STRIDE
        put(Measurement.quality, meters)
        put(Measurement.quality, channels, 1)

    def _publish_bare(self):
        """A unit without fast channels: metering, where there is any."""
        put = self.image.put
        self.metering.sums()
        channel = self.fitting.absent(Chip.CONVERTER_1)
        meters = channels = 0
        for branch in range(BRANCHES):
            put(Branch.state, BranchState.NOT_FITTED, Branch.START + branch * Branch.STRIDE)
            meters |= self.metering.quality[branch] << 2 * branch
            channels |= channel << 2 * branch
        put(Measurement.quality, meters)
        put(Measurement.quality, channels, 1)

    @micropython.native
    def _time_to_trip(self, branch, amps):
        """From θ(t) = i² + (θ0 − i²)·exp(−t/τ) = limit; None while i² stays below the limit."""
        ratio = amps / self._rating_A[branch]
        square, limit = ratio * ratio, self._limit
        theta = self.protection.theta(branch)
        if theta >= limit:
            return 0
        if square <= limit:
            return None
        tau = self.controller.holdings.setting(Settings.thermal_time_constant)
        return tau * log((square - theta) / (square - limit))

    def _setting(self, field, branch):
        return self.controller.holdings.setting(field, BranchSettings.START + branch * BranchSettings.STRIDE)

    def _configured(self, address, count):
        holdings = self.controller.holdings
        self.protection.set_curve(
            holdings.setting(Settings.thermal_time_constant), holdings.setting(Settings.thermal_limit)
        )
        self._limit = holdings.setting(Settings.thermal_limit)
        self._per_theta = int(1000 * 256 * 131072 / self.protection.limit + 0.5)
        for branch in range(BRANCHES):
            self._rating_A[branch] = self._setting(BranchSettings.rating, branch)
            # A little less than the current that trips in the end, so that rounding hides nothing.
            self._at_limit[branch] = int(0.98 * sqrt(self._limit) * self._rating_A[branch] * self.counts_per_A)
            self.protection.configure(
                branch,
                int(self._rating_A[branch] * self.counts_per_A + 0.5),
                int(self._setting(BranchSettings.instantaneous, branch) * self.counts_per_A + 0.5),
            )
