"""One controller: the common registers, commands, lease, alarms and settings around a profile.

A profile is an object with: inputs, holdings, coils (register classes), alarms (alarm classes), bind(controller, board,
equipment), start(), regulate(dt_ms), housekeep(dt_ms), at_local, ticking, tripped (bools), safe_reason (why it does not tick),
may_switch(address, value), switched(address, value), may_be_blind() (a flash write may stop interrupts now), latched_bits
(what a reset must not clear; `retained.word` has it after one), answering (bits), chip_errors, tick_count, tick_overruns.
"""

import time

import machine
import micropython
from maps import common
from maps.common import (
    ClockSource,
    Command,
    CommonAlarm,
    CommonSettings,
    Health,
    Identity,
    LeaseState,
    Refusal,
    ResetReason,
    State,
    Status,
)
from maps.fields import ADDRESS, COUNT

from core.alarms import Alarms
from core.bank import Bits, Table
from core.fitting import Fitting
from core.lease import REFUSED, Lease
from core.loop import WATCHDOG_MS, Loop
from core.modbus import Server
from core.retained import Retained
from core.settings import Settings
from core.tick import HZ, WRAP
from core.transport import choose
from core.wire import get32

COMMIT = 0xC0DE
BUSY = 6  # exception code: try again later
REGULATION_MS = 100
HOUSEKEEPING_MS = 10
LEASE_FIRST = common.Lease.remote_holder[ADDRESS]
SETTINGS_FIRST = CommonSettings.lease_hold[ADDRESS]
# Ports that count from 1970 and ports that count from 2000 both exist.
EPOCH_OFFSET_S = 946684800 if time.gmtime(0)[0] == 2000 else 0


