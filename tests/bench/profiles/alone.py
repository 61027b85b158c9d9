"""Whole pods whose controllers are alone: scenarios with `host = false`."""

from __future__ import annotations

from ..figure import Figure
from ..scenarios import figures

STEP, SKID, DEW, LEAK = "alone_load_step", "alone_skid_lost", "alone_dew_point", "alone_rack_leak"
FIGURES: dict[str, tuple[str, str, float]] = {
    "load_step_peak": (STEP, "the peak stays within 1.1 K of the set-point", 37.0),
    "load_step_steady": (STEP, "steady within 0.2 K behind it", 37.0),
    "skid_lost_case": (SKID, "no device reaches its throttle temperature", 0.0),
    "skid_lost_flow": (SKID, "flow is back at 90 %", 0.0),
    "dew_point_margin": (DEW, "supply is above the dew point by nearly its margin", 0.0),
    "rack_leak_feed_A": (LEAK, "its branches are open after a second, on feed A", 0.0),
    "rack_leak_feed_B": (LEAK, "and on feed B", 0.0),
    "rack_leak_isolated": (LEAK, "its valve is closed", 0.0),
    "rack_leak_level": (LEAK, "little coolant is lost", 0.0),
}


def measure() -> dict[str, Figure]:
    return figures(FIGURES)
