"""Whether the date of this computer was set between two scans. Pure.

The clock by which a program sleeps does not jump; the date does, when somebody or a time server sets it.
"""

from __future__ import annotations

JUMP_MS = 2_000
"""A date that moves by more than this against the other clock was set; less is a clock that is being steered, or a late
thread."""


def jump_ms(before: tuple[int, float], after: tuple[int, float]) -> int:
    """By how much the date jumped between two moments (date in ms, other clock in s); 0 when it did not."""
    moved_ms = after[0] - before[0] - round((after[1] - before[1]) * 1000)
    return moved_ms if abs(moved_ms) > JUMP_MS else 0
