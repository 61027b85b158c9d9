"""A controller's own time: its date, how fast it goes, and whether it starts again and again. Pure."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from ..device.journal import JournalEntry
from .evidence import Evidence, Look
from .finding import Finding
from .naming import Facts, Likely, found, named, unknown, well

DATE_S = 5.0
"""A date that is off by less is called right: it has whole seconds, and crystals of 50 ppm drift 4 s a day."""
FAR_S = 60.0
"""Beyond this its journal cannot be laid beside others'."""
RATE = 0.01
"""A crystal keeps time to a hundredth of that."""
RECORDS = 20
"""Of the journal's newest; a controller that is well starts hardly ever among so many."""
STARTS = 3
RECENT_S = 120.0

DATE_WRONG = Likely(
    "its date was set wrong, or was set long ago and has drifted since",
    "set it: `mallee set DEVICE set_clock SECONDS` (seconds since 1970 UTC: `date +%s`)",
)
OWN_CLOCK_WRONG = Likely(
    "this computer's own date or time is wrong",
    "compare it with another clock; let it follow a time server",
    "the other controllers' dates are off by the same",
)
SLOW_CRYSTAL = Likely(
    "its crystal is wrong or damaged", "replace the board: its protection keeps times by the same crystal", ""
)
STEPS_LOST = Likely(
    "it is too busy and skips steps",
    "look at loop_worst_execution and bus_messages; take masters off that ask too much",
    "loop_overruns grows",
)


@named("clock", SLOW_CRYSTAL, STEPS_LOST, DATE_WRONG, OWN_CLOCK_WRONG, explains=("loop_overrun",))
def clock(evidence: Evidence) -> Finding:
    """Its date against this computer's, and how fast its own time goes: its uptime and the count of its regulation steps
    between the first look and the last. A date that nobody has set is no fault: its journal counts from the start then."""
    if restarts_seen(evidence):
        return unknown("it started anew meanwhile")
    off_s, rate = _off_s(evidence), _rate(evidence)
    facts: Facts = {
        "off_s": None if off_s is None else round(off_s, 1),
        "rate": None if rate is None else round(rate[0], 4),
    }
    if rate is not None and abs(rate[0] - 1) > rate[1]:
        percent = 100 * (rate[0] - 1)
        seen = f"its own time goes {abs(percent):.1f} % too {'fast' if percent > 0 else 'slow'}"
        skipped = _grew(evidence, "loop_overruns")
        if percent < 0 and skipped:
            return found(
                "fail", seen, STEPS_LOST.because(f"{skipped:.0f} steps were skipped meanwhile"), evidence=facts
            )
        causes = [SLOW_CRYSTAL.because("it counts its steps at another rate than this computer, and skips none")]
        others = [each[0] for other in evidence.beside.values() if (each := _rate(other)) is not None]
        if others and all(abs(each - rate[0]) <= rate[1] for each in others):
            causes.insert(0, OWN_CLOCK_WRONG.because("every controller's time goes wrong by the same", proven=True))
            return found("fail", seen, *causes, evidence=facts)
        if not others:
            causes.append(OWN_CLOCK_WRONG.because("no other controller was looked at"))
        return found("fail", seen, *causes, certain=bool(others), evidence=facts)
    if off_s is None:
        return well("its date was never set: its journal counts from its start", facts)
    if abs(off_s) <= DATE_S:
        return well("its date and its own time go right", facts)
    seen = f"its date is {_span(abs(off_s))} {'ahead' if off_s > 0 else 'behind'}"
    causes = [
        DATE_WRONG.because("its own time goes at the right speed" if rate is not None else "it can be set by anybody")
    ]
    others = [each for other in evidence.beside.values() if (each := _off_s(other)) is not None]
    if others and all(abs(each - off_s) <= DATE_S for each in others):
        causes.insert(0, OWN_CLOCK_WRONG.because("every controller's date is off by the same", proven=True))
        return found("warn" if abs(off_s) < FAR_S else "fail", seen, *causes, evidence=facts)
    if not others:
        causes.append(OWN_CLOCK_WRONG.because("nobody else's date is known here"))
    return found("warn" if abs(off_s) < FAR_S else "fail", seen, *causes, certain=bool(others), evidence=facts)


def _off_s(evidence: Evidence) -> float | None:
    """How far its date is ahead; None: it has none."""
    offs = [
        date - look.utc_s
        for look in evidence.looks
        if (date := _own(look, "clock")) is not None and look.values["clock_source"].value == "host"
    ]
    return median(offs) + 0.5 if offs else None  # it tells whole seconds


