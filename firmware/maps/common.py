"""The registers that every controller has, at the same addresses whatever its profile."""

from maps.fields import Enum, Holding, Input, enum, flags, text, u16, u32, u64

MAP_MAJOR = 1
MAP_MINOR = 7
MAGIC = 0x4D4C
LATCHED = 600  # first register of the latched copy of the fast block; the dictionary names its points `latched.…`


class Profile(Enum):
    PUMP = 1
    """Coolant pump skid."""
    PDU = 2
    """Power distribution unit."""


class State(Enum):
    BOOT = 0
    """Starting: outputs hold what they held before the start."""
    LOCAL = 1
    """Running on its own local set-points."""
    LEASED = 2
    """Running on set-points of the host that holds the lease."""
    TRIPPED = 3
    """A latched interlock or protection acted; see first_out."""
    SAFE = 4
    """The safe mode: outputs hold, control is off, Modbus answers."""
    UPDATING = 5
    """New firmware is about to be started; outputs hold."""


class LeaseState(Enum):
    NONE = 0
    """Nobody holds the lease; local set-points apply."""
    ACTIVE = 1
    """A host holds the lease and renews it."""
    HOLDING = 2
    """The lease lapsed; its last set-points are held for lease_hold seconds."""
    RAMPING = 3
    """The hold time is over; set-points move to the local ones at their ramp rate."""


class Refusal(Enum):
    NONE = 0
    """Nothing was refused since the start."""
    LEASE_HELD = 1
    """Another host, or another epoch, holds the lease."""
    LEASE_STALE = 2
    """The epoch is not above that of the last lease: this host slept through a change of master."""
    LEASE_MISSING = 3
    """Remote set-points were written without the lease block in front of them."""
    INTERLOCK = 4
    """An interlock or a latched trip forbids it; see first_out."""
    MINIMUM_OFF_TIME = 5
    """The branch was opened less than its minimum off time ago."""
    BAD_COMMAND = 6
    """A command register got a word it does not know."""
    STORAGE = 7
    """The settings could not be written to flash."""
    LEASE_INCOMPLETE = 8
    """A new lease must bring every remote set-point: what an earlier host left there does not come back to life."""
    EPOCH_JUMP = 9
    """The epoch is more than 1,000,000 above the last one: it would lock out everybody else."""
    NOT_PROTECTED = 10
    """Nothing would protect what is switched: the state is safe, and safe_reason says why."""

    INCONSISTENT = 11
    """It would contradict another setting; conflict_lower and conflict_upper are the addresses of the two."""
    UPDATE = 12
    """A step of an update; see update_refusal."""


class Quality(Enum):
    """Each value is two bits of a quality register."""

    GOOD = 0
    """Measured, and plausible."""
    NOT_FITTED = 1
    """This board or this equipment does not have the sensor."""
    FAULT = 2
    """The sensor or its wiring is at fault: open, shorted, or outside the range that is physically possible."""
    NOT_YET = 3
    """Not measured yet since the start."""


class ResetReason(Enum):
    POWER_ON = 0
    """Supply voltage came up."""
    WATCHDOG = 1
    """The watchdog was not fed: the firmware hung or a critical task did not check in."""
    COMMAND = 2
    """Somebody asked for it."""
    FAULT = 3
    """The firmware ended with an uncaught error; the console log has it."""
    UNKNOWN = 4
    """The board cannot tell."""


class SafeReason(Enum):
    NONE = 0
    """The state is not safe."""
    NO_HARD_TICK = 1
    """This board has no hard interrupt, so nothing can be protected: it measures and answers."""
    NO_CONVERTER = 2
    """No converter that protection depends on has answered since the start, and none is expected: see answering_chips. Wire
    it and restart the controller."""
    REPEATED_FAILURES = 3
    """Every application on this controller failed again and again: outputs hold, nothing is controlled. It tries again after half
    an hour, after a power-up, and when somebody writes restart to update_command."""


