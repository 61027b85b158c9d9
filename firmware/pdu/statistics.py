"""Demand and peaks of the active power, of each branch and of all.

Demand is the mean of a window of ten minutes that slides by whole minutes (sliding block demand, IEC 61557-12, as billing meters
have it), taken from the energies, so that no change between two samples is missed. A minute in which the meter was not there the
whole time is not known, and neither is a demand with such a minute in it.
"""

# pyright: reportArgumentType=false
# (viper takes arrays as pointers; the stubs have no way to say so)
from array import array

from core.starting import at_start
from core.wire import copy
from maps.common import Quality
from maps.pdu import BRANCHES
from maps.pdu_statistics import BranchStatistics, Statistics
from micropython import const

_MINUTES = const(10)
_MINUTE_MS = const(60_000)
_TURNS = const(9)  # a branch each, then all together
_UNKNOWN = const(-1)
_PEAK_BYTES = const(36)  # four of each branch and of all
DEMAND_BYTES = const(72)  # of save()


class Demand:
    """step() five times a second; one branch a turn is stored."""

    @at_start
    def __init__(self, put, metering):
        self._put = put
        self._metering = metering
        self._minutes_mWh = array("i", [_UNKNOWN] * (_MINUTES * BRANCHES))
        self._demand_W = array("i", [_UNKNOWN] * BRANCHES)
        self._peak_demand_W = array("i", [_UNKNOWN] * (BRANCHES + 1))
        self._peak_dW = array("i", [_UNKNOWN] * (BRANCHES + 1))
        self._shown = array("i", [_UNKNOWN] * (3 * (BRANCHES + 1)))  # what the registers say: storing them takes 2 ms
        self._began_mWh = list(metering.energy_mWh)
        self._known = 0  # branches that were metered since the minute began; the first one began before the start
        self._ms = 0
        self._minute = 0
        self._turn = 0

    def step(self, dt_ms):
        metering = self._metering
        self._known &= metering.good_bits
        self._ms += dt_ms
        if self._ms >= _MINUTE_MS:
            self._ms -= _MINUTE_MS
            self._next_minute()
        peak_dW, power_dW = self._peak_dW, metering.power_dW
        for branch in range(BRANCHES):
            if power_dW[branch] > peak_dW[branch] and metering.good_bits >> branch & 1:
                peak_dW[branch] = power_dW[branch]
        if metering.total_dW > peak_dW[BRANCHES]:
            peak_dW[BRANCHES] = metering.total_dW
        if self._turn < BRANCHES:
            self._branch(self._turn)
        else:
            self._all()
        self._turn = (self._turn + 1) % _TURNS

    def reset_peaks(self):
        for place in range(BRANCHES + 1):
            self._peak_dW[place] = self._peak_demand_W[place] = _UNKNOWN

    def save(self, data, at):
        """Peaks, as they lie in memory, -1 being one that is not known: demands in W, then powers in dW."""
        copy(data, at, self._peak_demand_W, 0, _PEAK_BYTES)
        copy(data, at + _PEAK_BYTES, self._peak_dW, 0, _PEAK_BYTES)

    @at_start
    def restore(self, data, at):
        copy(self._peak_demand_W, 0, data, at, _PEAK_BYTES)
        copy(self._peak_dW, 0, data, at + _PEAK_BYTES, _PEAK_BYTES)

    def _next_minute(self):
        energy_mWh, minutes_mWh = self._metering.energy_mWh, self._minutes_mWh
        for branch in range(BRANCHES):
            known = self._known >> branch & 1
            minutes_mWh[branch * _MINUTES + self._minute] = (
                energy_mWh[branch] - self._began_mWh[branch] if known else _UNKNOWN
            )
            self._began_mWh[branch] = energy_mWh[branch]
        self._known = self._metering.good_bits
        self._minute = (self._minute + 1) % _MINUTES

    def _branch(self, branch):
        total_mWh = 0
        for at in range(branch * _MINUTES, (branch + 1) * _MINUTES):
            minute_mWh = self._minutes_mWh[at]
            if minute_mWh < 0:
                total_mWh = _UNKNOWN
                break
            total_mWh += minute_mWh
        demand_W = self._demand_W[branch] = _UNKNOWN if total_mWh < 0 else total_mWh * 6 // 1000
        self._show(BranchStatistics, branch, demand_W, BranchStatistics.START + branch * BranchStatistics.STRIDE)

    def _all(self):
        total_W = fitted = 0
        for branch in range(BRANCHES):
            if self._metering.quality[branch] != Quality.NOT_FITTED:
                fitted = 1
                demand_W = self._demand_W[branch]
                total_W = _UNKNOWN if demand_W < 0 or total_W < 0 else total_W + demand_W
        if not fitted:
            total_W = _UNKNOWN
        self._show(Statistics, BRANCHES, total_W, 0)

    def _show(self, group, place, demand_W, at):
        peak_W = self._peak_demand_W[place] = max(demand_W, self._peak_demand_W[place])
        power_W = self._peak_dW[place] // 10
        shown, place = self._shown, 3 * place
        for field, watts in ((group.demand, demand_W), (group.peak_demand, peak_W), (group.peak_power, power_W)):
            if watts != shown[place]:
                shown[place] = watts
                self._put(field, watts if watts >= 0 else None, at)
            place += 1
