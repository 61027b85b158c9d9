"""Whole pods whose controllers are alone: scenarios with `host = false`, once as they are and once as their counter-proof."""

from __future__ import annotations

from mallee.sim.scenario.reading import find, load
from mallee.sim.scenario.runner import run

from ..figure import Figure

SEED = 1
STEP, SKID, DEW, LEAK = "alone_load_step", "alone_skid_lost", "alone_dew_point", "alone_rack_leak"
FIGURES: dict[str, tuple[str, str, float]] = {
    "load_step_peak": (STEP, "the peak stays within 1.1 K of the set-point", 37.0),
    "load_step_steady": (STEP, "steady within 0.2 K behind it", 37.0),
    "skid_lost_case": (SKID, "no device reaches its throttle temperature", 0.0),
    "skid_lost_flow": (SKID, "flow is back at 90 %", 0.0),
    "dew_point_margin": (DEW, "supply is above the dew point by nearly its margin", 0.0),
    "rack_leak_feed_A": (LEAK, "its branches are open after a second, on feed A", 0.0),
    "rack_leak_feed_B": (LEAK, "and on feed B", 0.0),
    "rack_leak_isolated": (LEAK, "its valve is closed", 0.0),
    "rack_leak_level": (LEAK, "little coolant is lost", 0.0),
}
"""Scenario, its expectation, and what the KPI's worst sample is compared with."""


def worst(scenario: str, counterproof: bool) -> dict[str, float | None]:
    """The sample that counts of each expectation. Raises RuntimeError when an invariant was broken, such as a balance."""
    result = run(load(find(scenario)), SEED, counterproof=counterproof)
    broken = [i.what for i in result.invariants if not i.kept]
    if broken and not counterproof:
        raise RuntimeError(f"{scenario}: {'; '.join(broken)}")
    return {judged.name: judged.value for judged in result.expectations}


def measure() -> dict[str, Figure]:
    names = sorted({scenario for scenario, _, _ in FIGURES.values()})
    seen = {(name, proof): worst(name, proof) for name in names for proof in (False, True)}
    found: dict[str, Figure] = {}
    for figure, (scenario, expectation, base) in FIGURES.items():
        value, without = seen[scenario, False][expectation], seen[scenario, True][expectation]
        if value is None:
            raise RuntimeError(f"{scenario}: {expectation!r} was never known")
        found[figure] = Figure(
            abs(value - base),
            f"scenario {scenario}, seed {SEED}, whole default pod with real firmware: {expectation}",
            None if without is None else abs(without - base),
            "the scenario's counter-proof",
        )
    return found
