"""Bytes that are no frames: how many, when, and what that says about their origin. Pure."""

from __future__ import annotations

from .finding import Cause, Finding, State
from .line_answers import COLLISIONS, collides
from .line_evidence import LineEvidence, damaged, lost

_OFTEN = 0.1  # of questions without a good answer: polls get lost visibly
_LEADS = 0.5  # of answers with a byte in front of them

_REFLECTIONS = Cause(
    "reflections: no terminator at an end of the line, one too many, or long stubs",
    "",
    "120 Ω at the two ends and nowhere else; a line, not a star",
    "at a quarter of the baud rate they are gone; noise is not",
)
_INTERFERENCE = Cause(
    "interference: unshielded wires beside power, or no common ground",
    "",
    "twisted pair with shield, ground wire between the units, away from motor cables",
    "it comes and goes with what is switched on beside it",
)
_FLOATING = Cause(
    "a line that nobody biases: it floats while nobody sends",
    "",
    "bias resistors at one place (650 Ω to each rail, with two terminators)",
    "the voltage between A and B in silence: 0.2 V or more is right",
)


def damage(evidence: LineEvidence) -> Finding:
    """Answers that are damaged or lost, and bytes that come while nobody talks."""
    heard = [unit for unit in evidence.verdicts if not collides(evidence, unit) and evidence.verdicts[unit] != "two"]
    short = tuple(p for unit in heard for p in evidence.short.get(unit, ()))
    long = tuple(p for unit in heard for p in evidence.long.get(unit, ()))
    asked, bad = len(short) + len(long), damaged(short) + damaged(long) + lost(short) + lost(long)
    before = sum(len(probe.before) for probe in (*short, *long))
    idle = evidence.listened.noise_bytes + before if evidence.master is None else None
    facts: dict[str, float | int | str | None] = {
        "asked": asked,
        "damaged_short": damaged(short),
        "damaged_long": damaged(long),
        "lost": lost(short) + lost(long),
        "idle_bytes": idle,
    }
    if not asked:
        return Finding("damage", "unknown", "no unit answers by itself", evidence=facts)
    if not bad and not idle:
        silence = "silence is silent" if idle == 0 else "the other master leaves no silence to judge"
        return Finding("damage", "ok", f"{asked} of {asked} answers are good, and {silence}", evidence=facts)
    state: State = "fail" if bad > _OFTEN * asked else "warn"
    seen = f"{bad} of {asked} answers are damaged or lost"
    if idle is not None:
        seen += f", {idle} bytes came while nobody was asked"
    if idle:
        causes = (
            _with(_INTERFERENCE, "bytes come while nobody sends"),
            _with(_FLOATING, "bytes come while nobody sends"),
            _with(_REFLECTIONS, "answers are damaged, but reflections make no bytes in silence") if bad else None,
        )
    else:
        longer = "long ones more than short ones: each byte is at risk" if damaged(long) > damaged(short) else ""
        causes = (
            _with(_REFLECTIONS, f"only while somebody sends; {longer}".rstrip("; ")),
            _with(_INTERFERENCE, longer or "answers are damaged"),
        )
    theirs = () if evidence.master is None else (COLLISIONS,)
    told = (*theirs, *(each for each in causes if each is not None))
    return Finding("damage", state, seen, told, evidence=facts)


def lead(evidence: LineEvidence) -> Finding:
    """Bytes in front of good answers: harmless to mallee, not to every master."""
    good = [probe for probe in evidence.probes() if probe.answers and not probe.echoed]
    if not good:
        return Finding("bias", "unknown", "no good answer came")
    led = [probe for probe in good if probe.lead]
    facts: dict[str, float | int | str | None] = {"answers": len(good), "with_a_byte_before": len(led)}
    if len(led) <= _LEADS * len(good):
        return Finding("bias", "ok", "answers begin cleanly", evidence=facts)
    bytes_ = ", ".join(sorted({f"0x{byte:02X}" for probe in led for byte in probe.lead[:1]}))
    return Finding(
        "bias",
        "warn",
        f"{len(led)} of {len(good)} answers have a byte in front of them ({bytes_}): many masters drop such frames",
        (
            _with(_FLOATING, "a line that floats falls or rises when a driver takes it"),
            Cause(
                "units that switch their driver on too early or too late",
                "the byte comes from the turn of the direction",
                "look at the driver-enable timing of the unit",
                "only some units do it",
            ),
        ),
        evidence=facts,
    )


def _with(cause: Cause, because: str) -> Cause:
    return Cause(cause.cause, because, cause.remedy, cause.tell)
