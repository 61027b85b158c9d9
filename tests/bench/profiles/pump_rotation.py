"""Duty and standby: rotation by run hours, not before five minutes, and without a dip."""

from __future__ import annotations

from typing import Any

from ..figure import Figure
from .patched import Patch
from .skids import BOTH, Skids, pod, skids

INTERVAL_h = 0.1
NEVER = {"rotation_interval": 168.0}
ARRANGED = {
    "pump_arrangement": "duty_standby",
    "rotation_interval": INTERVAL_h,
    "differential_pressure_setpoint": 100.0,
}
HASTY = Patch(
    "pump/arrangement.py", "MIN_ON_ms = const(300_000)", "MIN_ON_ms = const(0)", "a pump may change over at once"
)
ABRUPT = Patch(
    "pump/arrangement.py",
    "if no_effect >> duty & 1 or limits[duty] >= speed:",
    "if True:",
    "the old pump goes before the new one has come",
)


def _arranged(*changes: Patch, settings: dict[str, Any]) -> Any:
    return skids(
        *changes, settings=dict.fromkeys(BOTH, settings), config=pod(differential_pressure_kPa=100.0), settle_s=1.0
    )


def change(pods: Skids, limit_s: float) -> tuple[float, float]:
    """(seconds until skid-1's other pump is commanded, largest departure of flow within two minutes, in percent of before);
    limit_s where it never is."""
    duty = 0 if pods.samples[-1].commands[0] > pods.samples[-1].commands[1] else 1
    before, waited = pods.samples[-1].flow, 0.0
    while waited < limit_s:
        found = pods.run(10.0)
        at = next((i for i, sample in enumerate(found) if sample.commands[1 - duty] > 1.0), None)
        if at is not None:
            departures = [abs(s.flow / before - 1) for s in [*found[at:], *pods.run(120.0)]]
            return waited + at / 100, 100 * max(departures)
        waited += 10.0
    return limit_s, 0.0


def by_hours(settings: dict[str, Any], *changes: Patch) -> tuple[float, float]:
    """(error of the difference in run time at which skid-1 changes over, s; largest departure of flow while it does, percent)."""
    with _arranged(*changes, settings=settings) as pods:
        pods.run(30.0)
        duty = 0 if pods.samples[-1].commands[0] > pods.samples[-1].commands[1] else 1
        ran = [pods.read("skid-1", f"run_time.{number}") for number in (1, 2)]
        least_s = 3600 * INTERVAL_h - (ran[duty] - ran[1 - duty])
        seconds, flow = change(pods, least_s + 100.0)
        return abs(seconds - least_s), flow


def min_on(*changes: Patch) -> float:
    """Seconds that a pump which is due to go stays after the start of its controller, which found it running."""
    with _arranged(*changes, settings={**ARRANGED, **NEVER}) as pods:
        pods.run(460.0)  # of run time, so that it is due as soon as the interval is short
        for name in BOTH:
            pods.write(name, ARRANGED)
            pods.write(name, {"commit": 0xC0DE})
        pods.kill("skid-1")
        pods.run(3.0)
        return change(pods, 400.0)[0]


def measure() -> dict[str, Figure]:
    how = "two skids with real firmware, duty and standby, no host; skid-1 changes over"
    error, flow = by_hours(ARRANGED)
    never, _ = by_hours({**ARRANGED, **NEVER})
    return {
        "run_time_error": Figure(
            error,
            f"away from {INTERVAL_h} h of difference in run time; {how}",
            never,
            "setting rotation_interval 168 h",
        ),
        "flow_departure": Figure(
            flow,
            f"largest departure of flow while both skids do, of before; {how}",
            by_hours(ARRANGED, ABRUPT)[1],
            ABRUPT.off,
        ),
        "min_on": Figure(
            min_on(), f"after the start of its controller, though it is due; {how}", min_on(HASTY), HASTY.off
        ),
    }