class LeakState(Enum):
    DRY = 0
    """The rope is whole and dry."""
    WET = 1
    """Water on the rope."""
    CUT = 2
    """A wire of the rope or its end resistor is missing: a fault, never dry."""
    SHORTED = 3
    """The wires of the rope touch: a fault, never a leak."""
    NOT_FITTED = 4
    """No rope was seen since the start, and none is expected."""
    NOT_YET = 5
    """Not measured yet since the start."""


class Chip(Enum):
    """Bit numbers of expected_chips and answering_chips."""

    CONVERTER_1 = 0
    """PDU: the fast currents of all branches. Skid: transmitters 1 to 8."""
    CONVERTER_2 = 1
    """Skid: transmitters 9 to 16."""
    AMBIENT_1 = 2
    """Skid: ambient temperature, on the controller's own converter."""
    AMBIENT_2 = 3
    """Skid: ambient humidity, on the controller's own converter."""
    LEAK_1 = 4
    """First leak rope."""
    LEAK_2 = 5
    """PDU: second leak rope."""
    SENSORS = 6
    """Skid: all sensors that have a chip or a counter of their own (OTHERS of the equipment)."""
    METER_1 = 8
    """PDU: metering chip of branch 1."""
    METER_2 = 9
    """PDU: metering chip of branch 2."""
    METER_3 = 10
    """PDU: metering chip of branch 3."""
    METER_4 = 11
    """PDU: metering chip of branch 4."""
    METER_5 = 12
    """PDU: metering chip of branch 5."""
    METER_6 = 13
    """PDU: metering chip of branch 6."""
    METER_7 = 14
    """PDU: metering chip of branch 7."""
    METER_8 = 15
    """PDU: metering chip of branch 8."""


class ClockSource(Enum):
    NONE = 0
    """The clock was never set; it counts from the start."""
    HOST = 1
    """Set by a host."""


class MemoryKind(Enum):
    NONE = 0
    """Nothing is kept: the memory does not answer, or the flash is full or worn."""
    FILE = 1
    """No FRAM: counters go to flash every 5 minutes, the journal is in RAM and gone with the power."""
    FRAM = 2
    """Counters are kept every second, and the journal as it happens."""


class BroadcastCommand(Enum):
    NONE = 0
    """Nothing was asked for."""
    LATCH = 1
    """Copy the fast block, as it is at this moment, to the latched registers."""
    SET_CLOCK = 2
    """Set the device clock."""


class Identity(Input):
    """Who this is. Constant while the controller runs."""

    magic = u16(0)
    """0x4D4C, the letters ML: this is a mallee controller."""
    profile = enum(1, Profile)
    """What the controller does."""
    map_major = u16(2)
    """Version of the register map; another major number breaks addresses."""
    map_minor = u16(3)
    """Version of the register map; a higher minor number only adds."""
    dictionary_hash = u64(4)
    """First eight bytes of the SHA-256 of the dictionary that describes this controller."""
    firmware_major = u16(8)
    """Firmware version, first number."""
    firmware_minor = u16(9)
    """Firmware version, second number."""
    firmware_patch = u16(10)
    """Firmware version, third number."""
    unit_address = u16(11)
    """Modbus unit address this controller answers to."""
    serial_number = text(12, 8)
    """Serial number, from the board's unique identifier."""
    name = text(20, 16)
    """Name given at commissioning."""


