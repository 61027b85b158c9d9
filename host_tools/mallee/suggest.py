"""Did you mean: the nearest of the names that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The most similar known names, the nearest first; none where nothing is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=most, cutoff=0.55)
    return [by_lower[each] for each in found]


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """A sentence part for an error's `next`: the nearest names, or all of them when they are few."""
    names = list(known)
    best = [repr(each) for each in nearest(name, names, most)]
    if best:
        return f"did you mean {' or '.join(filter(None, (', '.join(best[:-1]), best[-1])))}?"
    if 0 < len(names) <= 12:
        return "use one of: " + ", ".join(sorted(names))
    return "look at the names that exist"
