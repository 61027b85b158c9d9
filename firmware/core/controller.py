"""One controller: the common registers, commands, lease, alarms and settings around a profile.

A profile is an object with: inputs, holdings, coils (register classes), orders (Order classes), alarms (alarm classes),
bind(controller, board, equipment), start(), regulate(dt_ms), supervise(dt_ms), housekeep(dt_ms), at_local, ticking, tripped
(bools), safe_reason (why it does not tick), may_switch(address, value), switched(address, value), released() (latched alarms
were reset), may_be_blind() (a flash write may stop interrupts now), may_restart() (so may a restart, for some seconds),
latched_bits (what a reset must not clear; `retained.word` has it after one), answering (bits), chip_errors, tick_count,
tick_overruns, fram (the chip or None), recorder (core.recorder's, or None), and for what outlives the power COUNTER_BYTES,
save(data, at) and restore(data, at).
"""

import machine
from maps import common
from maps.common import (
    Broadcast,
    ClockSource,
    Command,
    CommonSettings,
    Conflict,
    Health,
    Identity,
    Latch,
    LeaseState,
    Memory,
    Refusal,
    ResetReason,
    State,
    Status,
)
from maps.common_alarms import CommonAlarm
from maps.fields import ADDRESS, CODE, forget_specs, spec

from core.alarms import RESET_ALL, Alarms
from core.bank import Bits, Table
from core.clock import Clock
from core.consistency import Consistency
from core.files import Files
from core.fitting import Fitting
from core.health import HealthReport
from core.journal import Kind, LeaseEvent
from core.lease import REFUSED, Lease
from core.loop import WATCHDOG_MS, Loop
from core.modbus import Server
from core.nonvolatile import Nonvolatile
from core.retained import Retained
from core.settings import Settings
from core.starting import at_start, forget
from core.together import Together
from core.transport import choose
from core.update import Updates
from core.wire import get16

COMMIT = 0xC0DE
BUSY = 6  # exception code: try again later
REGULATION_MS = 100
HOUSEKEEPING_MS = 10
LEASE_FIRST = common.Lease.remote_holder & ADDRESS
SETTINGS_FIRST = CommonSettings.lease_hold & ADDRESS


