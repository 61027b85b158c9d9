"""What was seen of one controller, as plain data: who answered and how, some fast blocks in a row, and everything else once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Literal

from ..device.alarms import AlarmReading
from ..device.dictionary import Dictionary
from ..device.identity import Identity
from ..device.journal import JournalEntry
from ..errors import ErrorDocument
from ..pod.config import Controller, PodConfig
from ..reading import Quality, Reading

Stage = Literal["address", "port", "unit", "map", "others", "heard", "done"]
"""How far it came: the address is wrong, no connection, no answer, not what it should be, another master talks, a host said what
it knows, all was read."""


@dataclass(frozen=True)
class Look:
    """One fast block, and some of what the controller says of its own time. `at_s`: of a clock that never jumps, the middle
    between question and answer; `utc_s`: this computer's date then."""

    at_s: float
    took_s: float
    utc_s: float
    values: Mapping[str, Reading]


@dataclass(frozen=True)
class Asked:
    """How requests of one controller went. Times in milliseconds, None before the first answer."""

    requests: int = 0
    answers: int = 0
    exceptions: int = 0
    damaged: int = 0
    connections: int = 0
    rtt_p50_ms: float | None = None
    rtt_p99_ms: float | None = None

    @property
    def lost(self) -> int:
        return max(0, self.requests - self.answers - self.exceptions)


@dataclass(frozen=True)
class Evidence:
    entry: Controller
    profile: str | None = None
    """What the pod file says it is: pump, pdu, or other; None: it is not in the pod file."""
    config: PodConfig | None = None
    """The pod file that it stands in."""
    stage: Stage = "done"
    error: ErrorDocument | None = None
    """Why it came no further."""
    identity: Identity | None = None
    dictionary: Dictionary | None = None
    asked: Asked = Asked()
    looks: tuple[Look, ...] = ()
    values: Mapping[str, Reading] = field(default_factory=dict)
    """Every point, once."""
    alarms: tuple[AlarmReading, ...] = ()
    journal: tuple[JournalEntry, ...] | None = None
    beside: Mapping[str, Evidence] = field(default_factory=dict)
    """The other controllers that were looked at, by name."""

    @property
    def kind(self) -> str | None:
        """What answered: pump or pdu."""
        if self.stage == "heard":
            return self.profile
        return self.identity.profile if self.identity is not None else None

    def value(self, name: str) -> object:
        """The latest that is known of a point; None: nothing."""
        reading = self._latest(name)
        return None if reading is None else reading.value

    def number(self, name: str) -> float | None:
        """Mean over the looks of a point of the fast block, or what was read once; None where any of that is not good."""
        series = self.series(name)
        return fmean(series) if series else self.once(name)

    def once(self, name: str) -> float | None:
        """What was read with everything else, behind the looks; None where it is not good."""
        reading = self.values.get(name)
        return reading.number if reading is not None and reading.quality is Quality.GOOD else None

    def numbers(self, *names: str) -> tuple[float, ...] | None:
        """All of them, or None."""
        found = [number for name in names if (number := self.number(name)) is not None]
        return tuple(found) if len(found) == len(names) else None

    def series(self, name: str) -> list[float]:
        """A point in each look; empty where it is unknown in one of them, or not in the fast block."""
        readings = [look.values.get(name) for look in self.looks]
        if not all(r is not None and r.quality is Quality.GOOD and r.number is not None for r in readings):
            return []
        return [r.number for r in readings if r is not None and r.number is not None]

    def quality(self, name: str) -> Quality | None:
        reading = self._latest(name)
        return None if reading is None else reading.quality

    def _latest(self, name: str) -> Reading | None:
        """Everything was read behind the looks."""
        readings = (self.values.get(name), *(look.values.get(name) for look in reversed(self.looks)))
        known = [reading for reading in readings if reading is not None and reading.quality is not Quality.NO_ANSWER]
        return known[0] if known else None

    def flags(self, name: str) -> frozenset[str] | None:
        value = self.value(name)
        return value if isinstance(value, frozenset) else None

    def active(self, *names: str) -> list[str]:
        """Alarms that are active now, of these, or of all; `name` means `name.1` and so on too."""
        return [
            alarm.entry.name
            for alarm in self.alarms
            if alarm.active and (not names or alarm.entry.name in names or alarm.entry.name.partition(".")[0] in names)
        ]

    @property
    def alike(self) -> Sequence[Evidence]:
        """The other controllers with equipment of this kind."""
        return [other for other in self.beside.values() if other.kind == self.kind and other.stage in ("heard", "done")]

    @property
    def seconds(self) -> float:
        return self.looks[-1].at_s - self.looks[0].at_s if len(self.looks) > 1 else 0.0
