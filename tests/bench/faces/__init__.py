"""What people wait for: the command line, the page. A file measures one idea."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..running import chosen, measured

GROUPS = ("starting",)
"""Files of this package. One at a time: they measure how long something takes."""


def measure(prefix: str = "") -> Iterator[dict[str, Any]]:
    """Figures of those groups of which `prefix` is the beginning, or which are its beginning, as each is done."""
    for group in chosen(GROUPS, prefix):
        found = measured("faces", group)
        if isinstance(found, str):
            raise RuntimeError(found)
        yield found
