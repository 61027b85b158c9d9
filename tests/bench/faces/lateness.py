"""How late the control cycle ends, with browsers and without. Pure: from the host's own documents to the figure.

Of the cycle it is the end that matters: what was decided stands in the controllers then. `cycle_s` of a document is the time from
when its scan was due until that, so it has both what delayed the beginning and what the scan itself took. The time between
documents would hide either: with a period of 250 ms an end that is 20 ms late instead of 4 moves it by 6 %.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from mallee.link.statistics import percentile

from ..figure import Figure


class Alternation(NamedTuple):
    """`cycle_s` of each scan without browsers, and with them."""

    without_s: Sequence[float]
    with_s: Sequence[float]


def compared(alternations: Sequence[Alternation]) -> Figure:
    """The median ratio of p99, and how far p99 without browsers moves by itself: less than that is this machine's noise."""
    without = [_p99_ms(each.without_s) for each in alternations]
    watched = [_p99_ms(each.with_s) for each in alternations]
    ratios = [ahead / before for before, ahead in zip(without, watched, strict=True)]
    pooled = _p99_ms([s for each in alternations for s in each.with_s])
    pooled /= _p99_ms([s for each in alternations for s in each.without_s])
    noise = max(without) / min(without)
    scans = min(len(each.with_s) for each in alternations)
    return Figure(
        round(statistics.median(ratios), 3),
        f"median of {len(ratios)} alternations of {scans} scans; ratios {_told(ratios)}; "
        f"p99 with {_told(watched)} ms, without {_told(without)} ms; all scans together {pooled:.2f}; "
        f"without browsers p99 differs by {noise:.2f} × between alternations"
        + (": more than the limit leaves room for, so one such ratio says little" if noise > 1.1 else ""),
    )


def _p99_ms(values_s: Sequence[float]) -> float:
    found = percentile(list(values_s), 0.99)
    if not found:
        raise RuntimeError("no scan has a cycle_s: the host did not run by itself")
    return 1000 * found


def _told(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)
