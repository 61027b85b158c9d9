"""What is judged of a serial line, in the order in which it is told. Pure functions of the evidence.

A cause is certain only where the evidence leaves no other; what would tell the others apart stands with each.
"""

from __future__ import annotations

from .finding import Cause, Check, Finding
from .line_answers import FOREIGN, addresses, answering
from .line_damage import damage, lead
from .line_evidence import LineEvidence
from .line_timing import timing, unbroken

SLOW_ADAPTER_MS = 8.0
"""Half of the 16 ms that common adapters are delivered with; 1 ms is their shortest."""
_QUICK_MS = 3.0  # between pieces: as often as a computer looks, too
_PER_CHARACTER = 1.5


def foreign_master(evidence: LineEvidence) -> Finding:
    """Somebody else asks on this line."""
    told, master = evidence.listened, evidence.master
    if master is None:
        if told.bytes:
            seen = f"{told.bytes} bytes came in {told.seconds:.1f} s that are good frames at no baud rate"
            not_asked = "" if evidence.asked else ": nothing was asked"
            return Finding("other master", "unknown", seen + not_asked, FOREIGN, evidence={"heard_bytes": told.bytes})
        return Finding("other master", "ok", f"nobody else asked anything in {told.seconds:.1f} s")
    wrong = (
        "" if master == evidence.address else f", not {evidence.address.baud} Bd {evidence.address.framing} as was said"
    )
    facts: dict[str, float | int | str | None] = {
        "baud": master.baud, "framing": master.framing, "seconds": told.seconds,
    }  # fmt: skip
    second = Cause(
        "a second master on the line",
        "good requests came that this computer did not send",
        f"stop one of the two; `mallee listen '{master}'` shows what it asks",
    )
    if not evidence.master_asks:
        seen = f"frames were heard at {master.baud} Bd {master.framing}, and none that can only be a request"
        doubted = Cause(
            second.cause, "some requests have the bytes of their answers", second.remedy, "what it asks, heard longer"
        )
        return Finding("other master", "fail", seen, (_DEAF, doubted), evidence=facts)
    units = ", ".join(str(unit.unit) for unit in told.units if unit.requests)
    whom = f"; it asks units {units}" if units else ""
    return Finding(
        "other master",
        "fail",
        f"another master talks at {master.baud} Bd {master.framing}{wrong}{whom}",
        (second,),
        certain=True,
        evidence=facts,
    )


_DEAF = Cause(
    "a master that this adapter does not hear",
    "answers came without the requests to them",
    "look whether the master hangs on this very pair of wires",
    "listen at another place of the line",
)


def echo(evidence: LineEvidence) -> Finding:
    """The adapter repeats what is sent."""
    probes = list(evidence.probes())
    if not probes:
        return Finding("echo", "unknown", "nothing was asked")
    echoed = sum(probe.echoed for probe in probes)
    facts: dict[str, float | int | str | None] = {"echoed": echoed, "asked": len(probes)}
    if not echoed:
        return Finding("echo", "ok", "what is sent does not come back", evidence=facts)
    if 2 * echoed <= len(probes):
        cause = Cause(
            "something on the line repeats what it hears now and then",
            f"{echoed} of {len(probes)} requests came back byte for byte",
            "take repeaters and converters off the line, one by one",
            "it is gone without one of them",
        )
        theirs = Cause("the other master asked the same", "it talks on this line", "stop one of the two", cause.tell)
        causes = (cause,) if evidence.master is None else (theirs, cause)
        return Finding("echo", "warn", "some of what is sent comes back", causes, evidence=facts)
    return Finding(
        "echo",
        "warn",
        "what is sent comes back: mallee strips it, other programs may take it for an answer",
        (
            Cause(
                "an adapter that hears itself, or a four-wire line joined to two wires",
                f"{echoed} of {len(probes)} requests came back byte for byte",
                "switch the adapter's receiver off while it sends (RE on DE), or leave it so",
            ),
        ),
        certain=True,
        evidence=facts,
    )


