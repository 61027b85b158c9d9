"""Second opinions on sensors that a loop would otherwise follow alone: other sensors that have to agree by physics.

Pure. kPa, °C, l/min, percent. None is what is not known; a missing witness leaves the sensor as it is.
"""

import micropython
from micropython import const

from pump.control import HEAT_CAPACITY_kJ_l_K

OWN = const(0)  # whom to believe
OTHER = const(1)
NOBODY = const(2)
_WATER_kJ_l_K = 4.15  # at 35 °C
LEAST_l_min = const(50)  # below that a heat balance is noise


@micropython.native
def apart(one, other, tolerance):
    return one is not None and other is not None and abs(one - other) > tolerance


@micropython.native
def across(supply_kPa, suction_kPa):
    """Differential pressure by the two pressures at its ends."""
    return None if supply_kPa is None or suction_kPa is None else supply_kPa - suction_kPa


def nearer(own, other, third):
    """Two that disagree: the one that a third opinion is nearer to. Without one nobody can tell."""
    if third is None:
        return NOBODY
    return OWN if abs(own - third) <= abs(other - third) else OTHER


def given_l_min(curve, commands, speeds, no_effect, head_kPa):
    """Flow that the pumps give by their curve against that head."""
    if head_kPa is None:
        return None
    total = 0.0
    for pump in range(2):
        if commands[pump] > 0 and not no_effect >> pump & 1:
            if speeds[pump] is None:
                return None
            total += curve.flow(head_kPa, speeds[pump])
    return total


def exchanger(cold_degC, warm_degC, facility_degC, facility_return_degC, flow_l_min, facility_flow_l_min):
    """(return temperature of the coolant, facility water at the inlet) as the other five say: what the coolant loses, the water
    takes up. None for what cannot be said."""
    if cold_degC is None or facility_return_degC is None or flow_l_min is None or facility_flow_l_min is None:
        return None, None
    if flow_l_min < LEAST_l_min or facility_flow_l_min < LEAST_l_min:
        return None, None
    coolant, water = HEAT_CAPACITY_kJ_l_K * flow_l_min, _WATER_kJ_l_K * facility_flow_l_min
    warm = None if facility_degC is None else cold_degC + water * (facility_return_degC - facility_degC) / coolant
    facility = None if warm_degC is None else facility_return_degC - coolant * (warm_degC - cold_degC) / water
    return warm, facility
