"""Figures that are the worst sample of a scenario's expectations, once as it is and once as its counter-proof."""

from __future__ import annotations

from collections.abc import Mapping

from mallee.sim.scenario.reading import find, load
from mallee.sim.scenario.runner import run

from .figure import Figure

SEED = 1


def worst(scenario: str, counterproof: bool) -> dict[str, float | None]:
    """The sample that counts of each expectation. Raises RuntimeError when an invariant was broken, such as a balance."""
    result = run(load(find(scenario)), SEED, counterproof=counterproof)
    broken = [i.what for i in result.invariants if not i.kept]
    if broken and not counterproof:
        raise RuntimeError(f"{scenario}: {'; '.join(broken)}")
    return {judged.name: judged.value for judged in result.expectations}


def figures(wanted: Mapping[str, tuple[str, str, float]]) -> dict[str, Figure]:
    """Of each name: scenario, its expectation, and what the KPI's worst sample is compared with."""
    names = sorted({scenario for scenario, _, _ in wanted.values()})
    seen = {(name, proof): worst(name, proof) for name in names for proof in (False, True)}
    found: dict[str, Figure] = {}
    for figure, (scenario, expectation, base) in wanted.items():
        value, without = seen[scenario, False][expectation], seen[scenario, True][expectation]
        if value is None:
            raise RuntimeError(f"{scenario}: {expectation!r} was never known")
        found[figure] = Figure(
            abs(value - base),
            f"scenario {scenario}, seed {SEED}, whole pod with real firmware: {expectation}",
            None if without is None else abs(without - base),
            "the scenario's counter-proof",
        )
    return found
