"""Measurements of a test with their limits: recorded whether they are kept or not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from ..reading import Reading


def measurement(
    name: str,
    value: float | Reading | None,
    unit: str,
    at_least: float | None,
    at_most: float | None,
) -> dict[str, object]:
    """As it is recorded: value, unit, limits, and whether they are kept. What is not known keeps no limit. Pure."""
    if isinstance(value, Reading):
        unit = unit or value.unit
        value = value.number
    known = value is not None and math.isfinite(value)
    kept = (
        value is not None
        and known
        and (at_least is None or value >= at_least)
        and (at_most is None or value <= at_most)
    )
    return {
        "name": name,
        "value": value if known else None,
        "unit": unit,
        "at_least": at_least,
        "at_most": at_most,
        "kept": kept,
    }


def sentence(found: dict[str, object]) -> str:
    bounds = [
        f"{words} {found[key]:g}"
        for key, words in (("at_least", "at least"), ("at_most", "at most"))
        if found[key] is not None
    ]
    value = "not known" if found["value"] is None else f"{found['value']:g} {found['unit']}".rstrip()
    return f"{found['name']} is {value}" + (f", and has to be {' and '.join(bounds)}" if bounds else "")


class Measuring:
    """`measure("flow", value, unit="l/min", at_least=800.0)`: recorded, and an AssertionError beyond a limit. A Reading brings
    its unit. `record` gets the name and the JSON of each."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record
        self.all: list[dict[str, object]] = []

    def __call__(
        self,
        name: str,
        value: float | Reading | None,
        *,
        unit: str = "",
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        __tracebackhide__ = True
        found = measurement(name, value, unit, at_least, at_most)
        self.all.append(found)
        self._record(f"measurement.{name}", json.dumps({key: each for key, each in found.items() if key != "name"}))
        if not found["kept"]:
            raise AssertionError(sentence(found))
