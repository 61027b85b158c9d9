"""How long a main carries what it carries. Pure.

The bimetal's excess temperature θ follows the square of the current, θ' = ((I/In)² - θ) / τ. IEC 60898-1, table 7: at 1.13 In a
breaker must not open within an hour, at 1.45 In it must. So it is safe below θ = 1.13², and may be open from there on.
"""

from __future__ import annotations

import math

MAY_OPEN = 1.13**2


def warmed(heat: float | None, part: float, dt_s: float, time_constant_s: float) -> float:
    """θ after `dt_s` at `part` of the rated current. None: not known yet, as after hours at this current, or at the rated one
    where this is more: it would have opened long ago."""
    square = part * part
    if heat is None:
        return min(square, 1.0)
    return square + (heat - square) * math.exp(-dt_s / time_constant_s)


def time_left_s(heat: float, part: float, time_constant_s: float) -> float | None:
    """Until it may open at this current; None: never."""
    square = part * part
    if heat >= MAY_OPEN:
        return 0.0 if square >= MAY_OPEN else None
    if square <= MAY_OPEN:
        return None
    return time_constant_s * math.log((square - heat) / (square - MAY_OPEN))
