"""A curve through given points, as makers' diagrams give them.

Cubic Hermite through the points. Slope at a point: that of the parabola through it and its neighbours, limited to three times
the smaller secant beside it and zero at an extremum, so that the curve overshoots no point (Hyman, SIAM J. Sci. Stat. Comput. 4,
1983; Fritsch and Carlson, SIAM J. Numer. Anal. 17, 1980). Beyond the last point it goes on with its final slope.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise


class Curve:
    """`xs` rise; at least three points."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self._xs, self._ys = tuple(xs), tuple(ys)
        self._slopes = _slopes(self._xs, self._ys)

    def __call__(self, x: float) -> float:
        xs, ys, slopes = self._xs, self._ys, self._slopes
        if x >= xs[-1]:
            return ys[-1] + slopes[-1] * (x - xs[-1])
        i = max(0, bisect_right(xs, x) - 1)
        width = xs[i + 1] - xs[i]
        t = (x - xs[i]) / width
        return (
            ys[i] * (1 + 2 * t) * (1 - t) ** 2
            + slopes[i] * width * t * (1 - t) ** 2
            + ys[i + 1] * t * t * (3 - 2 * t)
            + slopes[i + 1] * width * t * t * (t - 1)
        )


def _slopes(xs: tuple[float, ...], ys: tuple[float, ...]) -> list[float]:
    widths = [b - a for a, b in pairwise(xs)]
    secants = [(b - a) / width for (a, b), width in zip(pairwise(ys), widths, strict=True)]
    inner = [
        (w1 * s0 + w0 * s1) / (w0 + w1) for (w0, w1), (s0, s1) in zip(pairwise(widths), pairwise(secants), strict=True)
    ]
    # The parabolas through the first and the last three points, at the ends.
    first, last = 2 * secants[0] - inner[0], 2 * secants[-1] - inner[-1]
    left, right = [secants[0], *secants], [*secants, secants[-1]]
    return [_limited(slope, a, b) for slope, a, b in zip([first, *inner, last], left, right, strict=True)]


def _limited(slope: float, left: float, right: float) -> float:
    if left * right <= 0.0 or slope * left <= 0.0:
        return 0.0
    return math.copysign(min(abs(slope), 3 * abs(left), 3 * abs(right)), left)
