"""Who may draw how much below one limit: the important racks first, those of equal importance alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec


class Claim(msgspec.Struct, frozen=True):
    """A rack that can be limited. `per_kW` is the load on the limit, in its unit, of a kilowatt of the rack. `priority` 0 is
    served first."""

    rack: str
    priority: int
    per_kW: float
    minimum_kW: float
    wanted_kW: float
    rated_kW: float


def share(budget: float, claims: Sequence[Claim]) -> dict[str, float]:
    """Power of each rack in kW, so that their loads together stay within `budget`: first everyone's minimum, then what is
    wanted, in the order of priority, then up to the ratings. Below the sum of the minima there is nothing to give: all have
    theirs."""
    given = {claim.rack: min(claim.minimum_kW, claim.rated_kW) for claim in claims}
    left = budget - sum(given[claim.rack] * claim.per_kW for claim in claims)
    for aim in ("wanted_kW", "rated_kW"):
        for _, equals in groupby(sorted(claims, key=lambda claim: claim.priority), key=lambda claim: claim.priority):
            group = list(equals)
            missing = {c.rack: max(0.0, min(getattr(c, aim), c.rated_kW) - given[c.rack]) for c in group}
            asked = sum(missing[claim.rack] * claim.per_kW for claim in group)
            if left <= 0 or asked <= 0:
                continue
            part = min(1.0, left / asked)
            for claim in group:
                given[claim.rack] += part * missing[claim.rack]
            left -= part * asked
    return given
