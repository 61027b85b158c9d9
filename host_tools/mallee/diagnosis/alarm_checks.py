"""Alarms of a controller that no other check explains. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .evidence import Evidence
from .finding import Cause, Finding
from .naming import Facts, NamedCheck, found, well

_URGENT = ("critical", "high")


def alarms(*groups: Sequence[NamedCheck[Evidence]]) -> NamedCheck[Evidence]:
    """The check of what is left behind these checks."""

    def judge(evidence: Evidence) -> Finding:
        """Every alarm that is active and that none of the findings above explains, with its cause and remedy (docs/faults.md)."""
        explained = {
            name
            for group in groups
            for check in group
            if check(evidence).state in ("warn", "fail")
            for name in check.explains
        }
        latched = evidence.value("first_out")
        left = [
            alarm.entry
            for alarm in evidence.alarms
            if alarm.active
            and alarm.entry.name not in explained
            and alarm.entry.name.partition(".")[0] not in explained
            and not (evidence.value("state") == "tripped" and alarm.entry.code == latched)
        ]
        active = evidence.active()
        facts: Facts = {"active": ", ".join(active)}
        if not left:
            return well("none is active" if not active else "all that are active are explained above", facts)
        causes = [Cause(entry.cause.rstrip("."), f"{entry.name}: {entry.condition}", entry.remedy) for entry in left]
        state = "fail" if any(entry.priority in _URGENT for entry in left) else "warn"
        return found(state, f"active: {', '.join(entry.name for entry in left)}", *causes, evidence=facts)

    return NamedCheck("alarms", (), (), judge)
