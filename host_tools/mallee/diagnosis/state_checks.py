"""Who controls it, what it keeps, which chips answer, what stopped it. Pure."""

from __future__ import annotations

from itertools import pairwise

from ..device.dictionary import AlarmEntry
from .evidence import Evidence
from .finding import Cause, Finding
from .naming import Facts, Likely, found, named, unknown, well

OTHER_HOST = Likely(
    "another host controls this pod",
    "stop it if it should not, or leave the pod to it: this pod's host stands by and takes over when that one falls silent "
    "(docs/hosts.md)",
)
HOST_SILENT = Likely(
    "the host that controlled it ended or hangs, or the network from it is broken",
    "start `mallee run`; it takes a new lease by itself",
)


@named("lease", OTHER_HOST, HOST_SILENT, explains=("lease_lost",))
def lease(evidence: Evidence) -> Finding:
    """Who sets its set-points: nobody, the host of this pod file (its host_id), or another one. Without a host it runs on
    set-points of its own; that is no fault."""
    state, holder = evidence.value("lease_state"), evidence.value("lease_holder")
    ours = None if evidence.config is None else evidence.config.pod.host_id
    facts: Facts = {"state": _text(state), "holder": holder if isinstance(holder, int) else None, "host_id": ours}
    if state is None:
        return unknown("it does not tell", facts)
    if state == "none":
        return well("nobody holds it: it runs on its own set-points", facts)
    if state != "active":
        seen = f"host {holder} let its lease lapse; set-points are {'held' if state == 'holding' else 'on their way to its own'}"
        return found("warn", seen, HOST_SILENT.because(f"host {holder} did not renew it"), certain=True, evidence=facts)
    if ours is None or holder == ours:
        return well(f"host {holder} holds it" + ("" if ours is None else ", the one of this pod file"), facts)
    seen = f"host {holder} holds it, and this pod file's is host {ours}"
    renewed = _renewed(evidence)
    causes = [OTHER_HOST.because(f"host {holder} {'renews its lease' if renewed else 'has it'}")]
    if not renewed:
        causes.append(HOST_SILENT.because("it was not renewed while it was looked at"))
    return found("fail", seen, *causes, certain=renewed, evidence=facts)


def _renewed(evidence: Evidence) -> bool:
    """The time that is left went up: somebody does so now."""
    left = evidence.series("lease_remaining")
    return any(later > earlier for earlier, later in pairwise(left))


FRAM_SILENT = Likely(
    "the FRAM does not answer: not fitted, not supplied, or a solder joint of its select or data lines",
    "check it and its joints (docs/wiring.md), then restart the controller; until then do not cut its supply needlessly",
    "another board of the kind, in its place",
)
NO_FRAM = Likely(
    "this board has none",
    "fit one (docs/drivers.md), or live with a journal that goes with the power and counters of up to 5 min",
)
NOTHING_KEPT = Likely(
    "the memory fails when it is written, or the flash is full or worn",
    "read settings_commits and counter_saves; replace the board if counter_saves stands still",
)


@named("memory", FRAM_SILENT, NO_FRAM, NOTHING_KEPT)
def memory(evidence: Evidence) -> Finding:
    """Where its counters and its journal are kept: in FRAM, in flash with the journal in RAM, or nowhere; compared with the
    other controllers of its kind, for not every board has a FRAM."""
    kind = evidence.value("memory_kind")
    others = [each for other in evidence.alike if isinstance(each := other.value("memory_kind"), str)]
    saves = evidence.value("counter_saves")
    facts: Facts = {"memory": _text(kind), "counter_saves": saves if isinstance(saves, int) else None}
    if kind is None:
        return unknown("it does not tell", facts)
    if kind == "fram":
        return well("counters and journal are in FRAM", facts)
    if kind == "none":
        causes = NOTHING_KEPT.because("it says that nothing is kept"), FRAM_SILENT.because("its memory may be the FRAM")
        return found(
            "fail", "nothing is kept: energies, lease epochs and journal go with the power", *causes, evidence=facts
        )
    seen = "no FRAM answers: counters are kept every 5 minutes only, and the journal goes with the power"
    with_fram = others.count("fram")
    if with_fram:
        because = f"{with_fram} of {len(others)} others of its kind have one that answers"
        return found("fail", seen, FRAM_SILENT.because(because), NO_FRAM.because("boards may differ"), evidence=facts)
    if others:
        return well(
            "no FRAM on any controller of this kind: counters are kept every 5 minutes, the journal in RAM", facts
        )
    nobody = "nobody of its kind was looked at beside it"
    return found("warn", seen, NO_FRAM.because(nobody), FRAM_SILENT.because(nobody), evidence=facts)


