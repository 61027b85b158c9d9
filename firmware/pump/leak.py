"""Leaks at the skid: a rope under it, and the balance of the expansion vessel. Whether to stop is decided here, too.

The balance is a one-sided CUSUM (Page, Biometrika 41, 1954): coolant lost beyond a tolerated rate adds up, gains and time take
it away. With a level that is measured it is the distance to a reference that falls at the tolerated rate and never below it.
Pure, but for the rope's input. Litres, seconds, kW.
"""

from core.starting import at_start
from maps.common import Chip, LeakState

NO_HEAT_kW = 10.0  # rack power is off: what is left is the pumps'
NO_HEAT_s = 30.0


class Leak:
    """`rope` None: the board has no input for one."""

    @at_start
    def __init__(self, rope, fitting):
        self._rope = rope
        self._fitting = fitting
        self.state = LeakState.NOT_YET if rope else LeakState.NOT_FITTED
        self.lost_l = None  # beyond the tolerated rate
        self._reference_l = None
        self._cold_s = 0.0

    def read_rope(self):
        if self._rope is None:
            return
        self._rope.step()
        state = self._rope.state
        if state == LeakState.DRY or state == LeakState.WET:
            self._fitting.answer(Chip.LEAK_1)
        elif state != LeakState.NOT_YET and not self._fitting.fitted(Chip.LEAK_1):
            state = LeakState.NOT_FITTED
        self.state = state

    @property
    def wet(self):
        """None where no rope can say."""
        return self.state == LeakState.WET if self.state < LeakState.NOT_FITTED else None

    @property
    def rope_fault(self):
        return self.state == LeakState.CUT or self.state == LeakState.SHORTED if self.wet is not None else None

    def balance(self, level_l, tolerated_l_s, dt_s):
        """`level_l` None: not known, or somebody is filling."""
        if level_l is None:
            self.lost_l = self._reference_l = None
            return
        reference = level_l if self._reference_l is None else self._reference_l - tolerated_l_s * dt_s
        self._reference_l = max(level_l, reference)
        self.lost_l = self._reference_l - level_l

    def may_stop(self, peer, heat_kW, dt_s):
        """Nobody loses cooling when this skid stops: the other one carries flow, or the racks are without power."""
        off = heat_kW is not None and heat_kW < NO_HEAT_kW
        self._cold_s = min(self._cold_s + dt_s, NO_HEAT_s) if off else 0.0
        return peer is True or self._cold_s >= NO_HEAT_s
