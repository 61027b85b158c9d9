"""What one pod promises with its host: design control.md, the host's half; and what the host costs. A file measures one idea."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..running import chosen, run

GROUPS = ("alarms", "history", "cooling", "power", "cycle", "hunting")
"""Files of this package, those that take longest first."""


def measure(prefix: str = "") -> Iterator[dict[str, Any]]:
    """Figures of those groups of which `prefix` is the beginning, or which are its beginning, as each is done."""
    yield from run("pod", chosen(GROUPS, prefix))
