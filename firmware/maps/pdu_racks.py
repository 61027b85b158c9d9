"""The racks at a power distribution unit: which branches a leak at each of two racks opens, and what closes its coolant."""

from maps.common import LeakState
from maps.fields import Enum, Holding, Input, enum, flags
from maps.pdu import BranchBit


class RopeBit(Enum):
    """Bit numbers of registers with a bit a leak rope."""

    ROPE_1 = 0
    """Rack of the first leak rope."""
    ROPE_2 = 1
    """Rack of the second leak rope."""


class Isolation(Input):
    """Leak ropes, and the valves of their racks."""

    leak_rope = enum(400, LeakState, count=2)
    """What each leak rope says."""
    isolated = flags(402, RopeBit)
    """Racks whose isolation valve this PDU commands closed: a leak is latched, and all branches of the rack are dead. The valve
    closes when the PDU on the other feed says the same."""
    idle = flags(403, BranchBit)
    """Closed branches that carry nothing while others of their rack do: a shelf that is out, or a breaker behind the branch that
    is open. An observation, no alarm."""


class RackSettings(Holding):
    """How the racks hang on this PDU."""

    leak_branches_1 = flags(240, BranchBit, low=0, high=255, default=15)
    """Branches of the rack that the first leak rope watches; a leak opens them. 0: it opens none."""
    leak_branches_2 = flags(241, BranchBit, low=0, high=255, default=240)
    """Branches of the rack that the second leak rope watches."""
