"""Cooling of a whole pod with its host: a load step, a skid lost, and what the pumps need over six minutes of mixed loads."""

from __future__ import annotations

from ..figure import Figure
from ..scenarios import figures, worst

STEP, LOST, PART = "load_steps", "skid_lost", "partial_load"
FIGURES: dict[str, tuple[str, str, float]] = {
    "load_step_peak": (STEP, "its peak is below 0.5 K", 37.0),
    "load_step_peak_reset": (PART, "the peak of the step from 60 to 100 %, pressure being low before it", 37.0),
    "steady": (PART, "steady within 0.2 K at the peak", 37.0),
    "skid_lost_case": (LOST, "no device reaches its throttle temperature", 0.0),
    "skid_lost_flow": (LOST, "flow is back at 90 %", 0.0),
}


def _saving(counterproof: bool) -> float:
    """Of pump power, in percent of the constant speed that just holds design pressure at the peak: that of the first minute."""
    seen = worst(PART, counterproof)
    peak_kW, mean_kW = seen["pumps at the peak"], seen["pumps over all of it"]
    assert peak_kW is not None and mean_kW is not None
    return 100 * (1 - mean_kW / peak_kW)


def measure() -> dict[str, Figure]:
    saving = Figure(
        _saving(False),
        f"scenario {PART}: six minutes of 40 to 100 %, pumps' shafts, against the speed that holds 200 kPa at 100 %",
        _saving(True),
        "no pressure reset, no staging",
    )
    return {**figures(FIGURES), "energy_saving": saving}
