"""The pod: what its history costs."""

from __future__ import annotations

from . import history


def measure() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    return history.measure()
