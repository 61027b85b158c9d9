"""Energy over a virtual day of one PDU with swings and ten power cuts, against what flowed in the plant."""

from __future__ import annotations

from ..figure import Figure
from . import days
from .patched import Patch, patched

FORGETFUL = Patch(
    "pdu/profile.py",
    "        self.metering.restore(data, at)\n",
    "",
    "energies are not taken over from FRAM after a power cut",
)
HOUR_s = 3600


def measure() -> dict[str, Figure]:
    branch, total, fell = days.energy_error()
    with patched(FORGETFUL):
        without = days.energy_error(HOUR_s)
    how = f"pdu-a1 with real firmware for a virtual day under training load, {days.CUTS} power cuts of 2 s at random"
    off = f"{FORGETFUL.off}; an hour with {days.CUTS} cuts"
    return {
        "branch_error": Figure(branch, f"largest of eight branches, of what flowed; {how}", without[0], off),
        "total_error": Figure(total, f"of all branches together; {how}", without[1], off),
        "fell": Figure(
            float(fell), f"registers lower than before, of eight after each cut; {how}", float(without[2]), off
        ),
    }
