"""Alarms of the PDU that may wait half a period: warnings, contactors, chips. What trips is the hard tick's affair."""

from math import log

from core.starting import at_start
from maps.common import Quality
from maps.pdu import BRANCHES, Branch, Settings
from maps.pdu_alarms import PduAlarm
from maps.pdu_racks import Isolation
from maps.pdu_supply import SupplySettings

_IDLE_A = 2  # less is no current: 3 % of a rating, and above the noise of the fast channel


class Judging:
    @at_start
    def __init__(self, pdu):
        self._pdu = pdu
        self._ahead = 0  # branches that show a time to trip
        self._idle = -1
        self.flowing = 0  # branches with current
        self.dead = 0  # branches that certainly have none: open contacts, no current, and a channel that would see it

    def chips(self):
        """Those of a unit without fast channels too."""
        pdu = self._pdu
        report, quality = pdu.controller.alarms.set, pdu.metering.quality
        if pdu.fitting.known & 1:  # Chip.CONVERTER_1: expected now, even if it was not at the start
            report(PduAlarm.fast_channel_fault, pdu.channel_lost)
        for branch in range(BRANCHES):
            meter = quality[branch]
            report(PduAlarm.metering_fault, None if meter == Quality.NOT_FITTED else meter == Quality.FAULT, branch)

    def branches(self, live):
        """`live`: there is voltage."""
        pdu = self._pdu
        alarms, setting = pdu.controller.alarms, pdu.controller.holdings.setting
        report, above = alarms.set, alarms.above
        protection, switching, codes = pdu.protection, pdu.switching, pdu.codes
        warning = protection.theta_of(setting(Settings.warning_level))
        ahead_s = setting(SupplySettings.trip_ahead_time)
        idle_code, closed, lost = int(_IDLE_A * pdu.counts_per_A), switching.closed, pdu.channel_lost
        told_open = 0xFF & ~(closed | switching.commanded)
        flowing = 0
        for branch in range(BRANCHES):
            bit = 1 << branch
            code = codes[branch]
            if code > idle_code:
                flowing |= bit
            above(PduAlarm.overload_warning, protection.raw_theta(branch), warning, branch)
            report(PduAlarm.contactor_disagrees, switching.disagrees(branch), branch)
            report(PduAlarm.contactor_welded, None if lost else told_open & flowing & bit, branch)
            left_s = None
            if not lost and (code > pdu.at_limit[branch] or self._ahead & bit):
                left_s = self._time_to_trip(branch, code)
                self._show(branch, bit, left_s)
            elif self._ahead & bit:
                self._show(branch, bit, None)
            if lost or left_s is None:
                report(PduAlarm.trip_ahead, None if lost else False, branch)
            else:
                alarms.below(PduAlarm.trip_ahead, left_s, ahead_s, branch)
        self.flowing = 0 if lost else flowing
        self.dead = 0 if lost else 0xFF & ~(closed | flowing)
        self._observe(closed & switching.commanded & ~flowing if live and not lost else 0)

    def _time_to_trip(self, branch, code):
        """From θ(t) = i² + (θ0 − i²)·exp(−t/τ) = limit, seconds; None while i² stays below the limit."""
        pdu = self._pdu
        ratio = code / pdu.counts_per_A / pdu.rating_A[branch]
        square, limit = ratio * ratio, pdu.limit
        theta = pdu.protection.theta(branch)
        if theta >= limit:
            return 0
        if square <= limit:
            return None
        return pdu.tau_s * log((square - theta) / (square - limit))

    def _show(self, branch, bit, left_s):
        self._ahead = self._ahead & ~bit if left_s is None else self._ahead | bit
        self._pdu.image.put(Branch.time_to_trip, left_s, Branch.START + branch * Branch.STRIDE)

    def _observe(self, quiet):
        idle = 0
        for rope in range(2):
            rack = self._pdu.leaks.branches(rope)
            if rack & self.flowing:
                idle |= rack & quiet
        if idle != self._idle:
            self._idle = idle
            self._pdu.image.put(Isolation.idle, idle)
