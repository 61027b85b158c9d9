"""Alarms that compare a measurement with a setting, read from the dictionary's own words: a setting that is brought past what is
measured brings them, as a measurement past the setting would. Pure.

A condition such as "Supply pressure above supply_pressure_stop." names all three: the measurement, the way, the setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ..device.dictionary import AlarmEntry, Dictionary
from .model import Limit, Write

_CONDITION = re.compile(
    r"^(?P<what>[A-Za-z_ ]+?) (?P<way>above|below) (?P<half>half of )?(?:the setting )?(?P<limit>\w+)"
)
_ITS_LIMIT = "its"
MARGIN = 0.05
"""How far past the measurement a setting is brought, as a part of it."""


class Threshold(msgspec.Struct, frozen=True):
    """Alarms of one name: `points` what each of them measures, `above` whether more than the setting is the alarm."""

    name: str
    entries: tuple[AlarmEntry, ...]
    points: tuple[str, ...]
    setting: str
    above: bool
    part: float
    """Of the setting, at which the alarm comes."""

    def write(self, margin: float = MARGIN) -> Write:
        """The setting, past what is measured."""
        past = 1 - margin if self.above else 1 + margin
        return Write(self.setting, of=self.points[0], part=past / self.part)

    def reached(self, dictionary: Dictionary, margin: float = MARGIN) -> Limit:
        """What the measurement must be, so that the limits of the register let the setting pass it."""
        point = dictionary.by_name[self.setting]
        if self.above:
            return Limit(
                self.points[0], low=None if point.low is None else _rounded(point.low * self.part / (1 - margin))
            )
        return Limit(
            self.points[0], high=None if point.high is None else _rounded(point.high * self.part / (1 + margin))
        )


def thresholds(dictionary: Dictionary) -> Iterator[Threshold]:
    """In the order of their codes."""
    for name, entries in alarms_by_name(dictionary).items():
        match = _CONDITION.match(entries[0].condition)
        if match is None:
            continue
        what = match["what"].lower().replace(" ", "_")
        setting = name if match["limit"] == _ITS_LIMIT else match["limit"]
        points = [what] if what in dictionary.by_name else [f"{what}.{k + 1}" for k in range(len(entries))]
        known = dictionary.by_name
        if setting in known and known[setting].table == "holding" and all(point in known for point in points):
            part = 0.5 if match["half"] else 1.0
            yield Threshold(name, entries, tuple(points), setting, match["way"] == "above", part)


def alarms_by_name(dictionary: Dictionary) -> dict[str, tuple[AlarmEntry, ...]]:
    """Those of an array under one name, in the order of their codes."""
    found: dict[str, list[AlarmEntry]] = {}
    for entry in sorted(dictionary.alarms, key=lambda entry: entry.code):
        found.setdefault(entry.name.partition(".")[0], []).append(entry)
    return {name: tuple(entries) for name, entries in found.items()}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