class Controller:
    running = None  # the one that runs, for whoever interrupts it and looks around at the prompt

    @at_start
    def __init__(self, info, profile, board, equipment, release=None):
        self.info = info
        self.release = release or info
        self.board = board
        self.profile = profile
        self.state = State.BOOT
        from maps.common_update import Update, UpdateControl  # they leave the heap again

        self.inputs = Table((Identity, Health, Status, Memory, Conflict, Update, Latch) + profile.inputs)
        self.holdings = Table(
            (Command, Broadcast, UpdateControl, common.Lease, CommonSettings) + profile.holdings, writable=True
        )
        self.coils = Bits([(coil & ADDRESS, (coil & ADDRESS) + spec(coil)[0]) for coil in profile.coils])
        self.alarms = Alarms((CommonAlarm,) + profile.alarms)
        self.lease = Lease()
        self.settings = Settings(self.holdings, SETTINGS_FIRST, (common.MAP_MAJOR, common.MAP_MINOR))
        defaults = bytes(self.holdings.image)
        self.settings_found = self.settings.load()
        if Consistency(profile.orders, self.holdings, self.inputs.put, self.refuse).broken():
            self.holdings.image[:] = defaults
            self.settings_found = False
        self.fitting = Fitting(self.holdings, self.alarms.start_anew)
        self.uptime_ms = 0
        self.uptime_s = 0
        self.sequence = 0
        self.clock = Clock()
        self._reason = _reset_reason()
        self.retained = Retained(board.CAPABILITIES["retained"], self._reason == ResetReason.POWER_ON)
        if self.retained.failed:
            self._reason = ResetReason.FAULT
        elif self.retained.commanded:
            self._reason = ResetReason.COMMAND
        self._tell_restart = self._reason in (ResetReason.WATCHDOG, ResetReason.FAULT)
        self.tick_alive = True
        self._shown_lease = -1  # what the status block says of it
        self._shown_trip = True
        self._guard()
        self.together = Together(self.inputs, self.holdings, self.clock, self.refuse)
        profile.bind(self, board, equipment)
        self.memory = Nonvolatile(profile.fram, profile, self.lease)
        self.updates = Updates(self)
        files = Files(self.memory.journal, (common.MAP_MAJOR, common.MAP_MINOR), profile.recorder, self.updates.open)
        objects = _objects(info, self.release, profile)
        self.server = Server(self.inputs, self.holdings, self.coils, self.alarms.bits, files.open, objects)
        self.server.broadcast = self.together.broadcast
        self.transport = choose(self.server, info, board)
        self.loop = Loop(self.transport, machine.WDT(timeout=WATCHDOG_MS))
        self.health = HealthReport(self)
        self._identify()

    def run(self):
        """Start the equipment and never return."""
        Controller.running = self
        self._start()
        forget()
        self.loop.collect()
        self.loop.start()
        while True:
            self.loop.turn()

    @at_start
    def _start(self):
        forget_specs()
        self._remember()
        self.profile.start()
        self.memory.journal.load()  # hundreds of reads: behind the start of protection
        self.health.start()
        self.updates.start()
        self.regulation = self.loop.every(REGULATION_MS, self._regulate)
        # Half a period behind: two steps in a row would keep the bus waiting twice as long.
        self.loop.every(REGULATION_MS, self._supervise, REGULATION_MS // 2)
        self.housekeeping = self.loop.every(HOUSEKEEPING_MS, self._housekeep)
        self.loop.every(1000, self._each_second)

    @at_start
    def _remember(self):
        """Take over what outlived the power, and begin the journal of this start."""
        memory, put = self.memory, self.inputs.put
        memory.start(self._reason)
        put(Health.boot_count, memory.boot_count)
        put(Memory.fault_starts, memory.fault_starts)
        put(Memory.memory_kind, memory.kind)
        memory.journal.note(Kind.START, self._reason, (memory.boot_count or 0) & 0xFFFF)
        self.alarms.noted = self._alarm_noted

    def restart(self):
        """Reset the controller; outputs hold. Does not return."""
        self.memory.keep()
        self.retained.command()
        machine.reset()

    def failed(self):
        """The main loop ended with an error. Not the journal's affair: it may be what broke."""
        self.retained.fail()

    # Each 10 ms.

    def _housekeep(self, dt_ms):
        if self.clock.step():
            self._stamp()
            self.memory.journal.note(Kind.CLOCK_SET, 0, 0)
        self.memory.step()
        self.updates.step()
        self.profile.housekeep(dt_ms)

    # Each 100 ms.

    def _regulate(self, dt_ms):
        alarms, lease = self.alarms, self.lease
        alarms.dt_ms = dt_ms
        alarms.age(dt_ms)
        lost = lease.lost
        lease.step(dt_ms, 1000 * self.holdings.setting(CommonSettings.lease_hold), self.profile.at_local)
        if lease.lost and not lost:
            self.memory.journal.note(Kind.LEASE, LeaseEvent.LOST, lease.holder)
        alarms.set(CommonAlarm.lease_lost, lease.lost)
        alarms.set(CommonAlarm.loop_overrun, dt_ms > REGULATION_MS)
        alarms.set(CommonAlarm.settings_lost, not self.settings_found)
        alarms.set(CommonAlarm.restarted, self._tell_restart)
        alarms.set(CommonAlarm.tick_stopped, not self.tick_alive)
        alarms.set(CommonAlarm.update_failed, self.updates.failed)
        alarms.set(CommonAlarm.fallback, self.updates.fallen_back)
        self.profile.regulate(dt_ms)
        self.retained.store(self.profile.latched_bits)
        if self.updates.leaving:
            self.state = State.UPDATING
        elif not self.profile.ticking:
            self.state = State.SAFE  # a board without a hard tick measures and answers, but protects nothing
        elif self.profile.tripped:
            self.state = State.TRIPPED
        else:
            self.state = State.LEASED if lease.state == LeaseState.ACTIVE else State.LOCAL
        self.server.identification.running = self.state != State.SAFE
        self.sequence = (self.sequence + 1) & 0x7FFF
        self.together.age()
        self._publish_status()

    def _supervise(self, dt_ms):
        """What nothing is regulated by: alarms that may wait half a period, statistics, sums."""
        self.alarms.dt_ms = dt_ms
        self.profile.supervise(dt_ms)

    def _publish_status(self):
        put, alarms, lease = self.inputs.put, self.alarms, self.lease
        put(Status.sequence, self.sequence)
        put(Status.state, self.state)
        put(Status.first_out, alarms.first_out)
        put(Status.alarm_count, alarms.count)
        put(Status.refusal, lease.refusal)
        if lease.state != self._shown_lease or lease.state == LeaseState.ACTIVE:  # else nothing of it has changed
            self._shown_lease = lease.state
            put(Status.lease_state, lease.state)
            put(Status.lease_holder, lease.holder)
            put(Status.lease_epoch, lease.epoch)
            active = lease.state == LeaseState.ACTIVE
            put(Status.lease_remaining, (lease.remaining_ms + 999) // 1000 if active else 0)
        if alarms.first_out is not None or self._shown_trip:
            self._shown_trip = alarms.first_out is not None
            put(Status.since_trip, alarms.first_out_ms if self._shown_trip else None)

    # Each second.

    def _each_second(self, dt_ms):
        self.uptime_ms += dt_ms
        self.uptime_s += self.uptime_ms // 1000
        self.uptime_ms %= 1000
        self.transport.age(dt_ms)
        self.loop.collect()
        self.tick_alive = self.health.count_missed_ticks()
        if self.tick_alive:  # without its tick nothing is protected: let the watchdog start the controller anew
            self.loop.feed()
        self.memory.each_second()
        self._stamp()
        self.health.publish()
        self.updates.each_second()

    def _stamp(self):
        """What the journal notes from now on has this time."""
        clock = self.clock
        set_once = clock.source != ClockSource.NONE
        self.memory.journal.stamp(clock.now_s() if set_once else self.uptime_s, clock.source)

    # Writes.

    @at_start
    def _guard(self):
        holdings = self.holdings
        commands = [span for span in holdings.spans if span[0] == Command.commit & ADDRESS][0]
        remote = [span for span in holdings.spans if span[0] == LEASE_FIRST][0]
        holdings.guard(commands[0], commands[1], self._may_command, self._commanded)
        self.lease.block = remote[1] - remote[0]
        holdings.guard(remote[0], remote[1], self._may_lease, self._leased)
        self.coils.may_write = self._may_switch
        self.coils.written = self._switched

    def _may_lease(self, address, count, data, offset):
        code = self.lease.may_write(address, count, data, offset)
        return self.refuse(self.lease.refusal) if code else 0

    def _leased(self, address, count):
        lease, before = self.lease, self.lease.state
        lease.written(address, count)
        if lease.state == before:
            return
        if lease.state == LeaseState.ACTIVE:
            self.memory.urgent = True  # the epoch is used up from now on, whatever happens to the power
            self.memory.journal.note(Kind.LEASE, LeaseEvent.TAKEN, lease.holder)
        else:
            self.memory.journal.note(Kind.LEASE, LeaseEvent.GIVEN_BACK, lease.holder)

    def _switched(self, address, value):
        self.memory.journal.note(Kind.SWITCHED, address + 1, value)
        self.profile.switched(address, value)
        return 0

    def _alarm_noted(self, code, came):
        self.memory.journal.note(Kind.ALARM_CAME if came else Kind.ALARM_WENT, code, self.alarms.count)

    def _may_command(self, address, count, data, offset):
        """Commands act at once, so that a refusal is the answer to the request that caused it; one a request, because a request
        that is refused has changed nothing."""
        commit = self._commanded_word(Command.commit & ADDRESS, address, count, data, offset)
        reset = self._commanded_word(Command.reset_latch & ADDRESS, address, count, data, offset)
        if commit and reset:
            return self.refuse(Refusal.BAD_COMMAND)
        if commit:
            return self._commit(commit)
        if reset and not self._reset(reset):
            return self.refuse(Refusal.INTERLOCK)
        return 0

    def _commanded_word(self, register, address, count, data, offset):
        """What a write of `count` registers from `address` brings for this one; 0 where it is not among them."""
        if not address <= register < address + count:
            return 0
        return get16(data, offset + 2 * (register - address))

    def _commanded(self, address, count):
        holdings = self.holdings
        self.clock.ask(holdings.image, holdings.locate(Command.set_clock & ADDRESS, 2))
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
        self.memory.journal.note(Kind.COMMIT, 0, self.settings.sequence & 0xFFFF)
        return 0

    def _reset(self, code):
        done = False
        if self._tell_restart and code in (CommonAlarm.restarted & CODE, RESET_ALL):
            self._tell_restart = False
            done = True
        if self.alarms.reset(code):
            self.profile.released()
            done = True
        return done

    def _may_switch(self, address, value):
        reason = self.profile.may_switch(address, value)
        return self.refuse(reason) if reason else 0

    def refuse(self, reason):
        self.lease.refusal = reason
        self.inputs.put(Status.refusal, reason)  # at once: the host asks for it next
        return REFUSED

    # Identity.

    @at_start
    def _identify(self):
        put, info = self.inputs.put, self.info
        put(Identity.magic, common.MAGIC)
        put(Identity.profile, self.profile.NUMBER)
        put(Identity.map_major, common.MAP_MAJOR)
        put(Identity.map_minor, common.MAP_MINOR)
        put(Identity.dictionary_hash, self.release.DICTIONARY_HASH)
        put(Identity.firmware_major, self.release.VERSION[0])
        put(Identity.firmware_minor, self.release.VERSION[1])
        put(Identity.firmware_patch, self.release.VERSION[2])
        put(Identity.unit_address, info.UNIT)
        self.inputs.put_text(Identity.serial_number, info.SERIAL)
        self.inputs.put_text(Identity.name, info.NAME)
        put(Health.reset_reason, self._reason)
        put(Health.loop_period, REGULATION_MS)


@at_start
def _objects(info, release, profile):
    """Device identification (FC43/14): objects 0-6 of the standard, 0x80 the dictionary hash in hexadecimal."""
    return {
        0: b"mallee",
        1: profile.PRODUCT,
        2: ("%d.%d.%d" % release.VERSION).encode(),
        3: b"",
        4: profile.TITLE,
        5: profile.PRODUCT,
        6: info.NAME.encode(),
        0x80: ("%016x" % release.DICTIONARY_HASH).encode(),
    }


@at_start
def _reset_reason():
    cause = machine.reset_cause()
    if cause == getattr(machine, "PWRON_RESET", 1):
        return ResetReason.POWER_ON
    if cause == getattr(machine, "WDT_RESET", 3):
        return ResetReason.WATCHDOG
    return ResetReason.UNKNOWN
