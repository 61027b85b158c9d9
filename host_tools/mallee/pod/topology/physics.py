"""Which sensor of the pod is contradicted by the others. Pure.

`disagreements` judges one document. `step` judges a pod as it goes on: it waits for loads to be steady, and for a difference to
last. Nothing is said of what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..config import PodConfig
from ..document import Finding, PodDocument
from .electricphysics import believed_W, electrical
from .graph import branch_name
from .heatphysics import heat
from .settings import PhysicsSection
from .views import Disagreement, total


class PhysicsState(msgspec.Struct, frozen=True):
    """Since when load and flow are steady, around which values, and since when each difference is seen. Times in s of one
    clock."""

    load_W: float | None = None
    steady_since_s: float = 0.0
    flows_l_min: Mapping[str, float] = {}
    flowing_since_s: float = 0.0
    seen: Mapping[tuple[str, str], float] = {}


def disagreements(config: PodConfig, document: PodDocument) -> tuple[Disagreement, ...]:
    """Of one document, taken as of a steady pod."""
    settings = config.physics
    electric = electrical(settings, document)
    powers = believed_W(document, electric)
    racks = {
        rack.name: total(
            [
                None if (power := powers[branch_name(pdu.name, branch.number)]) is None else power / 1000.0
                for pdu in document.pdus
                for branch in pdu.branches
                if branch.rack == rack.name
            ]
        )
        for rack in config.racks
    }
    return (*electric, *heat(settings, config, document.skids, racks))


def step(
    config: PodConfig, state: PhysicsState, document: PodDocument, now_s: float
) -> tuple[PhysicsState, tuple[Finding, ...]]:
    """One document more; what is told are differences that last. The first one counts as a load step: nobody knows what was
    before."""
    settings = config.physics
    state = _steady(settings, state, document, now_s)
    found = [d for d in disagreements(config, document) if _quiet(settings, state, d, now_s)]
    seen = {d.key: state.seen.get(d.key, now_s) for d in found}
    told = [d for d in found if now_s - seen[d.key] >= (settings.heat_hold_s if d.kind == "heat" else settings.hold_s)]
    return msgspec.structs.replace(state, seen=seen), tuple(d.finding() for d in told)


def _quiet(settings: PhysicsSection, state: PhysicsState, disagreement: Disagreement, now_s: float) -> bool:
    steady_s = now_s - state.steady_since_s
    if disagreement.kind == "heat":
        return min(steady_s, now_s - state.flowing_since_s) >= settings.heat_quiet_s
    return steady_s >= settings.quiet_s


def _steady(settings: PhysicsSection, state: PhysicsState, document: PodDocument, now_s: float) -> PhysicsState:
    """A part that is lost or comes back is a step too: what is known is summed."""
    load_W = sum(b.power.number or 0.0 for pdu in document.pdus for b in pdu.branches)
    if state.load_W is None or abs(load_W - state.load_W) > settings.step * max(abs(load_W), abs(state.load_W)):
        state = msgspec.structs.replace(state, load_W=load_W, steady_since_s=now_s)
    flows = {skid.name: skid.flow.number or 0.0 for skid in document.skids}
    moved = any(
        abs(flow - state.flows_l_min.get(name, 0.0)) > settings.flow * max(flow, state.flows_l_min.get(name, 0.0))
        for name, flow in flows.items()
    )
    if moved:
        state = msgspec.structs.replace(state, flows_l_min=flows, flowing_since_s=now_s)
    return state
