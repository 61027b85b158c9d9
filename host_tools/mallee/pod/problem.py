"""What is wrong in a pod file, before it is known in which line."""

from __future__ import annotations

from dataclasses import dataclass

from .lines import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Where the file is wrong, and the error's three parts."""

    path: Path
    what: str
    likely: str
    next: str
