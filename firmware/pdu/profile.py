"""The PDU: ties metering, protection and switching to registers, alarms and the board."""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)

from array import array
from math import log

from core import tick
from drivers.ads131m08 import COUNTS_PER_V, Ads131m08
from drivers.atm90e32 import Atm90e32
from drivers.hc138 import Hc138
from drivers.relays import Relays
from machine import SPI, Pin
from maps import pdu as maps
from maps.common import LeaseState, Profile, Quality, Refusal
from maps.fields import ADDRESS
from maps.pdu import BRANCHES, Branch, BranchFast, BranchSettings, Measurement, PduAlarm, Remote, Settings, TripCause

from pdu.metering import Metering
from pdu.protection import WINDOW, Protection, heat, watch
from pdu.switching import Switching

_RELAY_TICKS = 20  # coils and contacts are exchanged this often, and at once on a trip
_PULSE_TICKS = 150  # of the reset coils on a trip; the coils are rated for pulses
_CHANNEL_FAULT_TICKS = 10
_BLIND_LIMIT_percent = 80  # no flash write while any branch is hotter, in percent of its trip
_METER_SLOT_MS = 20  # one branch a slot: every branch within the 200 ms metering window


class Pdu:
    NUMBER = Profile.PDU
    PRODUCT = b"mallee-pdu"
    TITLE = b"mallee power distribution unit"
    inputs = (Measurement, BranchFast, Branch)
    holdings = (Remote, Settings, BranchSettings)
    coils = (maps.Switch.branch_switch,)
    alarms = (PduAlarm,)
    at_local = True  # nothing ramps: a lapsed lease switches nothing

    def bind(self, controller, board):
        self.controller = controller
        self.image = controller.inputs
        pins = board.PDU
        self.counts_per_A = COUNTS_PER_V * board.PDU_FAST_V_PER_A
        fast = pins["spi_fast"]
        self._spi = SPI(
            fast["id"], baudrate=10_000_000, polarity=0, phase=1,
            sck=Pin(fast["sck"]), mosi=Pin(fast["mosi"]), miso=Pin(fast["miso"]),
        )  # fmt: skip
        self.codes = array("i", [0] * BRANCHES)
        self.adc = Ads131m08(self._spi, Pin(pins["analog_select"], Pin.OUT, value=1), self.codes)
        latch, load = Pin(pins["relay_latch"], Pin.OUT, value=0), Pin(pins["feedback_load"], Pin.OUT, value=1)
        self.relays = Relays(self._spi, latch, load)
        meter = pins["spi_meter"]
        spi = SPI(
            meter["id"], baudrate=1_000_000, polarity=1, phase=1,
            sck=Pin(meter["sck"]), mosi=Pin(meter["mosi"]), miso=Pin(meter["miso"]),
        )  # fmt: skip
        decoder = Hc138(
            [Pin(pin, Pin.OUT, value=0) for pin in pins["meter_select"]], Pin(pins["meter_enable"], Pin.OUT, value=1)
        )
        self.metering = Metering([Atm90e32(spi, decoder.line(b)) for b in range(BRANCHES)], self.image)
        self.protection = Protection()
        self.switching = Switching()
        self.capability = board.CAPABILITIES["hard_tick"]
        # Shared with the tick. Only the tick changes the first three, because a read-modify-write in the main loop could
        # lose what an interrupt in the middle of it stored; the main loop asks with _release_bits.
        self.tick_count = 0
        self.tripped_bits = 0
        self._thermal_bits = 0
        self._release_bits = 0
        self.tick_overruns = 0
        self._noted_bits = 0
        self.tripped_bits = controller.retained.word & 0xFF
        self._thermal_bits = controller.retained.word >> 8 & 0xFF
        self._pulse_bits = 0
        self._pulse_ticks = 0
        self._bad_samples = 0
        self._countdown = WINDOW
        self._relay_countdown = _RELAY_TICKS
        self._state = self.protection.state
        self._slot_ms = 0
        behind = BranchSettings.START + BRANCHES * BranchSettings.STRIDE
        controller.holdings.guard(Settings.close_interval[ADDRESS], behind, None, self._configured)

    @property
    def chip_errors(self):
        return self.metering.errors + self.adc.errors

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
        """Take over what the contacts report; then let protection run."""
        self._configured(0, 0)
        self.relays.exchange(0, 0)
        self.switching.start(self.relays.feedback)
        coils = self.controller.coils
        for branch in range(BRANCHES):
            coils.put(branch, self.relays.feedback >> branch & 1)
        self.metering.start()
        if self.adc.read():
            for branch in range(BRANCHES):
                ratio = self.codes[branch] / self.counts_per_A / self._setting(BranchSettings.rating, branch)
                self.protection.set_theta(branch, ratio * ratio)
        self._tick = tick.start(self.capability, self.tick)

    def tick(self, timer):
        """The hard tick. Nothing here may allocate, wait, or touch what the main loop is in the middle of."""
        self.tick_count = (self.tick_count + 1) & 0x3FFFFFFF
        trips = 0
        if self.adc.read():
            self._bad_samples = 0
            trips = watch(self.codes, self._state)
        elif self._bad_samples < 1000:
            self._bad_samples += 1
        self._countdown -= 1
        if self._countdown == 0:
            self._countdown = WINDOW
            hot = heat(self._state, self.protection.windows_per_tau, self.protection.limit)
            self._thermal_bits |= hot & ~self.tripped_bits & ~trips
            trips |= hot
        self._relay_countdown -= 1
        if self._release_bits:
            self.tripped_bits &= ~self._release_bits
            self._thermal_bits &= ~self._release_bits
            self._release_bits = 0
        trips &= ~self.tripped_bits
        if trips:
            self.tripped_bits |= trips
            self._pulse_bits |= trips
            self._pulse_ticks = _PULSE_TICKS
            self._relay_countdown = 0
        elif self._pulse_ticks:
            self._pulse_ticks -= 1
            if not self._pulse_ticks:
                self._pulse_bits = 0
                self._relay_countdown = 0
        if self._relay_countdown == 0:
            self._relay_countdown = _RELAY_TICKS
            switching = self.switching
            self.relays.exchange(switching.set_coils & ~self.tripped_bits, switching.reset_coils | self._pulse_bits)

    def housekeep(self, dt_ms):
        self._slot_ms += dt_ms
        if self._slot_ms >= _METER_SLOT_MS:
            self.metering.step(self._slot_ms)
            self._slot_ms = 0

    def regulate(self, dt_ms):
        holdings, switching = self.controller.holdings, self.switching
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

    def may_switch(self, address, value):
        """A tripped branch is reset first: switching on again must be a decision of its own."""
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

    def _note_trips(self):
        new = self.tripped_bits & ~self._noted_bits & ~self._release_bits
        self._noted_bits |= new
        alarms = self.controller.alarms
        for branch in range(BRANCHES):
            if new >> branch & 1:
                cause = TripCause.THERMAL if self._thermal_bits >> branch & 1 else TripCause.INSTANTANEOUS
                alarm = PduAlarm.overload_trip if cause == TripCause.THERMAL else PduAlarm.instantaneous_trip
                alarms.trip(alarm, branch)
                self.image.put(Branch.trip_cause, cause, Branch.START + branch * Branch.STRIDE)
                self.controller.coils.put(branch, 0)
            elif not self.tripped_bits >> branch & 1 or self._cold(branch):
                alarms.set(PduAlarm.overload_trip, False, branch)
                alarms.set(PduAlarm.instantaneous_trip, False, branch)

    def _cold(self, branch):
        """Open, and cool enough to be closed again without tripping at once."""
        return not self.relays.feedback >> branch & 1 and self.protection.thermal(branch) < 90

    def _judge(self):
        alarms, metering = self.controller.alarms, self.metering
        warning = self.controller.holdings.setting(Settings.warning_level)
        alarms.set(PduAlarm.fast_channel_fault, self._channel_lost)
        for branch in range(BRANCHES):
            alarms.set(PduAlarm.overload_warning, self.protection.thermal(branch) > warning, branch)
            alarms.set(PduAlarm.contactor_disagrees, bool(self.switching.disagrees(branch)), branch)
            alarms.set(PduAlarm.metering_fault, metering.quality[branch] == Quality.FAULT, branch)
        low = self.controller.holdings.setting(Settings.undervoltage)
        high = self.controller.holdings.setting(Settings.overvoltage)
        for phase in range(3):
            volts = metering.phase_voltage(phase)
            alarms.set(PduAlarm.undervoltage, None if volts is None else volts < low, phase)
            alarms.set(PduAlarm.overvoltage, None if volts is None else volts > high, phase)

    def _publish(self):
        put = self.image.put
        put(Measurement.closed, self.switching.closed)
        put(Measurement.tripped, self.tripped_bits)
        self.metering.sums()
        fast_bad = self._channel_lost
        meters = channels = 0
        for branch in range(BRANCHES):
            at, detail = BranchFast.START + branch * BranchFast.STRIDE, Branch.START + branch * Branch.STRIDE
            amps = None if fast_bad else max(0, self.codes[branch]) / self.counts_per_A
            put(BranchFast.current, amps, at)
            put(BranchFast.thermal, self.protection.thermal(branch), at)
            put(Branch.peak_current, self.protection.peak(branch) / self.counts_per_A, detail)
            put(Branch.state, self.switching.state(branch), detail)
            put(Branch.operations, self.switching.operations[branch], detail)
            put(Branch.time_to_trip, None if amps is None else self._time_to_trip(branch, amps), detail)
            meters |= self.metering.quality[branch] << 2 * branch
            channels |= (Quality.FAULT if fast_bad else Quality.GOOD) << 2 * branch
        put(Measurement.quality, meters)
        put(Measurement.quality, channels, 1)

    def _time_to_trip(self, branch, amps):
        """From θ(t) = i² + (θ0 − i²)·exp(−t/τ) = limit; None while i² stays below the limit."""
        ratio = amps / self._setting(BranchSettings.rating, branch)
        square, limit = ratio * ratio, self.controller.holdings.setting(Settings.thermal_limit)
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
        for branch in range(BRANCHES):
            self.protection.configure(
                branch,
                int(self._setting(BranchSettings.rating, branch) * self.counts_per_A + 0.5),
                int(self._setting(BranchSettings.instantaneous, branch) * self.counts_per_A + 0.5),
            )
