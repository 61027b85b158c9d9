"""What a skid must pump by the curve of its pumps, and by what the racks let through. Pure.

Affinity laws: flow goes with speed, head with its square. Racks: pressure drop goes with flow to a power.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..config import PodConfig
from ..document import SkidState
from ..parameters import PlantParameters, PumpParameters
from .settings import PhysicsSection
from .views import Disagreement, View, middle, odd_one, total

_L_MIN_PER_KG_S = 60.0 / 1.015
"""PG25 at 37 °C has 1.015 kg/l (CoolProp, INCOMP::MPG-25%)."""
_TURNING_PERCENT = 5.0
_FLOWING_l_min = 50.0
METER, PUMPS, RACKS = "flow", "its pumps' curve", "what the racks let through"


def flowing(skid: SkidState) -> bool | None:
    """Whether enough flows to judge heat by; None: not known."""
    return None if skid.flow.number is None else skid.flow.number >= _FLOWING_l_min


def flows(
    settings: PhysicsSection, config: PodConfig, skids: Sequence[SkidState], racks: Sequence[str]
) -> tuple[Disagreement, ...]:
    """Flow meters of the skids of one loop that two other views contradict."""
    found: list[Disagreement] = []
    for skid in skids:
        if not flowing(skid):
            continue
        others = total([other.flow.number for other in skids if other is not skid]) if len(skids) > 1 else 0.0
        through = _through_racks_l_min(config, racks, skid.differential_pressure.number)
        views = (
            View(METER, skid.flow.number),
            View(PUMPS, _pumped_l_min(config.plant.pumps, skid)),
            View(RACKS, None if others is None or through is None else through - others),
        )
        expected = middle(views)
        odd = None if expected is None else odd_one(views, settings.flow * abs(expected))
        if odd is not None and odd[0] is views[0] and odd[0].value is not None:
            found.append(Disagreement("flow", skid.name, METER, odd[0].value, odd[1], "l/min", (PUMPS, RACKS)))
    return tuple(found)


def _pumped_l_min(pumps: PumpParameters, skid: SkidState) -> float | None:
    """The curve is that of all pumps of a skid together; each gives its part at its own speed."""
    head, speeds = skid.differential_pressure.number, [speed.number for speed in skid.pump_speed]
    if head is None or not speeds:
        return None
    flow = 0.0
    for speed in speeds:
        if speed is None:
            return None
        if speed > _TURNING_PERCENT:
            part = speed / 100.0
            at_full_speed = _fraction(pumps, head / part**2)
            flow += part * at_full_speed * pumps.rated_flow_kg_s * _L_MIN_PER_KG_S / len(speeds)
    return flow


def _fraction(pumps: PumpParameters, head_kPa: float) -> float:
    """Fraction of rated flow at that head and full speed, by straight lines between the points of the curve."""
    if head_kPa >= pumps.head_kPa[0]:
        return 0.0
    points = list(zip(pumps.head_flow, pumps.head_kPa, strict=True))
    for (flow_a, head_a), (flow_b, head_b) in pairwise(points):
        if head_kPa >= head_b or (flow_b, head_b) == points[-1]:
            return flow_a + (flow_b - flow_a) * (head_a - head_kPa) / (head_a - head_b)
    return points[-1][0]


def _through_racks_l_min(config: PodConfig, racks: Sequence[str], pressure_kPa: float | None) -> float | None:
    plant: PlantParameters = config.plant
    if pressure_kPa is None or pressure_kPa <= 0:
        return None
    devices = sum(rack.liquid_kW for rack in config.racks if rack.name in racks) / plant.racks.device_kW
    part = (pressure_kPa / plant.racks.differential_pressure_kPa) ** (1.0 / plant.racks.flow_exponent)
    return devices * plant.racks.flow_l_min * part