def adapter(evidence: LineEvidence) -> Finding:
    """Bytes that are held back between the line and this program."""
    times = timing(evidence)
    told_ms, gap_ms = evidence.latency_timer_ms, times.piece_gap_ms
    facts: dict[str, float | int | str | None] = {"latency_timer_ms": told_ms, "piece_gap_ms": gap_ms}
    remedy = "shorten its latency timer: `setserial PORT low_latency`, or 1 ms in the driver's settings on Windows"
    if told_ms is not None and told_ms > SLOW_ADAPTER_MS:
        cause = Cause("a long latency timer", f"the driver says {told_ms:g} ms", remedy)
        seen = f"the adapter holds bytes back for up to {told_ms:g} ms"
        return Finding("adapter", "warn", seen, (cause,), certain=True, evidence=facts)
    character_ms = 1000 * evidence.character_s  # on a slow line that is what parts the pieces
    whole = [p for some in evidence.long.values() for p in some if p.answers and unbroken(p, evidence.character_s)]
    if gap_ms is not None and gap_ms > max(SLOW_ADAPTER_MS, _PER_CHARACTER * character_ms) and whole:
        because = f"answers come in pieces {gap_ms:.0f} ms apart, and yet at the line's speed: no unit paused"
        cause = Cause("a long latency timer", because, remedy)
        seen = f"the adapter hands bytes over each {gap_ms:.0f} ms"
        return Finding("adapter", "warn", seen, (cause,), certain=True, evidence=facts)
    least_ms, most_ms = times.turnaround_min_ms, times.turnaround_p75_ms
    if least_ms is None or most_ms is None:
        return Finding("adapter", "unknown", _untimed(evidence), evidence=facts)
    facts["turnaround_p75_ms"] = most_ms
    quick = gap_ms is not None and gap_ms <= max(_QUICK_MS, _PER_CHARACTER * character_ms)
    if quick or most_ms <= SLOW_ADAPTER_MS + times.silence_ms:
        return Finding("adapter", "ok", "bytes are handed over as they come", evidence=facts)
    uneven = most_ms - least_ms > SLOW_ADAPTER_MS
    timer = Cause(
        "a long latency timer",
        f"answers begin {least_ms:.0f} to {most_ms:.0f} ms after the request" + ("" if uneven else ", evenly"),
        remedy,
        "the driver's settings say how long it is; a longer answer would come in pieces",
    )
    units = Cause(
        "units that take their time",
        "an answer that fits into one piece does not tell where the time went",
        "shorten the units' reply delay (`reply_delay` of a mallee controller)",
        "another adapter, or `mallee listen` on a second one",
    )
    causes = (timer, units) if uneven else (units, timer)
    seen = f"most answers begin up to {most_ms:.0f} ms after the request, and the standard's silence is {times.silence_ms:.1f} ms"
    return Finding("adapter", "warn", seen, causes, evidence=facts)


def times(evidence: LineEvidence) -> Finding:
    """What the line really does. Never wrong in itself."""
    found = timing(evidence)
    if found.turnaround_min_ms is None:
        return Finding("timing", "unknown", _untimed(evidence), evidence={"silence_ms": found.silence_ms})
    facts: dict[str, float | int | str | None] = {name: getattr(found, name) for name in found.__struct_fields__}
    return Finding(
        "timing",
        "ok",
        f"answers begin {found.turnaround_min_ms:.1f} to {found.turnaround_max_ms:.1f} ms after the request "
        f"(the standard's silence: {found.silence_ms:.1f} ms)",
        evidence=facts,
    )


def _untimed(evidence: LineEvidence) -> str:
    if any(probe.answers and not probe.echoed for probe in evidence.probes()):
        return "answers came sooner than a line of this speed carries them: a pseudo terminal or a serial server"
    return "no answer came that could tell"


LINE_CHECKS: tuple[Check[LineEvidence], ...] = (
    foreign_master, answering, addresses, damage, lead, echo, adapter, times,
)  # fmt: skip
