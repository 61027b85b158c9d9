"""Leak-sensing rope: two wires that water joins, with a resistor at the far end that a cut wire takes away.

Dry is more than 1 megohm a metre, wet less than 50 kohm. The rope pulls an analog input to GND against a pull-up to the supply
that the converter measures against, so the supply cancels. What is left beside the end resistor is the water.
"""

from core.starting import at_start
from maps.common import LeakState

WET_ohm = 50_000
DRY_ohm = 75_000  # wet ends above this
CUT = 2.0  # of the end resistor's own resistance; at twice that no end resistor is there
SHORTED_ohm = 300  # less than any water: copper


class LeakRope:
    """`read` gives the input as a part of full scale, 0..1. step() is for ten times a second; `state` is a LeakState."""

    @at_start
    def __init__(self, read, pull_up_ohm, end_ohm):
        self._read = read
        self._pull_up_ohm = pull_up_ohm
        self._end_ohm = end_ohm
        self._last = LeakState.NOT_YET
        self.state = LeakState.NOT_YET

    def step(self):
        """Two readings that agree make a state: a spark of noise is no leak."""
        seen = self._judge(self._read())
        if seen == self._last:
            self.state = seen
        self._last = seen

    def _judge(self, part):
        if part >= 1:
            return LeakState.CUT
        ohm, end_ohm = self._pull_up_ohm * part / (1 - part), self._end_ohm
        if ohm > CUT * end_ohm:
            return LeakState.CUT
        if ohm < SHORTED_ohm:
            return LeakState.SHORTED
        limit_ohm = DRY_ohm if self.state == LeakState.WET else WET_ohm
        return LeakState.WET if ohm * end_ohm < limit_ohm * (end_ohm - ohm) else LeakState.DRY
