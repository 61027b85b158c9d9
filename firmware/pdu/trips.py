"""What the tick opened: noted, told, and closed for the operator again when the alarm behind it is reset."""

from core.starting import at_start
from maps.fields import CODE
from maps.pdu import BRANCHES, Branch, TripCause
from maps.pdu_alarms import PduAlarm


class Trips:
    @at_start
    def __init__(self, pdu):
        self._pdu = pdu
        self._noted_bits = 0
        self._judged = False

    def note(self):
        """Ten times a second: tell what the tick tripped since, and which causes have gone."""
        pdu = self._pdu
        new = pdu.tripped_bits & ~self._noted_bits & ~pdu.release_bits
        self._noted_bits |= new
        judged, self._judged = self._judged, True
        if not self._noted_bits and judged:
            return
        # The first time without a trip too, so that the alarms count as judged.
        report = pdu.controller.alarms.set
        for branch in range(BRANCHES):
            if new >> branch & 1:
                self._tell(branch)
            elif not judged or pdu.tripped_bits >> branch & 1 and self._cold(branch):
                report(PduAlarm.overload_trip, False, branch)
                report(PduAlarm.instantaneous_trip, False, branch)

    def _tell(self, branch):
        pdu = self._pdu
        controller = pdu.controller
        if pdu.leak_bits >> branch & 1:
            cause = TripCause.LEAK
            pdu.leaks.tripped(branch)
        else:
            cause = TripCause.THERMAL if pdu.thermal_bits >> branch & 1 else TripCause.INSTANTANEOUS
            alarm = PduAlarm.overload_trip if cause == TripCause.THERMAL else PduAlarm.instantaneous_trip
            controller.alarms.trip(alarm, branch)
            pdu.recorder.stamp(branch, (alarm & CODE) + branch, controller.memory, pdu.counts_per_A)
        pdu.image.put(Branch.trip_cause, cause, Branch.START + branch * Branch.STRIDE)
        controller.coils.put(branch, 0)

    def released(self):
        """Latched alarms were reset: a branch stays open until somebody switches it on, but now somebody may."""
        pdu = self._pdu
        active = pdu.controller.alarms.active
        release = self._noted_bits & ~pdu.leaks.latched_bits
        for branch in range(BRANCHES):
            if active(PduAlarm.overload_trip, branch) or active(PduAlarm.instantaneous_trip, branch):
                release &= ~(1 << branch)
            elif release >> branch & 1:
                pdu.image.put(Branch.trip_cause, TripCause.NONE, Branch.START + branch * Branch.STRIDE)
        self._noted_bits &= ~release
        pdu.release_bits = release
        pdu.ask()

    def _cold(self, branch):
        """Open, and cool enough to be closed again without tripping at once."""
        pdu = self._pdu
        return not pdu.relays.feedback >> branch & 1 and pdu.protection.thermal(branch) < 90
