"""How much energy, of what time it is known, and how it was found. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """`kWh` is of `covered_ms` out of `of_ms`, the time asked about; of several places both are sums over them. None: nothing of
    it is known.

    `bridged_kWh` is the part that a counter went on by in gaps, exact in sum and spread over the gap in proportion to time;
    that time is not covered. `restarts`: how often a counter fell or leapt; then the sum is the least that there was. `sources`:
    `counter`, `power` (integrated), `pump_curve` (see pumps.py).
    """

    kWh: float | None = None
    covered_ms: float = 0.0
    of_ms: float = 0.0
    bridged_kWh: float = 0.0
    restarts: int = 0
    sources: frozenset[str] = frozenset()

    @property
    def coverage(self) -> float | None:
        """Part of the time; None where nothing was asked about."""
        return self.covered_ms / self.of_ms if self.of_ms > 0 else None


def total(amounts: Iterable[Amount]) -> Amount:
    """Of several places in one period, or of one place in several: what is known of them. What is not known lowers the coverage
    and is no zero; None where none of it is known."""
    found = list(amounts)
    known = [each.kWh for each in found if each.kWh is not None]
    return Amount(
        kWh=sum(known) if known else None,
        covered_ms=sum(each.covered_ms for each in found),
        of_ms=sum(each.of_ms for each in found),
        bridged_kWh=sum(each.bridged_kWh for each in found),
        restarts=sum(each.restarts for each in found),
        sources=frozenset[str]().union(*(each.sources for each in found)),
    )