def _rate(evidence: Evidence) -> tuple[float, float] | None:
    """Its own time over this computer's, and how far that may be from 1 by how it is told."""
    looks = [look for look in evidence.looks if _own(look, "sequence") is not None]
    if len(looks) < 2:
        return None
    first, last = looks[0], looks[-1]
    period_ms, elapsed_s = _own(last, "loop_period"), last.at_s - first.at_s
    if not period_ms or elapsed_s <= 0:
        return None
    steps = ((_own(last, "sequence") or 0) - (_own(first, "sequence") or 0)) % 65536
    slack_s = period_ms / 1000 + (first.took_s + last.took_s) / 2
    rate, tolerance = steps * period_ms / 1000 / elapsed_s, RATE + slack_s / elapsed_s
    return None if tolerance > 0.25 else (rate, tolerance)


def _own(look: Look, name: str) -> float | None:
    reading = look.values.get(name)
    return None if reading is None else reading.number


def _grew(evidence: Evidence, name: str) -> float:
    known = [value for look in evidence.looks if (value := _own(look, name)) is not None]
    return known[-1] - known[0] if known else 0.0


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


WATCHDOG = Likely(
    "its firmware hangs at the same place each time",
    "save its console; look for a sensor chip that holds its bus (`chips` below); flash the firmware again",
    "its console shows what it does last",
)
CRASHES = Likely(
    "its firmware ends with an error",
    "its console has the error: save it for the makers, and flash the release before",
)
SUPPLY_DIPS = Likely(
    "its supply dips",
    "measure the supply at the board while it starts; look at its terminals and for a load on the same supply",
    "on another supply it stays up",
)
ON_COMMAND = Likely("somebody restarts it", "look in the journal who has the lease, and for scripts that restart it")
_BY_REASON = {
    "watchdog": (WATCHDOG, SUPPLY_DIPS),
    "fault": (CRASHES, SUPPLY_DIPS),
    "power_on": (SUPPLY_DIPS, WATCHDOG),
    "command": (ON_COMMAND,),
}


@named("restarts", WATCHDOG, CRASHES, SUPPLY_DIPS, ON_COMMAND, explains=("restarted", "lease_lost", "settings_lost"))
def restarts(evidence: Evidence) -> Finding:
    """Whether it starts anew while it is looked at, and how often it did: uptime, count of starts, reset reason and the starts
    among the newest records of its journal."""
    now, reason = restarts_seen(evidence), str(evidence.value("reset_reason") or "unknown")
    uptime_s, boots = evidence.value("uptime"), evidence.value("boot_count")
    starts = recent_starts(evidence.journal)
    facts: Facts = {
        "restarts": now, "uptime_s": uptime_s if isinstance(uptime_s, int) else None, "reset_reason": reason,
        "boot_count": boots if isinstance(boots, int) else None, "recent_starts": len(starts),
    }  # fmt: skip
    if not evidence.looks:
        return unknown("it did not answer long enough", facts)
    by_reason = _BY_REASON.get(reason, (WATCHDOG, SUPPLY_DIPS))
    reasons = ", ".join(f"{starts.count(each)} by {each.replace('_', ' ')}" for each in dict.fromkeys(starts))
    journal = f"; of the last {RECORDS} records in its journal {len(starts)} are starts: {reasons}" if starts else ""
    young = isinstance(uptime_s, int) and uptime_s < RECENT_S
    if now or (young and len(starts) >= STARTS):
        times = f"started anew {now} times in {evidence.seconds:.0f} s" if now > 1 else (
            f"started anew while it was looked at ({evidence.seconds:.0f} s)" if now else f"started {uptime_s} s ago, once more"
        )  # fmt: skip
        seen = f"it {times}, last by {reason.replace('_', ' ')}{journal}"
        because = f"the last reset was: {reason.replace('_', ' ')}"
        return found("fail", seen, *(each.because(because) for each in by_reason), evidence=facts)
    if reason in ("watchdog", "fault"):
        seen = f"it started by itself {_span(float(uptime_s)) if isinstance(uptime_s, int) else 'once'} ago: {reason}{journal}"
        return found("warn", seen, *(each.because("it runs since then") for each in by_reason), evidence=facts)
    since = _span(float(uptime_s)) if isinstance(uptime_s, int) else "unknown time"
    return well(f"it runs for {since}, last started by {reason.replace('_', ' ')}", facts)


def restarts_seen(evidence: Evidence) -> int:
    """How often it started anew between the first look and the last."""
    uptimes = [value for look in evidence.looks if (value := _own(look, "uptime")) is not None]
    fell = sum(later < earlier for earlier, later in pairwise(uptimes))
    return int(max(fell, _grew(evidence, "boot_count")))


def recent_starts(journal: tuple[JournalEntry, ...] | None) -> list[str]:
    """Their reasons, oldest first."""
    return [entry.what for entry in (journal or ())[-RECORDS:] if entry.kind == "start"]
