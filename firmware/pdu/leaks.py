"""Leak ropes of two racks at this PDU: a wet one opens its rack's branches; when these are dead, the rack's valve may close.

The valve hangs on the outputs of both feeds' PDUs in series, so it closes only when both say that the rack is dead: a rack
without coolant must not have power. A rope that cannot be judged changes nothing: it is no leak, and it ends none. One that was
never seen dry since the start, and is not expected, is not fitted.
"""

from core.starting import at_start
from drivers.analog import reader
from drivers.leak_rope import LeakRope
from machine import Pin
from maps.common import Chip, LeakState
from maps.pdu_alarms import PduAlarm
from maps.pdu_racks import Isolation, RackSettings

_SUPPLY_V = 3.3
_GROUPS = (RackSettings.leak_branches_1, RackSettings.leak_branches_2)


class Leaks:
    """On a board without pins for ropes or valves they are not fitted: `leak_adc` is optional, `rack_isolation` may be None."""

    @at_start
    def __init__(self, controller, pins, equipment):
        self._controller = controller
        self._ropes = [
            LeakRope(_part_of_supply(pin), equipment.LEAK_PULL_UP_ohm, equipment.LEAK_END_ohm)
            for pin in pins.get("leak_adc", ())
        ]
        self._valves = [Pin(pin, Pin.OUT, value=0) for pin in pins.get("rack_isolation") or ()]
        self.answering = 0  # bits of maps.common.Chip

    def branches(self, rope):
        """Bits of the branches of that rope's rack."""
        return int(self._controller.holdings.setting(_GROUPS[rope]))

    @property
    def latched_bits(self):
        """Branches that a leak holds open until its alarm is reset."""
        active = self._controller.alarms.active
        bits = 0
        for rope in range(2):
            if active(PduAlarm.leak, rope):
                bits |= self.branches(rope)
        return bits

    def tripped(self, branch):
        """After a reset of the controller: this branch was opened by a leak, whatever its rope says now."""
        for rope in range(2):
            if self.branches(rope) >> branch & 1:
                self._controller.alarms.trip(PduAlarm.leak, rope)

    def step(self, dead):
        """Ten times a second; `dead` are branches with open contacts and without current. Returns those that must be open."""
        controller = self._controller
        report, put, fitting = controller.alarms.set, controller.inputs.put, controller.fitting
        must_open = isolated = answering = 0
        for index in range(len(self._ropes)):
            rope, chip = self._ropes[index], Chip.LEAK_1 + index
            rope.step()
            state = rope.state
            if state == LeakState.DRY:
                fitting.answer(chip)
            elif state != LeakState.NOT_YET and not fitting.fitted(chip):
                state = LeakState.NOT_FITTED  # an input without rope and pull-up may read as anything
            if state <= LeakState.WET:
                answering |= 1 << chip
            known = state <= LeakState.WET
            report(PduAlarm.leak_rope_fault, not known if state <= LeakState.SHORTED else None, index)
            if report(PduAlarm.leak, state == LeakState.WET if known else None, index):
                branches = self.branches(index)
                if state == LeakState.WET:
                    must_open |= branches
                if branches and not branches & ~dead:
                    isolated |= 1 << index
            put(Isolation.leak_rope, state, index)
        if self._ropes:
            put(Isolation.isolated, isolated)
        for index in range(len(self._valves)):
            self._valves[index](isolated >> index & 1)
        self.answering = answering
        return must_open


def _part_of_supply(pin):
    volts = reader(pin)
    return lambda: volts() / _SUPPLY_V