class Controller:
    running = None  # the one that runs, for whoever interrupts it and looks around at the prompt

    def __init__(self, info, profile, board, equipment):
        self.info = info
        self.profile = profile
        self.state = State.BOOT
        self.inputs = Table((Identity, Health, Status) + profile.inputs)
        self.holdings = Table((Command, common.Lease, CommonSettings) + profile.holdings, writable=True)
        self.coils = Bits([(coil[ADDRESS], coil[ADDRESS] + coil[COUNT]) for coil in profile.coils])
        self.alarms = Alarms((CommonAlarm,) + profile.alarms)
        self.lease = Lease()
        self.settings = Settings(self.holdings, SETTINGS_FIRST, (common.MAP_MAJOR, common.MAP_MINOR))
        self.settings_found = self.settings.load()
        self.fitting = Fitting(self.holdings, self.alarms.start_anew)
        self._mark_ms = self._mark_count = 0
        self.uptime_ms = 0
        self.uptime_s = 0
        self.sequence = 0
        self.clock_source = ClockSource.NONE
        self._clock_ahead_s = 0
        self._reason = _reset_reason()
        self._tell_restart = self._reason in (ResetReason.WATCHDOG, ResetReason.FAULT)
        self.retained = Retained(board.CAPABILITIES["retained"], self._reason == ResetReason.POWER_ON)
        self.tick_alive = True
        self._guard()
        self.server = Server(
            self.inputs, self.holdings, self.coils, self.alarms.bits, self._file, _objects(info, profile)
        )
        self.transport = choose(self.server, info, board)
        self.loop = Loop(self.transport, machine.WDT(timeout=WATCHDOG_MS))
        self._identify()
        profile.bind(self, board, equipment)

    def run(self):
        """Start the equipment and never return."""
        Controller.running = self
        self.profile.start()
        self._publish_fitting()
        self._mark_ms, self._mark_count = time.ticks_ms(), self.profile.tick_count
        self.regulation = self.loop.every(REGULATION_MS, self._regulate)
        self.loop.every(HOUSEKEEPING_MS, self.profile.housekeep)
        self.loop.every(1000, self._each_second)
        self.loop.collect()
        self.loop.start()
        while True:
            self.loop.turn()

    # Each 100 ms.

    @micropython.native
    def _regulate(self, dt_ms):
        alarms, lease = self.alarms, self.lease
        alarms.dt_ms = dt_ms
        alarms.age(dt_ms)
        lease.step(dt_ms, 1000 * self.holdings.setting(CommonSettings.lease_hold), self.profile.at_local)
        alarms.set(CommonAlarm.lease_lost, lease.lost)
        alarms.set(CommonAlarm.loop_overrun, dt_ms > REGULATION_MS)
        alarms.set(CommonAlarm.settings_lost, not self.settings_found)
        alarms.set(CommonAlarm.restarted, self._tell_restart)
        alarms.set(CommonAlarm.tick_stopped, not self.tick_alive)
        self.profile.regulate(dt_ms)
        self.retained.store(self.profile.latched_bits)
        if not self.profile.ticking:
            self.state = State.SAFE  # a board without a hard tick measures and answers, but protects nothing
        elif self.profile.tripped:
            self.state = State.TRIPPED
        else:
            self.state = State.LEASED if lease.state == LeaseState.ACTIVE else State.LOCAL
        self.sequence = (self.sequence + 1) & 0x7FFF
        self._publish_status()

    @micropython.native
    def _publish_status(self):
        put, alarms, lease = self.inputs.put, self.alarms, self.lease
        put(Status.sequence, self.sequence)
        put(Status.state, self.state)
        put(Status.first_out, alarms.first_out)
        put(Status.alarm_count, alarms.count)
        put(Status.refusal, lease.refusal)
        put(Status.lease_state, lease.state)
        put(Status.lease_holder, lease.holder)
        put(Status.lease_epoch, lease.epoch)
        active = lease.state == LeaseState.ACTIVE
        put(Status.lease_remaining, (lease.remaining_ms + 999) // 1000 if active else 0)
        put(Status.since_trip, None if alarms.first_out is None else alarms.first_out_ms)

    # Each second.

    def _each_second(self, dt_ms):
        self.uptime_ms += dt_ms
        self.uptime_s += self.uptime_ms // 1000
        self.uptime_ms %= 1000
        self.transport.age(dt_ms)
        self.loop.collect()
        self._count_missed_ticks()
        if self.tick_alive:  # without its tick nothing is protected: let the watchdog start the controller anew
            self.loop.feed()
        put, loop, server = self.inputs.put, self.loop, self.server
        put(Health.uptime, self.uptime_s)
        if self.clock_source != ClockSource.NONE:
            put(Health.clock, self.now_s())
        put(Health.clock_source, self.clock_source)
        put(Health.loop_period, REGULATION_MS)
        put(Health.loop_worst_execution, max(task.worst_execution_us for task in loop.tasks))
        put(Health.loop_worst_lateness, 1000 * self.regulation.worst_lateness_ms)
        put(Health.loop_overruns, self.regulation.overruns)
        put(Health.tick_count, self.profile.tick_count)
        put(Health.tick_overruns, self.profile.tick_overruns)
        put(Health.heap_free, loop.heap_free)
        put(Health.collector_worst_pause, loop.collector_worst_us)
        put(Health.bus_messages, server.diagnostics.messages)
        put(Health.bus_errors, server.diagnostics.errors)
        put(Health.bus_exceptions, server.diagnostics.exceptions)
        put(Health.bus_clients, self.transport.connected)
        put(Health.bus_evictions, self.transport.evictions)
        put(Health.bus_overruns, self.transport.overruns)
        put(Health.bus_unanswered, self.transport.unanswered)
        put(Health.bus_noise, self.transport.noise)
        put(Health.bus_gaps, self.transport.gaps)
        put(Health.bus_foreign, self.transport.foreign)
        put(Health.bus_broadcasts, self.transport.broadcasts)
        put(Health.blind_worst, self.settings.worst_write_us)
        put(Health.settings_commits, self.settings.commits)
        put(Health.chip_errors, self.profile.chip_errors)
        self._publish_fitting()
        put(Health.value_clamps, self.inputs.clamps)

    def _publish_fitting(self):
        self.inputs.put(Health.answering_chips, self.profile.answering)
        self.inputs.put(Health.safe_reason, self.profile.safe_reason)

    def _count_missed_ticks(self):
        """Compare the hard ticks of the last second with the clock; one tick of difference is the phase between the two."""
        now_ms, count = time.ticks_ms(), self.profile.tick_count
        counted = (count - self._mark_count) & WRAP
        missed = time.ticks_diff(now_ms, self._mark_ms) * HZ // 1000 - counted
        self._mark_ms, self._mark_count = now_ms, count
        self.tick_alive = counted > 0 or not self.profile.ticking
        if missed > 1:
            self.profile.tick_overruns += missed

    def now_s(self):
        return time.time() + EPOCH_OFFSET_S + self._clock_ahead_s

    # Writes.

    def _guard(self):
        holdings = self.holdings
        commands = [span for span in holdings.spans if span[0] == Command.commit[ADDRESS]][0]
        remote = [span for span in holdings.spans if span[0] == LEASE_FIRST][0]
        holdings.guard(commands[0], commands[1], self._may_command, self._commanded)
        self.lease.block = remote[1] - remote[0]
        holdings.guard(remote[0], remote[1], self._may_lease, self.lease.written)
        self.coils.may_write = self._may_switch
        self.coils.written = self.profile.switched

    def _may_lease(self, address, count, data, offset):
        code = self.lease.may_write(address, count, data, offset)
        return self.refuse(self.lease.refusal) if code else 0

    def _may_command(self, address, count, data, offset):
        """Commands act at once, so that a refusal is the answer to the request that caused it."""
        first = address
        for here in range(first, first + count):
            word = data[offset + 2 * (here - first)] << 8 | data[offset + 2 * (here - first) + 1]
            if here == Command.commit[ADDRESS] and word:
                code = self._commit(word)
                if code:
                    return code
            if here == Command.reset_latch[ADDRESS] and word and not self._reset(word):
                return self.refuse(Refusal.INTERLOCK)
        return 0

    def _commanded(self, address, count):
        holdings = self.holdings
        clock = get32(holdings.image, holdings.locate(Command.set_clock[ADDRESS], 2))
        if clock:
            self._clock_ahead_s = clock - time.time() - EPOCH_OFFSET_S
            self.clock_source = ClockSource.HOST
        for field in (Command.commit, Command.reset_latch, Command.set_clock):
            holdings.put(field, 0)

    def _commit(self, word):
        """Exception code, or 0. Writing to flash stops interrupts, and with them protection, for tens of milliseconds."""
        if word != COMMIT:
            return self.refuse(Refusal.BAD_COMMAND)
        if not self.profile.may_be_blind():
            return BUSY
        try:
            self.settings.commit()
        except OSError:
            return self.refuse(Refusal.STORAGE)
        self.settings_found = True
        return 0

    def _reset(self, code):
        if self._tell_restart and code in (CommonAlarm.restarted[0], 0xACE):
            self._tell_restart = False
            return True
        done = self.alarms.reset(code)
        if done:
            self.profile.released()
        return done

    def _may_switch(self, address, value):
        reason = self.profile.may_switch(address, value)
        return self.refuse(reason) if reason else 0

    def refuse(self, reason):
        self.lease.refusal = reason
        self.inputs.put(Status.refusal, reason)  # at once: the host asks for it next
        return REFUSED

    # Identity.

    def _identify(self):
        put, info = self.inputs.put, self.info
        put(Identity.magic, common.MAGIC)
        put(Identity.profile, self.profile.NUMBER)
        put(Identity.map_major, common.MAP_MAJOR)
        put(Identity.map_minor, common.MAP_MINOR)
        put(Identity.dictionary_hash, info.DICTIONARY_HASH)
        put(Identity.firmware_major, info.VERSION[0])
        put(Identity.firmware_minor, info.VERSION[1])
        put(Identity.firmware_patch, info.VERSION[2])
        put(Identity.unit_address, info.UNIT)
        self.inputs.put_text(Identity.serial_number, info.SERIAL)
        self.inputs.put_text(Identity.name, info.NAME)
        put(Health.reset_reason, self._reason)

    def _file(self, number):
        """File 1 is the dictionary; it goes on in file 2 after 20,000 bytes, and so on."""
        return DictionaryFile.open(number)


class DictionaryFile:
    """The dictionary in flash, as file records: its length in two registers, then its bytes (wire contract, Dictionary)."""

    FILE_BYTES = 20000

    @staticmethod
    def open(number):
        try:
            file = open("dictionary.bin", "rb")
        except OSError:
            return None
        length = file.seek(0, 2)
        skip = (number - 1) * DictionaryFile.FILE_BYTES
        if not 1 <= number <= 9 or skip >= length + 4:
            file.close()
            return None
        return DictionaryFile(file, length, skip)

    def __init__(self, file, length, skip):
        self.file = file
        self.head = bytes((length >> 24, length >> 16 & 0xFF, length >> 8 & 0xFF, length & 0xFF))
        self.skip = skip
        self.size = min(length + 4 - skip, self.FILE_BYTES)

    def read(self, position, count, target, at):
        """Fill target[at:at+count]; a byte behind an odd end reads as 0."""
        position += self.skip
        for i in range(count):
            target[at + i] = self.head[position + i] if position + i < 4 else 0
        start = max(0, 4 - position)
        if start < count:
            self.file.seek(position + start - 4)
            self.file.readinto(memoryview(target)[at + start : at + count])
        self.file.close()


def _objects(info, profile):
    """Device identification (FC43/14): objects 0-6 of the standard, 0x80 the dictionary hash in hexadecimal."""
    return {
        0: b"mallee",
        1: profile.PRODUCT,
        2: ("%d.%d.%d" % info.VERSION).encode(),
        3: b"",
        4: profile.TITLE,
        5: profile.PRODUCT,
        6: info.NAME.encode(),
        0x80: ("%016x" % info.DICTIONARY_HASH).encode(),
    }


def _reset_reason():
    cause = machine.reset_cause()
    if cause == getattr(machine, "PWRON_RESET", 1):
        return ResetReason.POWER_ON
    if cause == getattr(machine, "WDT_RESET", 3):
        return ResetReason.WATCHDOG
    return ResetReason.UNKNOWN
