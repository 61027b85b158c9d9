"""Which skids run. Pure.

One stands by while the others carry the load with ease: below 40 % of what the racks can give off, ±10 % of that, for five
minutes, and for five minutes at the least (control.md). It starts by itself when pressure is missing on the manifold,
whatever the host says.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .settings import CoolingSettings


class SkidStage(msgspec.Struct, frozen=True):
    """What staging has to know of a skid. `able`: it answers, and nothing keeps it from running."""

    name: str
    able: bool
    standing_by: bool
    run_h: float | None = None
    """Of its pumps together; the one that ran longest stands by."""


class StageState(msgspec.Struct, frozen=True):
    """`off` stands by. `held_s`: since that changed; `low_s`: for so long the load has been small; `why` it changed last."""

    off: str = ""
    held_s: float = 0.0
    low_s: float = 0.0
    why: str = ""


def step(
    settings: CoolingSettings, state: StageState, skids: Sequence[SkidStage], load: float | None, dt_s: float
) -> tuple[StageState, str]:
    """Who stands by now, and why that changed, "" when it did not. `load`: heat of the racks over that at their ratings,
    None: not known."""
    held_s = state.held_s + dt_s
    able = [skid for skid in skids if skid.able]
    low = load is not None and load < settings.stage_off_below
    low_s = state.low_s + dt_s if low else 0.0
    kept = StageState(state.off, held_s, low_s, state.why)
    if state.off:
        if not settings.staging:
            return _runs(f"{state.off} runs: staging is switched off")
        others = [skid for skid in able if skid.name != state.off]
        if not others:
            return _runs(f"{state.off} runs: no other skid is able to")
        if load is None:
            return _runs(f"{state.off} runs: the racks' heat is not known")
        if load > settings.stage_on_above:
            return _runs(f"{state.off} runs: the load is {load:.0%}, above {settings.stage_on_above:.0%}")
        return kept, ""
    if not settings.staging or len(able) < 2 or len(able) < len(skids) or low_s < settings.stage_hold_s:
        return kept, ""
    if held_s < settings.stage_hold_s:
        return kept, ""
    off = max(able, key=lambda skid: (skid.run_h or 0.0, skid.name)).name
    why = f"{off} stands by: the load was below {settings.stage_off_below:.0%} for {low_s:.0f} s"
    return StageState(off, why=why), why


def _runs(why: str) -> tuple[StageState, str]:
    return StageState(why=why), why


def begin(skids: Sequence[SkidStage]) -> StageState:
    """A host that takes over leaves in standby what is."""
    off = next((skid.name for skid in skids if skid.standing_by), "")
    return StageState(off, why=f"{off} stood by when this host began" if off else "")
