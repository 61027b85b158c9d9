"""What was seen and measured on a serial line, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..device.duplicates import Verdict
from ..device.linesearch import Settings
from ..link.address import SerialAddress
from ..link.overheard import LineHeard
from ..link.probing import Probe


@dataclass(frozen=True)
class LineEvidence:
    address: SerialAddress
    character_s: float
    silence_s: float
    listened: LineHeard
    """Before anything was asked."""
    master: SerialAddress | None = None
    """How others speak whose good frames were heard; then nothing was asked, unless forced."""
    master_asks: bool = False
    """Requests were among those frames that can be no answers."""
    asked: tuple[int, ...] = ()
    """Units that were asked."""
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    """Of those of which something came."""
    short: Mapping[int, tuple[Probe, ...]] = field(default_factory=dict)
    """By unit: questions with an answer of a few bytes."""
    long: Mapping[int, tuple[Probe, ...]] = field(default_factory=dict)
    """Questions with an answer of many bytes."""
    nobody: tuple[Probe, ...] = ()
    """Where no unit answers: what comes after a question all the same."""
    elsewhere: Settings | None = None
    """Where no unit answers well: another baud rate or framing at which one does, or at which something damaged came."""
    asked_elsewhere: int = 0
    """Units that were asked at each other baud rate and framing."""
    latency_timer_ms: float | None = None
    """What the driver of the adapter says about itself; None: it does not."""

    @property
    def answering(self) -> list[int]:
        """Units of which a good answer came; one of many, that was asked once only, if that was none of two or damaged."""
        return [
            unit
            for unit, verdict in self.verdicts.items()
            if any(probe.answers for probe in (*self.short.get(unit, ()), *self.long.get(unit, ())))
            or (unit not in self.short and verdict in ("one", "two"))
        ]

    def probes(self) -> Iterator[Probe]:
        for some in (self.short, self.long):
            for probes in some.values():
                yield from probes
        yield from self.nobody


def damaged(probes: tuple[Probe, ...]) -> int:
    """Questions to which something came, but no good answer."""
    return sum(not probe.answers and not probe.silent for probe in probes)


def lost(probes: tuple[Probe, ...]) -> int:
    return sum(probe.silent for probe in probes)
