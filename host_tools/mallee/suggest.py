"""Did you mean: the nearest of the names that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The most similar known name, None when nothing is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.55)
    return by_lower[found[0]] if found else None


def three_nearest(name: str, known: Iterable[str]) -> list[str]:
    """The most similar known names, nearest first; three where there are so many, however far."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    return [by_lower[found] for found in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.0)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence part for an error's `next`: the nearest name, or all of them when they are few."""
    names = list(known)
    best = nearest(name, names)
    if best is not None:
        return f"did you mean {best!r}?"
    if 0 < len(names) <= 12:
        return "use one of: " + ", ".join(sorted(names))
    return "look at the names that exist"
