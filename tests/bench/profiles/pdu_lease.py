"""A lease that a PDU loses switches nothing, on or off."""

from __future__ import annotations

import asyncio

from mallee.device.remote import Grant

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

SWITCHING = Patch(
    "pdu/profile.py",
    "        permit = int(holdings.setting(Remote.permit))\n",
    "        permit = int(holdings.setting(Remote.permit))\n"
    "        if self.controller.lease.state != LeaseState.ACTIVE:\n"
    "            permit = 0x0F\n",
    "without a lease half of the branches are permitted",
)


def moved(permit: int, *changes: Patch) -> float:
    """Contactors that move in the 90 s behind the end of a lease of 5 s with that permit."""

    async def session(rig: Rig) -> float:
        await rig.device.write({"minimum_off_time": 1})
        await rig.device.write_remote(Grant(1, 1, 5), {"permit": permit})
        await asyncio.sleep(3)
        before, seen = rig.equipment.contacts, 0
        for _ in range(90):
            await asyncio.sleep(1)
            seen |= rig.equipment.contacts ^ before
        if await rig.value("lease_state") == "active":
            raise RuntimeError("the lease did not end")
        return float(seen.bit_count())

    return run("pdu", session, *changes)


def measure() -> dict[str, Figure]:
    how = "leases of 5 s that permit all branches, and 2 of 8; one PDU's firmware on a virtual board"
    return {
        "moved": Figure(
            moved(0xFF) + moved(0x81),
            f"contactors that move within 90 s of their end; {how}",
            moved(0xFF, SWITCHING) + moved(0x81, SWITCHING),
            SWITCHING.off,
        )
    }
