"""What came of a scenario: plain numbers and verdicts. `mallee sim run -o json` prints it."""

from __future__ import annotations

import msgspec

from .invariants import AlarmRecord, Invariant
from .kpis import Series
from .model import Expectation, Over

PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"


class KpiRange(msgspec.Struct, frozen=True, kw_only=True):
    """Of one KPI over the run; None where it was never known."""

    unit: str
    minimum: float | None
    mean: float | None
    maximum: float | None
    last: float | None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is the sample that counts: the worst of `every`, the best of `some`, or the mean."""

    name: str
    kpi: str
    of: str
    bound: str
    over: Over
    from_s: float
    to_s: float
    value: float | None
    at_s: float | None
    verdict: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    scenario: str
    seed: int
    counterproof: bool
    """The mechanism was switched off: the expectations that it names must have failed."""
    passed: bool
    failures: tuple[str, ...]
    """In words, what did not come as it must; empty when passed."""
    virtual_s: float
    kpis: dict[str, KpiRange]
    expectations: tuple[Judged, ...]
    invariants: tuple[Invariant, ...]
    alarms: tuple[AlarmRecord, ...]
    happened: tuple[str, ...]
    """Faults, deaths and starts, each with its time."""
    log_hash: str


def judge(expect: Expectation, series: Series, end_s: float) -> Judged:
    """A sample that is not known passes nothing."""
    to_s = end_s if expect.to_s is None else expect.to_s
    samples = series.between((expect.kpi, expect.of), expect.from_s, to_s)
    known = [(value, at_s) for at_s, value in samples if value is not None]
    value: float | None = None
    at_s: float | None = None
    verdict = UNKNOWN
    if known and expect.over == "mean":
        value = sum(v for v, _ in known) / len(known)
        verdict = PASSED if _miss(expect, value) <= 0 else FAILED
    elif known:
        pick = max if expect.over == "every" else min
        value, at_s = pick(known, key=lambda pair: _miss(expect, pair[0]))
        verdict = PASSED if _miss(expect, value) <= 0 else FAILED
    if expect.over == "every" and verdict == PASSED and len(known) < len(samples):
        verdict = UNKNOWN
    return Judged(
        name=expect.name,
        kpi=expect.kpi,
        of=expect.of,
        bound=bound(expect),
        over=expect.over,
        from_s=expect.from_s,
        to_s=to_s,
        value=value,
        at_s=at_s,
        verdict=verdict,
    )


def bound(expect: Expectation) -> str:
    if expect.equals is not None:
        return f"= {expect.equals:g}"
    low = "" if expect.at_least is None else f"≥ {expect.at_least:g}"
    high = "" if expect.at_most is None else f"≤ {expect.at_most:g}"
    return " and ".join(part for part in (low, high) if part)


def _miss(expect: Expectation, value: float) -> float:
    """How far a value is outside; 0 or less when it is inside."""
    if expect.equals is not None:
        return abs(value - expect.equals) - 1e-9
    below = float("-inf") if expect.at_least is None else expect.at_least - value
    above = float("-inf") if expect.at_most is None else value - expect.at_most
    return max(below, above)


def ranges(series: Series, units: dict[str, str]) -> dict[str, KpiRange]:
    found: dict[str, KpiRange] = {}
    for (name, target), values in series.values.items():
        known = [value for value in values if value is not None]
        found[f"{name} {target}".strip()] = KpiRange(
            unit=units[name],
            minimum=min(known, default=None),
            mean=sum(known) / len(known) if known else None,
            maximum=max(known, default=None),
            last=values[-1] if values else None,
        )
    return found
