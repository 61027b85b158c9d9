"""The loops of two skids in the plant: how well each mode holds what it is asked for, sharing by droop, windup, the survivor."""

from __future__ import annotations

from typing import Any

from ..figure import Figure
from .patched import Patch
from .skids import BOTH, Skids, skids

STILL = {"pump_gain": 0.0, "pump_integral_time": 600.0, "flow_gain": 0.0, "flow_integral_time": 600.0}
GAINS = "settings: gains of pressure and flow 0, integral times 600 s"
WINDING = Patch(
    "core/pid.py",
    "self.integral += (self.gain * error + self.output - wanted) * dt_s / self.integral_time_s",
    "self.integral += self.gain * error * dt_s / self.integral_time_s",
    "no back-calculation",
)
UNBOUND = Patch(
    "pump/control.py",
    "        if mode != Mode.DIFFERENTIAL_PRESSURE or measured[0] is None or self.speed != wanted:",
    "        if mode != Mode.DIFFERENTIAL_PRESSURE or measured[0] is None:",
    "the loop does not track what its ramp holds back",
)


def held(settings: dict[str, Any], step: dict[str, Any], read: Any, wanted: float, loops: dict[str, Any]) -> float:
    """Percent that `read(pod)` is away from `wanted`, a mean of the last 10 of 60 s after `step` was written to both skids."""
    with skids(settings={name: {**settings, **loops} for name in BOTH}) as pod:
        for name in BOTH:
            pod.write(name, step)
        pod.run(50.0)
        pod.run(10.0)
        return 100 * abs(read(pod) - wanted) / wanted


def mean_pressure(pod: Skids) -> float:
    return sum(sample.pressure for sample in pod.samples) / len(pod.samples)


def mean_flow(pod: Skids) -> float:
    return sum(sample.flow for sample in pod.samples) / len(pod.samples)


def pressure(loops: dict[str, Any]) -> float:
    return held({"droop": 0.0}, {"differential_pressure_setpoint": 170.0}, mean_pressure, 170.0, loops)


def flow(loops: dict[str, Any]) -> float:
    return held({"flow_setpoint": 620.0, "mode_setpoint": "flow"}, {"flow_setpoint": 560.0}, mean_flow, 1120.0, loops)


def apart(droop: float) -> float:
    """Percent of speed between the skids after 10 min of sensors that disagree by 0.5 kPa."""
    with skids(settings={name: {"droop": droop} for name in BOTH}) as pod:
        pod.equipment.skids["skid-1"].transmitters["differential_pressure"].offset = 0.5
        pod.run(600.0)
        one, other = (pod.pump(name, 1).command_percent for name in BOTH)
        return abs(one - other)


def survivor(loops: dict[str, Any]) -> float:
    """Least flow, of before, from 10 to 20 s after both pumps of skid-1 stopped for good."""
    with skids(settings=dict.fromkeys(BOTH, loops)) as pod:
        before = pod.samples[-1].flow
        for number in (1, 2):
            pod.pump("skid-1", number).stopped = True
        return min(sample.flow for sample in pod.run(20.0)[1000:]) / before


def back_from_limit(*changes: Patch) -> float:
    """Seconds until the pressure is within 5 % of 150 kPa for good, after a minute in which no speed could reach 350 kPa."""
    with skids(
        *changes, settings={name: {"supply_pressure_limit": 900.0, "supply_pressure_stop": 1000.0} for name in BOTH}
    ) as pod:
        for name in BOTH:
            pod.write(name, {"differential_pressure_setpoint": 350.0, "supply_temperature_setpoint": 37.0})
            pod.pump(name, 2).stopped = True
        pod.run(60.0)
        for name in BOTH:
            pod.write(name, {"differential_pressure_setpoint": 150.0})
        found = pod.run(60.0)
        began = found[0].at_s
        return max((s.at_s - began for s in found if abs(s.pressure - 150.0) > 7.5), default=0.0)


def measure() -> dict[str, Figure]:
    how = "two skids with real firmware in the default pod at full load, no host"
    return {
        "pressure_error": Figure(
            pressure({}),
            f"manifold against 170 kPa a minute after the step from 200, without droop; {how}",
            pressure(STILL),
            GAINS,
        ),
        "flow_error": Figure(
            flow({}), f"flow against 1120 l/min a minute after the step from 1240, flow mode; {how}", flow(STILL), GAINS
        ),
        "speeds_apart": Figure(
            apart(5.0),
            f"percent of speed between skids after 10 min with sensors 0.5 kPa apart; {how}",
            apart(0.0),
            "setting droop 0",
        ),
        "survivor_flow": Figure(
            survivor({}),
            f"least flow, of before, from 10 s after both pumps of a skid stopped; {how}",
            survivor(STILL),
            GAINS,
        ),
        "back_from_limit": Figure(
            back_from_limit(),
            f"until within 5 % of 150 kPa after a minute at a set-point that two pumps cannot reach; {how}",
            back_from_limit(WINDING, UNBOUND),
            f"{WINDING.off}, and {UNBOUND.says}",
        ),
    }
