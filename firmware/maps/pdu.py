"""Register map of the power distribution unit: eight three-phase branches, metered, protected and switched."""

from maps.fields import Coil, Enum, Holding, Input, Order, coil, enum, flags, quality, s16, s32, u16, u32, u64

BRANCHES = 8


class BranchState(Enum):
    OPEN = 0
    """Contactor open, as commanded."""
    CLOSED = 1
    """Contactor closed, as commanded."""
    TRIPPED = 2
    """Opened by protection, latched."""
    WAITING = 3
    """Shall close, but waits for its turn, its minimum off time or the supply."""
    DISAGREES = 4
    """The contactor did not do what it was told."""
    NOT_FITTED = 5
    """This branch does not exist on this unit."""
    NOT_PERMITTED = 6
    """Its switch is on, but the host took its permit; without a lease, switching it on gives the permit back."""


class TripCause(Enum):
    NONE = 0
    """Not tripped."""
    THERMAL = 1
    """The thermal image reached its limit."""
    INSTANTANEOUS = 2
    """Two fast samples above the instantaneous limit."""
    LEAK = 3
    """Water on the leak rope of its rack."""


class BranchBit(Enum):
    """Bit numbers of registers with a bit a branch."""

    BRANCH_1 = 0
    """Branch 1."""
    BRANCH_2 = 1
    """Branch 2."""
    BRANCH_3 = 2
    """Branch 3."""
    BRANCH_4 = 3
    """Branch 4."""
    BRANCH_5 = 4
    """Branch 5."""
    BRANCH_6 = 5
    """Branch 6."""
    BRANCH_7 = 6
    """Branch 7."""
    BRANCH_8 = 7
    """Branch 8."""


class Measurement(Input):
    """Fast block of the PDU."""

    quality = quality(112, 2)
    """Quality, two bits each: slots 0-7 metering of branch 1-8, slots 8-15 fast current of branch 1-8."""
    power = u32(114, 0, "W")
    """Active power of all branches."""
    unbalance = u16(116, -2, "%")
    """Largest deviation of a phase current from the mean of the three, in percent of the mean."""
    neutral_current = u16(117, -2, "A")
    """Neutral current computed from the currents and power factors of the phases; harmonics are not in it."""
    frequency = u16(118, -2, "Hz")
    """Line frequency."""
    phase_current = u16(119, -1, "A", count=3)
    """Sum of the branch currents of each phase."""
    phase_voltage = u16(122, -1, "V", count=3)
    """Voltage of each phase to neutral, mean of the branches."""
    energy = u64(125, 0, "Wh")
    """Active energy of all branches, never falling."""
    closed = flags(129, BranchBit)
    """Contactors that report closed."""
    tripped = flags(130, BranchBit)
    """Branches opened by protection, latched."""


class BranchFast(Input):
    """What control needs of each branch."""

    ARRAY = "branch"
    START = 131
    COUNT = 8
    STRIDE = 3
    power = u16(0, 1, "W", q=0)
    """Active power."""
    current = u16(1, -2, "A", q=8)
    """Largest of the three phase currents, from the fast channel."""
    thermal = u16(2, -1, "%")
    """Thermal image in percent of the trip limit."""


class Branch(Input):
    """Everything metered on each branch. 200 ms windows."""

    ARRAY = "branch"
    START = 200
    COUNT = 8
    STRIDE = 25
    voltage = u16(0, -1, "V", count=3)
    """Phase to neutral, phases 1-3."""
    phase_current = u16(3, -2, "A", count=3)
    """Phases 1-3."""
    phase_power = s16(6, 1, "W", count=3)
    """Active power, phases 1-3."""
    active_power = s32(9, 0, "W")
    """Active power, sum of the phases."""
    reactive_power = s32(11, 0, "var")
    """Reactive power, sum of the phases."""
    apparent_power = u32(13, 0, "VA")
    """Apparent power, sum of the phases."""
    power_factor = s16(15, -3, "1")
    """Active over apparent power."""
    energy = u64(16, 0, "Wh")
    """Active energy, never falling."""
    peak_current = u16(20, -2, "A")
    """Largest fast current since reset_peaks; it outlives the power."""
    state = enum(21, BranchState)
    """State of the branch."""
    trip_cause = enum(22, TripCause)
    """Why protection opened it."""
    time_to_trip = u16(23, 0, "s")
    """At the present current; not available while it would never trip."""
    operations = u16(24)
    """Closings of the contactor since the start."""


class Remote(Holding):
    """Remote set-points; they follow the lease block and are written with it."""

    permit = flags(104, BranchBit, low=0, high=255, default=255)
    """Branches that the host permits to be closed; when the lease lapses this stays as it is: nothing is switched."""


class Settings(Holding):
    """Tuning and limits, in RAM until committed."""

    close_interval = u16(210, -1, "s", low=0.1, high=60, default=0.5)
    """Pause between the closings of two branches, so that their inrush does not add up."""
    minimum_off_time = u16(211, 0, "s", low=0, high=3600, default=10)
    """A branch stays open at least this long."""
    thermal_time_constant = u16(212, 0, "s", low=10, high=3600, default=120)
    """Time constant of the thermal image."""
    thermal_limit = u16(213, -2, "1", low=1, high=3, default=1.69)
    """Trip limit of the thermal image (I/rating)^2; 1.69 meets the 1.45 In and 2.55 In points of IEC 60898."""
    warning_level = u16(214, -1, "%", low=10, high=100, default=80)
    """Branch warning, in percent of the trip limit of the thermal image."""
    undervoltage = u16(215, -1, "V", low=0, high=400, default=204)
    """Phase voltage alarm, low (-15 % of 240 V)."""
    overvoltage = u16(216, -1, "V", low=0, high=500, default=264)
    """Phase voltage alarm, high (+10 % of 240 V)."""


class BranchSettings(Holding):
    """Protection of each branch."""

    ARRAY = "branch"
    START = 220
    COUNT = 8
    STRIDE = 2
    rating = u16(0, -1, "A", low=10, high=125, default=63)
    """Rated current: the thermal image is 1 at this current. Its arithmetic has 31 bits: not below 10 A."""
    instantaneous = u16(1, -1, "A", low=20, high=750, default=440)
    """Instantaneous trip on two samples of the fast channel (RMS of the largest phase), about 7 times the rating; within the
    full scale of the channel, which is 800 A."""


class SettingsOrder(Order):
    PAIRS = ((Settings.undervoltage, Settings.overvoltage),)


class BranchOrder(Order):
    START = 220
    COUNT = 8
    STRIDE = 2
    PAIRS = ((BranchSettings.rating, BranchSettings.instantaneous),)


class Switch(Coil):
    """What shall be on. A branch closes when its coil is on, the host permits it, and it is not tripped."""

    branch_switch = coil(0, count=8)
    """Local switch of each branch. After a restart it is what the contactors report."""
