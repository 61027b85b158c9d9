"""How much differential pressure the load needs. Pure.

Flow through a rack goes with ΔP^(1/n), n = 1.85 for cold plates and hoses; with flow in proportion to power its coolant warms
up as much as at the rating. The most loaded rack counts, not the average. A rise is followed at once where it lasts; what
swings faster than `reset_time_s` is taken at its mean, which the devices' own margin bears (see docs/cooling.md for the case
temperatures).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .settings import CoolingSettings


def averaged(
    settings: CoolingSettings, before: Mapping[str, float], parts: Mapping[str, float | None], dt_s: float
) -> dict[str, float]:
    """Part of its rating that each rack draws, over `reset_time_s`; of one that is not known its rating."""
    rise, fall = _share(dt_s, settings.reset_time_s), _share(dt_s, settings.reset_fall_s)
    found: dict[str, float] = {}
    for rack, part in parts.items():
        now = 1.0 if part is None else min(max(part, 0.0), 1.0)
        last = before.get(rack, now)
        found[rack] = 1.0 if part is None else last + (now - last) * (rise if now > last else fall)
    return found


def _share(dt_s: float, time_s: float) -> float:
    return 1.0 - math.exp(-dt_s / time_s) if time_s > 0 else 1.0


def pressure_part(settings: CoolingSettings, parts: Sequence[float]) -> float:
    """Part of the design differential pressure; 1 where nothing is known, or it is switched off."""
    if not settings.pressure_reset or not parts:
        return 1.0
    return min(1.0, max(settings.least_pressure, max(parts) ** settings.flow_exponent))
