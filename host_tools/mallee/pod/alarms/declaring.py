"""How an alarm of the pod is declared: the same parts as in firmware/maps, for what only the host can see."""

from __future__ import annotations

import inspect
from typing import Literal

from ...device.dictionary import AlarmEntry

Quantity = Literal["flow", "level", "pressure", "temperature"]
TREATMENT: dict[Quantity, tuple[int, float]] = {
    "flow": (5, 15.0),
    "level": (5, 60.0),
    "pressure": (2, 15.0),
    "temperature": (1, 60.0),
}
"""Deadband in percent and delay in seconds by what is measured, where an alarm does not name its own: the
starting points that ISA-18.2 and EEMUA 191 recommend."""
_PARTS = ("Cause: ", "Consequence: ", "Remedy: ")


def alarm(
    name: str,
    text: str,
    *,
    priority: Literal["low", "medium", "high", "critical"],
    group: str,
    quantity: Quantity | None = None,
    delay_s: float | None = None,
    deadband_percent: int | None = None,
    latch: bool = False,
) -> AlarmEntry:
    """An alarm of the pod; its code is 0, for it is no discrete input. `text`: the condition, then a line each for Cause:,
    Consequence: and Remedy:. Raises ValueError where one is missing."""
    condition, *lines = [line for line in inspect.cleandoc(text).splitlines() if line]
    parts = dict(line.split(": ", 1) for line in lines if line.startswith(_PARTS))
    if len(lines) != len(_PARTS) or len(parts) != len(_PARTS):
        raise ValueError(f"{name}: its text has a condition, then Cause:, Consequence: and Remedy:, a line each")
    deadband, delay = TREATMENT[quantity] if quantity else (0, 0.0)
    return AlarmEntry(
        code=0,
        name=name,
        priority=priority,
        group=group,
        condition=condition,
        cause=parts["Cause"],
        consequence=parts["Consequence"],
        remedy=parts["Remedy"],
        delay_ms=round(1000 * (delay if delay_s is None else delay_s)),
        latch=latch,
        deadband_percent=deadband if deadband_percent is None else deadband_percent,
    )
