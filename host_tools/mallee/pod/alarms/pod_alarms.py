"""The alarms of the pod itself: what no controller can see alone. Data; `judging` tells when their conditions hold."""

from __future__ import annotations

from ...device.dictionary import Dictionary
from .declaring import alarm

NO_ANSWER = alarm(
    "no_answer",
    """The controller does not answer.

    Cause: The controller lost its supply or restarts, or the network to it is broken.
    Consequence: It goes on alone, on its last set-points and then its local ones. Its values are not known.
    Remedy: Check its supply and network; it is read and leased again by itself as soon as it answers.
    """,
    priority="high",
    group="communication",
    # One lost request is no alarm; and a line that goes in the middle of a scan has lost all its units by the next one.
    delay_s=0.9,
)
CONTROLLER_QUARANTINED = alarm(
    "controller_quarantined",
    """What the controller says cannot be true: it is in quarantine.

    Cause: Its loop hangs, its memory or a chip is broken, or something between here and there repeats or changes its answers.
    Consequence: Its values are unknown and count as rated. It gets no set-points: its lease lapses, and it goes on by its own.
    Remedy: Compare with its own display or another master, restart or replace it, then `mallee alarms reset` this alarm.
    """,
    priority="high",
    group="communication",
)
RELEASED_BY_RESET = frozenset({CONTROLLER_QUARANTINED.name})
"""Alarms that may be reset while they stand: it is how somebody says that they have looked after the cause."""
LINE_SILENT = alarm(
    "line_silent",
    """No controller on this line answers.

    Cause: The line is cut or shorted, its adapter is unplugged, or one of its units holds it busy.
    Consequence: The controllers on it go on alone, on their last set-points and then their local ones.
    Remedy: Check the adapter and the cable at this end first; `mallee doctor` examines a serial line.
    """,
    priority="high",
    group="communication",
)
GATEWAY_SILENT = alarm(
    "gateway_silent",
    """No controller behind this gateway answers.

    Cause: The gateway lost its supply, or the network between it and this host is broken.
    Consequence: The controllers behind it go on alone, on their last set-points and then their local ones.
    Remedy: Check supply and network of the gateway, then the switch that it hangs on.
    """,
    priority="high",
    group="communication",
)
FEED_SILENT = alarm(
    "feed_silent",
    """No power distribution unit of this feed answers.

    Cause: The feed is lost together with the supply of its controllers, or the network switch on that feed is.
    Consequence: Whether its racks are on one feed only is not known. The units protect themselves if they have supply.
    Remedy: Look at the main breaker of the feed, then at the switch that its units share.
    """,
    priority="high",
    group="communication",
)
POD_SILENT = alarm(
    "pod_silent",
    """No controller of the pod answers.

    Cause: This computer's own network or cable, the switch that all share, or the pod is without supply.
    Consequence: Every controller goes on alone, on its last set-points and then its local ones. Nothing is known of the pod.
    Remedy: Check this computer's network first; the controllers keep the pod cool and safe meanwhile.
    """,
    priority="high",
    group="communication",
)
LEASES_LOST = alarm(
    "leases_lost",
    """Several controllers say that their host stopped renewing its lease.

    Cause: This host was away: it was restarted, hung, or was cut off from them.
    Consequence: They held their last set-points, then moved to their local ones, until the lease was taken again.
    Remedy: None if it goes by itself; else see why this host does not get the lease (`mallee status`).
    """,
    priority="low",
    group="communication",
    # A host that starts takes the leases in its first scan: what is over by the second is no news.
    delay_s=0.9,
)
FEED_LOST = alarm(
    "feed_lost",
    """No phase of this feed has voltage at any of its power distribution units that answer.

    Cause: Its main breaker is open, or the supply upstream is gone.
    Consequence: The other feed carries the racks alone: one fault more takes them down.
    Remedy: See why the feed is gone before its breaker is closed again; branches come back one after the other by themselves.
    """,
    priority="high",
    group="supply",
    deadband_percent=5,
)
SUPPLY_LOST = alarm(
    "supply_lost",
    """No phase at this power distribution unit has voltage.

    Cause: The breaker in front of this unit is open, or its tap-off is not connected.
    Consequence: Its racks hang on their other feed alone.
    Remedy: See why the breaker opened before it is closed again.
    """,
    priority="high",
    group="supply",
    deadband_percent=5,
)
FEED_PHASE_LOST = alarm(
    "feed_phase_lost",
    """Every power distribution unit of this feed that answers misses the same phase.

    Cause: A fuse, a broken conductor or a loose terminal upstream of all of them.
    Consequence: Shelves draw half as much again from the phases that are left.
    Remedy: Find the open phase upstream of the feed; move load to the other feed until then.
    """,
    priority="high",
    group="supply",
)
FEED_UNDERVOLTAGE = alarm(
    "feed_undervoltage",
    """A phase is below its limit at every power distribution unit of this feed that answers.

    Cause: The supply upstream is weak or overloaded.
    Consequence: Shelves draw more current, or hand over to the other feed.
    Remedy: Check the supply of the feed; move load to the other feed.
    """,
    priority="medium",
    group="supply",
)
FEED_OVERVOLTAGE = alarm(
    "feed_overvoltage",
    """A phase is above its limit at every power distribution unit of this feed that answers.

    Cause: The neutral of the feed is lost, or a transformer tap is wrong.
    Consequence: Shelves may disconnect to protect themselves.
    Remedy: Check neutral and transformer tap at once.
    """,
    priority="medium",
    group="supply",
)
FEED_OVERLOAD = alarm(
    "feed_overload",
    """The most loaded phase of this feed is at its main breaker's rating.

    Cause: More load than planned, or load that the other feed handed over.
    Consequence: The main breaker opens within minutes, and takes the feed with it.
    Remedy: Cap rack power, or open branches by priority, before it does.
    """,
    priority="high",
    group="load",
    delay_s=2.0,
    deadband_percent=4,
)
MAIN_OVERLOAD = alarm(
    "main_overload",
    """The most loaded phase of this power distribution unit is at its main breaker's rating.

    Cause: More load than planned, or load that the unit on the other feed handed over.
    Consequence: The breaker opens within minutes, and takes all branches of this unit with it.
    Remedy: Cap power of the racks behind it, or open branches by priority, before it does.
    """,
    priority="high",
    group="load",
    delay_s=2.0,
    deadband_percent=4,
)
POD_ALARMS = (
    NO_ANSWER,
    CONTROLLER_QUARANTINED,
    LINE_SILENT,
    GATEWAY_SILENT,
    FEED_SILENT,
    POD_SILENT,
    LEASES_LOST,
    FEED_LOST,
    SUPPLY_LOST,
    FEED_PHASE_LOST,
    FEED_UNDERVOLTAGE,
    FEED_OVERVOLTAGE,
    FEED_OVERLOAD,
    MAIN_OVERLOAD,
)
AS_DICTIONARY = Dictionary("pod", (1, 0), "What only the host of a pod can tell.", points=(), alarms=POD_ALARMS)
"""In the form in which those of controllers are described."""
