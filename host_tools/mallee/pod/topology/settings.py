"""How far measurements of the same thing may lie apart before one of them is called wrong."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Part = Annotated[float, Meta(gt=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=3600)]


class PhysicsSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[physics]` of a pod file. Parts are of the median of the views that are compared."""

    branch_power: Part = 0.10
    """A branch's power, its current times voltage, and the branches beside it that feed the same rack: shelves of one rack share
    its load, but not to the last percent."""
    sum_power: Part = 0.03
    """A PDU's power, the sum of its branches, its currents times voltages; a feed's power and the sum of its PDUs."""
    least_branch_W: Annotated[float, Meta(ge=0, le=1e6)] = 500.0
    """Less than this is never called a difference between branches: empty shelves differ in their fans."""
    heat: Part = 0.12
    """Heat by flow and temperatures on both sides of the exchangers, and what the racks put into the coolant. Of half the racks'
    ratings at the least: pumps and pipes add and take some that nobody measures."""
    least_heat: Part = 0.15
    """Of the racks' heat at their ratings: below it temperatures lie too close to each other to tell heat from."""
    return_K: Annotated[float, Meta(gt=0, le=20)] = 1.0
    """Return temperatures of skids on one loop: they draw from one manifold."""
    facility_K: Annotated[float, Meta(gt=0, le=20)] = 1.0
    """Supply temperatures of the facility water at skids of one loop."""
    flow: Part = 0.10
    """A skid's flow, and what its pumps give at their speed and the pressure of the manifold."""
    step: Part = 0.05
    """The pod's power has moved by so much of itself since it was last called steady: a load step."""
    quiet_s: Seconds = 10.0
    """So long after a load step nothing electrical is compared: controllers are not read in the same instant."""
    heat_quiet_s: Seconds = 90.0
    """So long after a step of load or flow no heat is compared: it is on its way through devices and pipes."""
    hold_s: Seconds = 5.0
    """A difference of power or flow is told when it has lasted so long."""
    heat_hold_s: Seconds = 30.0
    """The same of heat: valves and exchangers take their time."""
