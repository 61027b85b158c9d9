"""Curves in characters: eight dots a cell, by the braille patterns of Unicode. Pure.

No library for it: what plots in terminals joins over what is not known, and a gap has to stay a gap.
"""

from __future__ import annotations

from collections.abc import Sequence

_BLANK = 0x2800
_DOTS = (
    (0x01, 0x02, 0x04, 0x40),
    (0x08, 0x10, 0x20, 0x80),
)  # by column and row of a cell, from the top (Unicode 6.2, 15.11)
COLUMNS, ROWS = 2, 4
"""Dots of a cell."""
Sample = tuple[float, float | None]
"""When, and what; None: not known then."""


def curve(
    samples: Sequence[Sample], begin: float, end: float, low: float, high: float, width: int, height: int
) -> list[str]:
    """Lines of `width` characters, the highest first. Samples in order of time; two that stand beside each other are joined,
    two with one between them that is not known are not."""
    if width < 1 or height < 1:
        return [""] * max(0, height)
    columns, rows = width * COLUMNS, height * ROWS
    cells = [[0] * width for _ in range(height)]

    def row_of(value: float) -> int:
        part = (value - low) / (high - low) if high > low else 0.5
        return min(rows - 1, max(0, round((1.0 - part) * (rows - 1))))

    before: tuple[int, int] | None = None
    for when, value in samples:
        if value is None:
            before = None
            continue
        if not begin <= when <= end or end <= begin:
            continue
        here = min(columns - 1, int((when - begin) / (end - begin) * columns)), row_of(value)
        for x, y in _line(before or here, here):
            cells[y // ROWS][x // COLUMNS] |= _DOTS[x % COLUMNS][y % ROWS]
        before = here
    return ["".join(chr(_BLANK + dots) for dots in line) for line in cells]


def _line(begin: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    (x0, y0), (x1, y1) = begin, end
    steps = max(abs(x1 - x0), abs(y1 - y0))
    if steps == 0:
        return [end]
    return [(x0 + round((x1 - x0) * n / steps), y0 + round((y1 - y0) * n / steps)) for n in range(steps + 1)]
