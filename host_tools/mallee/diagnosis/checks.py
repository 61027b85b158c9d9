"""The checks of a controller, in the order in which they are told: from the port to the physics. Pure."""

from __future__ import annotations

from .alarm_checks import alarms
from .evidence import Evidence
from .finding import Check, Finding, examine
from .naming import NamedCheck
from .pdu_checks import contactors, leak_ropes, meters, phases, supply
from .pump_checks import pump_wear, pumps
from .reach_checks import address, host, line, map_, port
from .skid_checks import facility_water, filter_, heat_balance
from .skid_sensor_checks import sensors, standing_still, swapped
from .state_checks import chips, interlocks, lease, memory
from .time_checks import clock, restarts

REACH: tuple[NamedCheck[Evidence], ...] = (port, line, address, map_)
COMMON: tuple[NamedCheck[Evidence], ...] = (restarts, clock, lease, memory, chips, interlocks)
SKID: tuple[NamedCheck[Evidence], ...] = (
    sensors, swapped, standing_still, facility_water, filter_, pumps, pump_wear, heat_balance, leak_ropes,
)  # fmt: skip
PDU: tuple[NamedCheck[Evidence], ...] = (meters, supply, phases, contactors, leak_ropes)


HEARD: dict[str, tuple[NamedCheck[Evidence], ...]] = {
    "pump": (swapped, facility_water, heat_balance),
    "pdu": (supply, phases),
}
"""Of what a running host reads each scan: what the others look at is not in its documents."""


def checks_of(evidence: Evidence) -> tuple[Check[Evidence], ...]:
    """Of a device of another make only whether it can be reached."""
    if evidence.profile == "other":
        return REACH
    own = {"pump": SKID, "pdu": PDU}.get(evidence.kind or evidence.profile or "", ())
    return (*REACH, *COMMON, *own, alarms(COMMON, own))


def diagnose(evidence: Evidence) -> list[Finding]:
    """All findings of a controller; of one that was not reached, or is not what was meant, only how far it came."""
    if evidence.stage == "heard":
        known = (lease, interlocks, *HEARD[evidence.profile or ""])
        hears = evidence.looks and evidence.error is None
        return [host(evidence), *(examine((*known, alarms(known)), evidence) if hears else ())]
    reached = examine(REACH, evidence)
    if evidence.stage != "done" or any(each.check == map_.name and each.state == "fail" for each in reached):
        return reached
    return [*reached, *examine(checks_of(evidence)[len(REACH) :], evidence)]