class Health(Input):
    """How well the controller itself is: its loop, its memory, its bus."""

    uptime = u32(40, unit="s")
    """Time since the start of the firmware."""
    clock = u32(42, unit="s")
    """Device clock, seconds since 1970-01-01 UTC; not available until a host sets it."""
    clock_source = enum(44, ClockSource)
    """Where the device clock comes from."""
    reset_reason = enum(45, ResetReason)
    """Why the controller started last."""
    boot_count = u32(46)
    """Starts since manufacture; not available where memory_kind is none."""
    loop_period = u16(48, unit="ms")
    """Period of the regulation task."""
    loop_worst_execution = u32(49, unit="us")
    """Longest execution of one task of the main loop."""
    loop_worst_lateness = u32(51, unit="us")
    """Largest delay of a regulation step behind its schedule."""
    loop_overruns = u32(53)
    """Regulation steps that began a whole period late; the missed steps are skipped, not queued."""
    tick_count = u32(55)
    """Hard ticks executed; protection runs in each."""
    tick_overruns = u32(57)
    """Hard ticks that were missed."""
    heap_free = u32(59, unit="B")
    """Free heap after the last collection."""
    collector_worst_pause = u32(61, unit="us")
    """Longest pause of the memory collector."""
    blind_worst = u32(63, unit="us")
    """Longest write to flash since the start, settings or counters; the processor may be blind to interrupts for that long."""
    bus_messages = u32(65)
    """Requests for this unit (FC08 sub-function 14)."""
    bus_errors = u32(67)
    """Frames rejected as malformed (FC08 sub-function 12)."""
    bus_exceptions = u32(69)
    """Requests answered with an exception (FC08 sub-function 13)."""
    bus_clients = u16(71)
    """Modbus TCP clients connected now."""
    bus_evictions = u32(72)
    """Modbus TCP clients closed to make room for another one, or for being idle."""
    settings_commits = u32(74)
    """Settings written to flash since the start."""
    chip_errors = u32(76)
    """Answers of sensor chips that failed their check and were not used."""
    value_clamps = u32(78)
    """Values that did not fit their register and were held at its end."""
    bus_overruns = u32(80)
    """Times that the serial receive buffer was full and bytes were lost (FC08 sub-function 18); not available on TCP."""
    bus_unanswered = u32(82)
    """Serial requests to this unit that got no answer, because another frame followed at once (FC08 sub-function 15)."""
    bus_noise = u32(84, unit="B")
    """Serial bytes that belonged to no frame with a good check sum."""
    bus_gaps = u32(86)
    """Serial frames discarded for a gap inside them (see gap_limit and strict_gap)."""
    bus_broadcasts = u32(88)
    """Serial broadcasts seen. Only the broadcast block is obeyed; everything else is counted and ignored."""
    bus_foreign = u32(90)
    """Serial frames for other units, and their answers."""
    answering_chips = flags(92, Chip)
    """Chips that answer now. On a commissioned unit it should equal expected_chips."""
    safe_reason = enum(93, SafeReason)
    """Why the state is safe, when it is."""


class Status(Input):
    """The head of the fast block, the same on every controller. A profile's fast measurements follow."""

    sequence = u16(100)
    """Sample sequence number: moves with each regulation step, so a value that stands still can be told from a stuck loop."""
    state = enum(101, State)
    """What the controller is doing."""
    first_out = u16(102)
    """Code of the alarm that came first of those now active or latched; not available when there is none."""
    alarm_count = u16(103)
    """Alarms now active or latched."""
    refusal = enum(104, Refusal)
    """Why the last refused write (exception 04) was refused."""
    lease_state = enum(105, LeaseState)
    """Who sets the set-points."""
    lease_holder = u16(106)
    """Number of the host that holds the lease, or held it last."""
    lease_epoch = u32(107)
    """Epoch of the current or last lease. A new lease needs a higher one."""
    lease_remaining = u16(109, unit="s")
    """Time until the lease lapses; 0 without a lease."""
    since_trip = u32(110, unit="ms")
    """Time since the first-out alarm came; not available when there is none."""


class Memory(Input):
    """What outlives the power, and how punctual the main loop is."""

    memory_kind = enum(500, MemoryKind)
    """Where counters, epoch of the lease and journal are kept."""
    journal_sequence = u32(501)
    """Number of the newest record of the journal (file 20, see journal.md)."""
    journal_dropped = u32(503)
    """Records of the journal lost since the start because too much happened at once; a record says so too."""
    counter_saves = u32(505)
    """Times that the counters were kept since the start."""
    loop_lateness = u32(507, count=8)
    """Starts of tasks of the main loop (not of the hard tick), by lateness: up to 1, 2, 5, 10, 25, 50, 100 ms, and later."""
    housekeeping_worst_lateness = u16(523, unit="ms")
    """Largest delay of the 100 Hz task behind its schedule."""
    fault_starts = u32(524)
    """Starts after an uncaught error of the firmware, since manufacture; not available where memory_kind is none."""
    recording_sequence = u32(526)
    """Number of the newest recording of fast samples around a trip (file 30, see journal.md), which is whole half a second
    after its trip; 0 before the first since the start, not available where there is no recorder."""
    recordings_missed = u32(528)
    """Trips since the start that were not recorded, because the recording of one before them still ran, or was not read while
    that one is latched; not available where there is no recorder."""


