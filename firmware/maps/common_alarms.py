"""The alarms that every controller has."""

from maps.fields import Alarm, alarm


class CommonAlarm(Alarm):
    lease_lost = alarm(1, priority="low", group="communication")
    """A host held the lease and stopped renewing it.

    Cause: the host ended or hangs, or the network to it is broken.
    Consequence: the last set-points are held, then the controller moves to its own local ones. Cooling and power go on.
    Remedy: check that the host runs and can reach this controller; it takes a new lease by itself.
    """
    loop_overrun = alarm(2, priority="low", group="controller", delay_ms=1000)
    """Regulation steps were skipped because the controller was too busy.

    Cause: a slow flash write, a sensor chip that does not answer, or too much bus traffic.
    Consequence: regulation is late; protection runs in the hard tick and is not affected.
    Remedy: read loop_worst_execution and chip_errors; if they grow, restart the controller in a maintenance window.
    """
    settings_lost = alarm(3, priority="medium", group="controller")
    """Settings were stored, but no valid copy of them was found at the start.

    Cause: both copies in flash are damaged, were written for another major version of the map, or contradict themselves.
    Consequence: the controller runs on the defaults of its profile, which may not match the equipment.
    Remedy: write the settings again and commit them; if it comes back, replace the board.
    """
    restarted = alarm(4, priority="low", group="controller")
    """The controller restarted by itself.

    Cause: the watchdog or an uncaught error; reset_reason tells which.
    Consequence: outputs held their values through the restart; a lease must be taken anew.
    Remedy: save the console log for the makers; write 4 to reset_latch to clear.
    """
    tick_stopped = alarm(5, priority="critical", group="controller")
    """The hard tick does not run.

    Cause: an error in the tick, or the timer of the board.
    Consequence: nothing is protected by this controller until its watchdog starts it anew, within 9 seconds.
    Remedy: if it comes back, save the console log for the makers and replace the board.
    """
    update_failed = alarm(6, priority="low", group="controller")
    """New firmware was tried and given up.

    Cause: update_outcome says which: it did not start, was not healthy, or no host confirmed it in time.
    Consequence: the firmware from before runs, with all it had; nothing is lost.
    Remedy: read the console log of the trial if there is one, then update again; `mallee update` says what was wrong.
    """
    fallback = alarm(7, priority="high", group="controller")
    """This is not the application that was confirmed last, or it runs in safe mode.

    Cause: that application failed three times in a row, or its files are damaged.
    Consequence: an older application looks after the equipment; in state safe nothing is controlled, and outputs hold.
    Remedy: update it again (`mallee update`), or flash it over USB; restart tries the confirmed one again.
    """
