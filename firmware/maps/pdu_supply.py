"""How a power distribution unit meets the loss and the return of its supply, and what it switches on first."""

from maps.fields import Enum, Holding, enum, flags, u16


class Restore(Enum):
    OFF = 0
    """Every branch stays open until somebody switches it on."""
    ON = 1
    """Every branch is switched on that is not tripped."""
    LAST = 2
    """What was switched on before."""


class WiredInput(Enum):
    """Bit numbers of expected_inputs."""

    GROUND_FAULT = 0
    """Contact of the ground-fault relay, closed while all is well."""
    POWER_FAIL = 1
    """Supervisor of the controller's own supply, which pulls down when it fails."""


class SupplySettings(Holding):
    """Switching and supply."""

    trip_ahead_time = u16(242, 0, "s", low=5, high=3600, default=60)
    """The alarm trip_ahead comes when time_to_trip is below this."""
    inrush_budget = u16(243, 0, "A", low=1, high=10000, default=100)
    """Branches close at once while the sum of their inrush within inrush_time stays within this. One that is larger by itself
    closes alone."""
    inrush_time = u16(244, -1, "s", low=0.1, high=60, default=0.5)
    """How long the inrush of a branch counts."""
    restore = enum(245, Restore, low=0, high=2, default=2)
    """What is switched on when the supply comes back, or when the controller starts with its own; never after a mere reset."""
    expected_inputs = flags(246, WiredInput, low=0, high=3, default=0)
    """Inputs that are wired. One that was never seen low since the start, and is not expected, is not fitted."""


class BranchSwitching(Holding):
    """Who closes first."""

    ARRAY = "branch"
    START = 248
    COUNT = 8
    STRIDE = 2
    priority = u16(0, low=0, high=255, default=0)
    """Branches close in this order, 0 first; of the same, the lower number."""
    inrush = u16(1, 0, "A", low=0, high=1000, default=100)
    """Current that this branch draws of each phase when it closes."""
