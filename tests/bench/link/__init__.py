"""The host's link: what polling costs, what lines carry, what the dead cost, how soon all is found."""

from __future__ import annotations

from . import dead, discovery, many, rtu, throughput


def measure() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    found: dict[str, tuple[float | None, str]] = {}
    for part in (many, throughput, rtu, dead, discovery):
        found.update(part.measure())
    return found
