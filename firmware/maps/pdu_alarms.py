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
    overload_warning = alarm(32, count=8, priority="medium", group="protection", delay_ms=1000, deadband=5)
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
    undervoltage = alarm(57, count=3, priority="medium", group="supply", delay_ms=1000, deadband=2)
    """Phase voltage below its limit.

    Cause: feed overloaded or lost, or a phase lost upstream.
    Consequence: shelves draw more current, or hand over to the other feed.
    Remedy: check the feed and its main breaker.
    """
    overvoltage = alarm(60, count=3, priority="medium", group="supply", delay_ms=1000, deadband=2)
    """Phase voltage above its limit.

    Cause: neutral lost, or transformer tap.
    Consequence: shelves may disconnect to protect themselves.
    Remedy: check neutral and transformer tap at once.
    """
    trip_ahead = alarm(64, count=8, priority="high", group="protection", delay_ms=1000, deadband=10)
    """The branch will trip within trip_ahead_time if its current stays as it is.

    Cause: more current than the rating, and the thermal image is near its limit.
    Consequence: the branch opens when time_to_trip is over, and its shelf hands its load to the others.
    Remedy: take load off this branch now.
    """
    phase_loss = alarm(72, count=3, priority="high", group="supply", delay_ms=500, deadband=5)
    """The voltage of this phase is below half of the mean of the other two.

    Cause: a fuse, a broken conductor or a loose terminal upstream.
    Consequence: shelves draw half as much again from the phases that are left.
    Remedy: find the open phase upstream; move load to the other feed until then.
    """
    leak = alarm(75, count=2, priority="critical", group="leak", latch=True)
    """Water on the leak rope of a rack.

    Cause: a hose, a coupling or a cold plate of that rack leaks.
    Consequence: the branches in leak_branches are open and stay open; when they are dead at both feeds the rack's valve closes.
    Remedy: find and mend the leak, dry the rope, then write the code to reset_latch and switch the branches on.
    """
    leak_rope_fault = alarm(77, count=2, priority="medium", group="leak", delay_ms=1000)
    """A leak rope is cut or shorted.

    Cause: a wire or the end resistor of the rope is missing, or its wires touch.
    Consequence: a leak at that rack is seen only by the PDU on the other feed.
    Remedy: replace the rope; leak_rope says whether it is cut or shorted.
    """
    ground_fault = alarm(79, priority="high", group="supply", delay_ms=100)
    """The contact of the ground-fault relay is open.

    Cause: current to ground behind this PDU, or a cut wire to the relay.
    Consequence: the relay may open the main breaker; touching the racks may be dangerous.
    Remedy: keep people away, isolate branch by branch until the relay is content, and check its wire.
    """
    power_fail = alarm(80, priority="high", group="supply")
    """The controller's own supply is about to end.

    Cause: its power supply lost its input, or its buffer is empty.
    Consequence: energies were kept at once; when the supply ends, nothing is protected but by the breakers.
    Remedy: restore the controller's supply.
    """
    contactor_welded = alarm(82, count=8, priority="critical", group="switching", delay_ms=500)
    """Current flows though the contactor was told to open and its contact says that it did.

    Cause: one or two poles are welded, or the auxiliary contact is broken.
    Consequence: the branch is live though it reads open. Nobody may work on it.
    Remedy: isolate the branch upstream and replace the contactor.
    """
