"""What pumps draw, by their curve. Pure.

Both pumps of a skid together draw p(x) at full speed and flow x (fraction of rated); at speed s: s³ p(Q / s) (affinity laws,
Karassik, Pump Handbook, 2.3). One pump alone draws half of that at half of the flow.
"""

from __future__ import annotations

from collections.abc import Sequence

from .curve import Curve
from .parameters import PumpParameters

COOLANT_kg_l = 1.009
"""PG25 at 42 °C (CoolProp, INCOMP::MPG-25%)."""


def power_W(curve_kW: Curve, rated_flow_kg_s: float, flow_kg_s: float, speed: float) -> float:
    """Electric power of one pump at `speed` (fraction) that gives `flow_kg_s`."""
    if speed <= 0.0:
        return 0.0
    return 500.0 * speed**3 * curve_kW(2.0 * flow_kg_s / (speed * rated_flow_kg_s))


class SkidPumps:
    """Of the pumps that [plant.pumps] of a pod file describes."""

    def __init__(self, parameters: PumpParameters) -> None:
        self._curve_kW = Curve(parameters.head_flow, parameters.power_kW)
        self._curve_kPa = Curve(parameters.head_flow, parameters.head_kPa)
        self._rated_kg_s = parameters.rated_flow_kg_s

    def power_kW(self, speeds_percent: Sequence[float | None], flow_l_min: float | None) -> float | None:
        """Of pumps that turn so fast and give this flow together, each in proportion to its speed; None where a speed or the
        flow is not known."""
        speeds = [speed / 100.0 for speed in speeds_percent if speed is not None]
        if flow_l_min is None or not speeds or len(speeds) < len(speeds_percent):
            return None
        together = sum(speeds)
        flow_kg_s = flow_l_min / 60.0 * COOLANT_kg_l
        return (
            sum(
                power_W(self._curve_kW, self._rated_kg_s, flow_kg_s * speed / together, speed)
                for speed in speeds
                if speed
            )
            / 1000.0
        )

    def efficiency_percent(self, speed_percent: float, flow_l_min: float) -> float | None:
        """Hydraulic over electric power of one pump that turns so fast and gives this flow; None where its head is used up."""
        speed, flow_kg_s = speed_percent / 100.0, flow_l_min / 60.0 * COOLANT_kg_l
        if speed <= 0.0 or flow_kg_s <= 0.0:
            return None
        head_kPa = speed**2 * self._curve_kPa(2.0 * flow_kg_s / (speed * self._rated_kg_s))
        watts = power_W(self._curve_kW, self._rated_kg_s, flow_kg_s, speed)
        return 100.0 * head_kPa * flow_l_min / 60.0 / watts if head_kPa > 0.0 and watts > 0.0 else None
