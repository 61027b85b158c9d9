"""Alarms of the power distribution unit."""

from maps.fields import Alarm, alarm


class PduAlarm(Alarm):
    overload_trip = alarm(16, count=8, priority="critical", group="protection", latch=True)
    """The thermal image of the branch reached its limit.

    Cause: more current than the rating for too long; often a shelf that took over the load of another feed.
    Consequence: the branch is open and stays open. The shelf hands its load to the others.
    Remedy: reduce load, then write the code to reset_latch and switch the branch on.
    """
    instantaneous_trip = alarm(24, count=8, priority="critical", group="protection", latch=True)
    """Two fast samples above the instantaneous limit of the branch.

    Cause: a short circuit behind the branch, or an inrush above the limit.
    Consequence: the branch is open and stays open.
    Remedy: find the short circuit before anything else; then write the code to reset_latch and switch on.
    """
    overload_warning = alarm(32, count=8, priority="medium", group="protection", delay_ms=1000)
    """The thermal image of the branch is above warning_level.

    Cause: more current than the rating.
    Consequence: the branch will trip; time_to_trip says when.
    Remedy: reduce load on this branch or move it to another feed.
    """
    contactor_disagrees = alarm(40, count=8, priority="high", group="switching", delay_ms=500)
    """The contactor reports another position than commanded.

    Cause: welded contacts, a coil or its driver failed, or somebody moved it by hand.
    Consequence: the branch cannot be switched; after a trip it may still be live.
    Remedy: isolate the branch upstream and replace the contactor.
    """
    metering_fault = alarm(48, count=8, priority="medium", group="metering", delay_ms=1000)
    """The metering chip of the branch does not answer as it should.

    Cause: chip without supply, SPI wiring, or noise.
    Consequence: values of this branch read as not available. Protection uses the fast channel and goes on.
    Remedy: look at chip_errors; replace the metering board if it keeps growing.
    """
    fast_channel_fault = alarm(56, priority="critical", group="protection", delay_ms=100)
    """The fast current channels do not answer or fail their check.

    Cause: the analog chip lost its supply or its clock, or wiring.
    Consequence: this controller does not protect its branches; only the breakers do.
    Remedy: replace the controller board as soon as the load can be moved.
    """
    undervoltage = alarm(57, count=3, priority="medium", group="supply", delay_ms=1000)
    """Phase voltage below its limit.

    Cause: feed overloaded or lost, or a phase lost upstream.
    Consequence: shelves draw more current, or hand over to the other feed.
    Remedy: check the feed and its main breaker.
    """
    overvoltage = alarm(60, count=3, priority="medium", group="supply", delay_ms=1000)
    """Phase voltage above its limit.

    Cause: neutral lost, or transformer tap.
    Consequence: shelves may disconnect to protect themselves.
    Remedy: check neutral and transformer tap at once.
    """
