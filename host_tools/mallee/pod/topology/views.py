"""Several measurements of one thing: the median decides which of them disagrees. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Literal

import msgspec

from ..document import Finding


class View(msgspec.Struct, frozen=True):
    """One way to know a value. `sensor` says what measures it, in words."""

    sensor: str
    value: float | None


class Disagreement(msgspec.Struct, frozen=True):
    """`sensor` of `where` (a device, branch, feed or loop) is off by `off`, in `unit`, from what `others` say together."""

    kind: Literal["power", "flow", "heat"]
    where: str
    sensor: str
    value: float
    expected: float
    unit: str
    others: tuple[str, ...]

    @property
    def off(self) -> float:
        return self.value - self.expected

    @property
    def key(self) -> tuple[str, str]:
        return self.where, self.sensor

    def finding(self) -> Finding:
        return Finding(
            level="warning",
            where=self.where,
            what=f"{self.sensor} disagrees: {_shown(self.value)} {self.unit}, off by {self.off:+.{_places(self.off)}f} "
            f"{self.unit} from {' and '.join(self.others)} ({_shown(self.expected)} {self.unit})",
        )


def odd_one(views: Sequence[View], tolerance: float) -> tuple[View, float] | None:
    """The one view that is farther than `tolerance` from the median, and the median of the others. None where one is unknown,
    where there are less than three, or where not exactly one is apart: then nobody can tell."""
    values = [view.value for view in views if view.value is not None]
    if len(values) < 3 or len(values) < len(views):
        return None
    middle = median(values)
    apart = [n for n, value in enumerate(values) if abs(value - middle) > tolerance]
    if len(apart) != 1:
        return None
    return views[apart[0]], median(values[: apart[0]] + values[apart[0] + 1 :])


def middle(views: Sequence[View]) -> float | None:
    """The median; None where one is unknown."""
    values = [view.value for view in views if view.value is not None]
    return median(values) if values and len(values) == len(views) else None


def total(values: Sequence[float | None]) -> float | None:
    """The sum; None where a part is unknown, or there is none."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _places(value: float) -> int:
    return 0 if abs(value) >= 100 else 1


def _shown(value: float) -> str:
    return f"{value:.{_places(value)}f}"
