"""What the loops follow: their own sensors, as far as other sensors bear them out; the second best where they do not.

Differential pressure is measured three times: by its transmitter, by supply minus return pressure, and by flow and speed on the
pumps' curve. Two of three count, so that none of them alone can slow the pumps, speed them up without end, or stop the skid.
Flow is measured by its meter and by the curve, return and facility temperature by the heat balance of the exchanger; of two that
disagree the one counts that asks for more cooling: a sensor that lies may waste power and must not starve the racks.
"""

import micropython
from core.starting import at_start
from maps.pump_supervision import Supervision
from micropython import const

from pump.wear import working_point
from pump.witnesses import NOBODY, OTHER, LEAST_l_min, across, apart, exchanger, given_l_min, nearer

# Bits of `doubt`.
DIFFERENTIAL = const(1)
PRESSURES = const(2)  # supply or return pressure
FLOW = const(4)
HEAT = const(8)  # some temperature or flow at the exchanger


class Plausibility:
    """`value` of pump.sensors; `setting` gives a setting in force; `curve` is one pump's."""

    @at_start
    def __init__(self, sensors, setting, curve):
        self._sensors = sensors
        self._setting = setting
        self._curve = curve
        self.doubt = 0
        self.pressure_kPa = None  # what the loops follow
        self.flow_l_min = None
        self.excess_kPa = 0.0  # that the filter takes beyond a clean one

    @micropython.native
    def step(self, commands, no_effect, by_flow):
        """Ten times a second, before the loops; `by_flow`: they follow the flow."""
        value, was = self._sensors.value, self.doubt
        own, other = value["differential_pressure"], across(value["supply_pressure"], value["return_pressure"])
        doubt = was & HEAT
        tolerance = self._setting(Supervision.pressure_tolerance)
        if own is None:
            own = other
        # Half as far for those who were in doubt, or noise at the limit would toggle them.
        elif apart(own, other, tolerance / 2 if was & (DIFFERENTIAL | PRESSURES) else tolerance):
            own, doubt = self._two_of_three(own, other, doubt, commands, no_effect)
        self.pressure_kPa = own
        self.flow_l_min = value["flow"]
        if by_flow:
            doubt = self._of_flow(doubt, self._due(commands, no_effect))
        else:
            doubt |= was & FLOW
        self.doubt = doubt

    def _two_of_three(self, own, other, doubt, commands, no_effect):
        point = working_point(commands, self._speeds(), no_effect, self._sensors.value["flow"])
        third = None if point is None else self._curve.head(point[2], point[1]) - self.excess_kPa
        believed = nearer(own, other, third)
        if believed == NOBODY:
            return None, doubt | DIFFERENTIAL | PRESSURES
        if believed == OTHER:
            return other, doubt | DIFFERENTIAL
        return own, doubt | PRESSURES

    def _of_flow(self, doubt, due):
        own = self.flow_l_min
        if own is None:
            self.flow_l_min = due
        elif due is not None:
            tolerance = self._setting(Supervision.flow_tolerance) / 100 * max(own, due)
            # A worn pump is told late, but the loop must not wait for that: it loses a tenth of the flow before.
            if apart(own, due, tolerance / 3):
                self.flow_l_min = min(own, due)
            if apart(own, due, tolerance):
                doubt |= FLOW
        return doubt

    def _due(self, commands, no_effect):
        pressure = self.pressure_kPa
        head = None if pressure is None else pressure + self.excess_kPa
        return given_l_min(self._curve, commands, self._speeds(), no_effect, head)

    def _speeds(self):
        value = self._sensors.value
        return value["pump_speed_1"], value["pump_speed_2"]

    def watch_flow(self, commands, no_effect, by_flow):
        """Once a second. Returns what the valve's feed-forward follows, over the rated flow of one pump: the larger one of
        meter and curve; None where neither is known, or nothing flows to speak of."""
        own, due = self._sensors.value["flow"], self._due(commands, no_effect)
        if not by_flow:  # else step looks, ten times a second
            self.doubt = self._of_flow(self.doubt & ~FLOW, due)
            self.flow_l_min = own
        if own is None or due is not None and due > own:
            own = due
        return None if own is None or own < LEAST_l_min else own / self._curve.flows[-1]

    def watch_heat(self):
        """Once a second."""
        warm, facility = self.ends()
        value, tolerance = self._sensors.value, self._setting(Supervision.heat_tolerance)
        wrong = apart(value["return_temperature"], warm, tolerance)
        wrong = wrong or apart(value["facility_supply_temperature"], facility, tolerance)
        self.doubt = self.doubt | HEAT if wrong else self.doubt & ~HEAT

    def ends(self):
        """Return and facility temperature by the heat balance."""
        value = self._sensors.value
        return exchanger(
            self._sensors.supply, value["return_temperature"], value["facility_supply_temperature"],
            value["facility_return_temperature"], value["flow"], value["facility_flow"],
        )  # fmt: skip