CHIP_SILENT = Likely(
    "the chip has no supply, a broken solder joint, or is defective",
    "measure its supply and clock; look at chip_errors; replace the board if its supply is there",
    "chip_errors grows each second",
)
NOT_FITTED = Likely(
    "the unit was commissioned with chips that it does not have",
    "write what answering_chips reads to expected_chips, and commit it, if the chip shall not be there",
)


@named("chips", CHIP_SILENT, NOT_FITTED, explains=("metering_fault", "fast_channel_fault"))
def chips(evidence: Evidence) -> Finding:
    """Which chips answer, against those that it was commissioned to have (expected_chips), and against measurements that were
    there and are in fault."""
    answering, expected = evidence.flags("answering_chips"), evidence.flags("expected_chips")
    if answering is None or expected is None:
        return unknown("it does not tell")
    lost = {f"meter_{name.rpartition('.')[2]}" for name in evidence.active("metering_fault")}
    lost |= {"converter_1"} if evidence.active("fast_channel_fault") else set[str]()
    missing = sorted((expected | lost) - answering) or sorted(lost)
    errors = evidence.value("chip_errors")
    facts: Facts = {"missing": ", ".join(missing), "chip_errors": errors if isinstance(errors, int) else None}
    if not missing:
        how = "" if expected else "; none is expected: at the next start a dead one would count as not fitted"
        return well(f"{len(answering)} chips answer{how}", facts)
    meanings = {} if evidence.dictionary is None else {
        choice.name: choice.meaning for choice in evidence.dictionary.by_name["answering_chips"].choices
    }  # fmt: skip
    seen = "no answer of " + "; ".join(f"{chip} ({meanings.get(chip, '').rstrip('.')})" for chip in missing)
    causes = [CHIP_SILENT.because("it answered since the start" if set(missing) <= lost else "it is expected")]
    if not set(missing) <= lost:
        causes.append(NOT_FITTED.because("it may never have answered"))
    return found("fail", seen, *causes, evidence=facts)


TRIPPED = Likely(
    "an interlock or a protection acted", "find why before it is reset: write its code to reset_latch then"
)
SAFE = Likely(
    "the board cannot protect what it switches", "see `mallee describe DEVICE safe_reason`; wire it, and restart it"
)
UPDATING = Likely("new firmware is being received or activated", "wait; `mallee flash` says how far it is")


@named("interlocks", TRIPPED, SAFE, UPDATING)
def interlocks(evidence: Evidence) -> Finding:
    """Whether a latched interlock or protection holds it: its state, the alarm that came first, and how long ago."""
    state, first = evidence.value("state"), _alarm(evidence, evidence.value("first_out"))
    since = evidence.value("since_trip")
    ago_s = since / 1000 if isinstance(since, int) else None
    facts: Facts = {"state": _text(state), "first_out": None if first is None else first.name, "ago_s": ago_s}
    if state is None:
        return unknown("it does not tell", facts)
    if state == "tripped":
        ago = "" if ago_s is None else f", {ago_s:.0f} s ago"
        if first is None:
            return found("fail", "it is tripped", TRIPPED.because("it does not say which"), evidence=facts)
        cause = Cause(TRIPPED.cause, f"{first.name}: {_lower(first.cause)}", first.remedy)
        return found("fail", f"tripped by {first.name}{ago}: {_lower(first.consequence)}", cause, evidence=facts)
    if state == "safe":
        reason = evidence.value("safe_reason")
        return found(
            "fail", f"it is in its safe mode: {reason}", SAFE.because(f"{reason}"), certain=True, evidence=facts
        )
    if state == "updating":
        return found("warn", "it is being updated", UPDATING.because("it says so"), certain=True, evidence=facts)
    return well("nothing is tripped", facts)


def _alarm(evidence: Evidence, code: object) -> AlarmEntry | None:
    if evidence.dictionary is None or not isinstance(code, int):
        return None
    return evidence.dictionary.alarm_by_code.get(code)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
