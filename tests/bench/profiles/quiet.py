"""A virtual day of one PDU and one skid in which nothing is wrong: nothing may trip, nothing may be an alarm."""

from __future__ import annotations

from ..figure import Figure
from . import days

QUARTER_s = 900


def measure() -> dict[str, Figure]:
    """The counter-proof is a quarter of an hour with two real faults: it shows that the count would see them."""
    found = days.quiet()
    faulty = days.quiet(QUARTER_s, faulty=True)
    how = "pdu-a1, and skid-1, which carries the pod alone, for a virtual day: training load, 0.1 % of noise at every transmitter"
    off = "no mechanism: a quarter of an hour with a branch at 160 A and an open facility sensor, which must be seen"
    alarms = f"; {', '.join(found.alarms[:5])}" if found.alarms else ""
    return {
        "trips": Figure(
            float(found.trips), f"looks, every 10 min, that found a branch tripped; {how}", float(faulty.trips), off
        ),
        "alarms": Figure(
            float(len(found.alarms)), f"that the journals say came; {how}{alarms}", float(len(faulty.alarms)), off
        ),
    }
