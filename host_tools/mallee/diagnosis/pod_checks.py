"""What the controllers of a pod say of each other: measurements of one thing in several places. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..pod.config import PodConfig
from ..pod.document import PodDocument
from ..pod.topology.physics import disagreements
from ..pod.topology.views import Disagreement
from .evidence import Evidence
from .finding import Cause, Finding
from .naming import Facts, Likely, NamedCheck, found, named, unknown, well
from .skid_checks import steady


@dataclass(frozen=True)
class PodEvidence:
    config: PodConfig
    document: PodDocument
    """The pod by the means over the looks."""
    controllers: Mapping[str, Evidence]
    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    """What was found of each controller by itself."""


STEP = 0.05

WRONG_SENSOR = Likely(
    "that sensor is wrong: the others agree with each other",
    "compare it with a reference; `mallee calibrate` corrects a meter, docs/wiring.md has the terminals",
    "a reference instrument at the same place",
)
WRONG_FILE = Likely(
    "the pod file does not say what the pod is: which branch feeds which rack, liquid_kW, or the pumps' curve",
    "compare `racks` of that PDU, `liquid_kW` of the racks and [plant] with the pod",
    "`mallee describe pod` shows what the file says",
)


@named("physics", WRONG_SENSOR, WRONG_FILE)
def physics(evidence: PodEvidence) -> Finding:
    """Power, flow and heat as different controllers measure them (docs/topology.md): a branch against the branches beside it, a
    PDU against the sum of its branches, flow against pumps and racks, heat of coolant, facility water and racks. Judged while
    the load is steady; of controllers that have a finding of their own nothing more is said."""
    if any(each.stage not in ("heard", "done") or not each.looks for each in evidence.controllers.values()):
        return unknown("not every controller was read")
    if _load_moves(evidence):
        return unknown("the load moves: measurements of different controllers are not of the same moment")
    still = all(steady(each) for each in evidence.controllers.values() if each.kind == "pump")
    told = [d for d in disagreements(evidence.config, evidence.document) if d.kind != "heat" or still]
    left = [d for d in told if not _has_own(evidence, d)]
    facts: Facts = {f"{d.where} {d.sensor}": round(d.off, 2) for d in left}
    if not left:
        heat = "" if still else "; heat is not judged, for it is on its way"
        explained = "; what disagrees is explained above" if told else ""
        return well(f"power, flow and heat agree across the pod{heat}{explained}", facts)
    causes: list[Cause] = []
    for each in left:
        because = f"{each.where}: {each.finding().what}"
        causes += [WRONG_SENSOR.because(because), WRONG_FILE.because(because)]
    return found("warn", "; ".join(f"{d.where} {d.sensor}" for d in left) + " disagrees", *causes, evidence=facts)


def _has_own(evidence: PodEvidence, disagreement: Disagreement) -> bool:
    """The controller has a finding; or, of a loop or feed, anything there has one."""
    names = [
        name for name in evidence.findings if disagreement.where == name or disagreement.where.startswith(f"{name}.")
    ]
    return any(
        each.state in ("warn", "fail") for name in names or evidence.findings for each in evidence.findings[name]
    )


def _load_moves(evidence: PodEvidence) -> bool:
    for each in evidence.controllers.values():
        powers = each.series("power")
        if powers and max(powers) - min(powers) > STEP * max(abs(max(powers)), 1.0):
            return True
    return False


POD: tuple[NamedCheck[PodEvidence], ...] = (physics,)
