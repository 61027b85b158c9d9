"""Second opinions on sensors that a loop would otherwise follow alone: other sensors that have to agree by physics.

Where two disagree by more than their tolerances, the one counts that asks for more cooling: a sensor that lies may waste
power and must not starve the racks. None is what is not known; a missing witness leaves the sensor as it is. kPa, °C,
l/min.
"""

import micropython

PRESSURE_kPa = 20.0  # two transmitters of 0.5 % of 1000 and of 400 kPa, and the pipe between their taps
TEMPERATURE_K = 2.0
_WATER_kJ_l_K = 4.15  # at 35 °C


@micropython.native
def disagree(one, other, tolerance):
    return one is not None and other is not None and abs(one - other) > tolerance


@micropython.native
def across(supply_kPa, suction_kPa):
    """Differential pressure by the two pressures at its ends."""
    return None if supply_kPa is None or suction_kPa is None else supply_kPa - suction_kPa


@micropython.native
def differential_pressure(own_kPa, other_kPa):
    """For the pump loop: its own transmitter's, unless the other one asks for more speed."""
    if own_kPa is None or (disagree(own_kPa, other_kPa, PRESSURE_kPa) and other_kPa < own_kPa):
        return other_kPa
    return own_kPa


@micropython.native
def facility_temperature(own_degC, return_degC, flow_l_min, heat_kW):
    """Facility water at the inlet, for the valve: its own sensor's, unless what the water takes up says that it is warmer.

    `return_degC` and `flow_l_min` are of the facility water, `heat_kW` is what the coolant loses.
    """
    if own_degC is None or return_degC is None or heat_kW is None or not flow_l_min:
        return own_degC
    other_degC = return_degC - heat_kW * 60 / (_WATER_kJ_l_K * flow_l_min)
    return other_degC if other_degC > own_degC + TEMPERATURE_K else own_degC