class Conflict(Input):
    """The two settings of the last write that was refused as inconsistent; not available before the first."""

    conflict_lower = u16(530)
    """Address of the holding register that would have been above the other one."""
    conflict_upper = u16(531)
    """Address of the holding register that would have been below the other one."""


class Latch(Input):
    """What a latch command kept. The copy of the fast block follows at 600, so one request reads all of it."""

    latch_number = u16(597)
    """Number that came with the last latch command; not available before the first one."""
    latch_age = u32(598, unit="ms")
    """Time since the last latch, renewed each 100 ms; it stands still after three days."""


class Command(Holding):
    """One-shot commands. They read back as 0."""

    commit = u16(0, low=0, high=0xC0DE, default=0)
    """Write 0xC0DE: store all settings and local set-points in flash, so that they survive a restart."""
    reset_latch = u16(1, low=0, high=0xFFFE, default=0)
    """Write the code of a latched alarm to reset it, or 0xACE to reset all whose condition has gone."""
    set_clock = u32(2, unit="s", low=0, high=4294967294, default=0)
    """Write seconds since 1970-01-01 UTC: sets the device clock."""


class Broadcast(Holding):
    """One block, written whole in one request, that a serial line's broadcast (unit 0) may write as well, so that all controllers
    of the line do it at the same moment. Nothing here moves equipment. Reads back as 0."""

    broadcast_magic = u16(20, low=0, high=65534, default=0)
    """0x4D4C, or the block is refused."""
    broadcast_command = enum(21, BroadcastCommand, low=0, high=2, default=0)
    """What to do."""
    broadcast_latch_number = u16(22, low=0, high=65534, default=0)
    """For a latch: any number, which tells this sample from others; it reads back as latch_number."""
    broadcast_clock = u32(23, unit="s", low=0, high=4294967294, default=0)
    """For the clock: seconds since 1970-01-01 UTC; 0 leaves the clock as it is."""


class Lease(Holding):
    """The head of the remote block: a host writes the lease and the set-points behind it in one request (FC16)."""

    remote_holder = u16(100, low=0, high=65534, default=0)
    """Number of the host, chosen by the host; 0 gives the lease back."""
    remote_epoch = u32(101, low=0, high=4294967294, default=0)
    """Epoch of the lease. To take a free lease it must be above the last one; to renew it must be the same."""
    remote_seconds = u16(103, unit="s", low=0, high=3600, default=0)
    """How long the lease shall last without renewal."""


class CommonSettings(Holding):
    """Settings of every controller, in RAM until committed."""

    lease_hold = u16(200, unit="s", low=0, high=3600, default=60)
    """How long the last remote set-points are held after the lease lapsed, before the local ones take over."""
    reply_delay = u16(201, unit="ms", low=0, high=100, default=0)
    """Serial only: added to the 3.5 characters of silence before an answer, for masters that turn their transceiver slowly."""
    gap_limit = u16(202, unit="ms", low=1, high=100, default=5)
    """Serial only: longest gap inside a frame; a longer one discards it. USB adapters make gaps of a few milliseconds."""
    strict_gap = u16(203, low=0, high=1, default=0)
    """Serial only: 1 discards a frame with a gap above 1.5 characters, as the standard would have it; gap_limit is not used."""
    expected_chips = flags(204, Chip, low=0, high=0xFF7F, default=0)
    """Chips that this unit must have. One that does not answer is a fault with its alarm; a chip that is not expected and has
    not answered since the start is not fitted. At commissioning, write what answering_chips reads and commit it; of converters
    it counts from the next start."""
