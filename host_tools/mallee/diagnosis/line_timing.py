"""What a line's times really are, from answers that came in pieces. Pure.

An adapter hands bytes over some time after they ended, so every time here is an upper bound; the shortest of many is nearest.
"""

from __future__ import annotations

import msgspec

from ..link.probing import Probe
from ..link.statistics import percentile
from .line_evidence import LineEvidence


class Timing(msgspec.Struct, frozen=True):
    """Milliseconds; None where nothing was measured."""

    turnaround_min_ms: float | None
    """Silence between a request and its answer, the shortest: the unit's own time, and the least that the adapter adds."""
    turnaround_p50_ms: float | None
    turnaround_p75_ms: float | None
    """Three of four answers begin so soon: a unit that is busy now and then does not move it."""
    turnaround_max_ms: float | None
    piece_gap_ms: float | None
    """Between two pieces that the adapter hands over while an answer comes."""
    silence_ms: float
    """What the standard asks for before a frame: 3.5 characters."""
    answer_ms: float | None
    """From a request's last bit to the end of the longest answer, in the middle."""


def timing(evidence: LineEvidence) -> Timing:
    asked = [probe for some in evidence.short.values() for probe in some]
    turnarounds = [t for probe in asked if (t := turnaround_s(probe, evidence.character_s)) is not None]
    gaps = [probe.piece_gap_s for probe in evidence.probes() if probe.piece_gap_s is not None and probe.answers]
    ends = [probe.pieces[-1][0] for some in evidence.long.values() for probe in some if probe.answers]
    return Timing(
        turnaround_min_ms=_ms(min(turnarounds, default=None)),
        turnaround_p50_ms=_ms(percentile(turnarounds, 0.5)),
        turnaround_p75_ms=_ms(percentile(turnarounds, 0.75)),
        turnaround_max_ms=_ms(max(turnarounds, default=None)),
        piece_gap_ms=_ms(percentile(gaps, 0.5)),
        silence_ms=round(1000 * evidence.silence_s, 3),
        answer_ms=_ms(percentile(ends, 0.5)),
    )


def turnaround_s(probe: Probe, character_s: float) -> float | None:
    """Silence before the answer, its first piece taken to have come at the line's speed. None without a good answer, behind an
    echo, and where it came sooner than a line can carry it: a pseudo terminal, or a serial server."""
    if not probe.answers or probe.echoed or not probe.pieces:
        return None
    at_s, data = probe.pieces[0]
    silence_s = at_s - len(data) * character_s
    return None if silence_s < -character_s else max(0.0, silence_s)


def unbroken(probe: Probe, character_s: float) -> bool:
    """The bytes came at the line's speed without a pause: gaps between pieces are the adapter's, not the unit's."""
    gap_s = probe.piece_gap_s
    if gap_s is None:
        return False
    (first_s, first), (last_s, _) = probe.pieces[0], probe.pieces[-1]
    line_s = (probe.size - len(first)) * character_s
    return abs((last_s - first_s) - line_s) <= gap_s


def _ms(value_s: float | None) -> float | None:
    return None if value_s is None else round(1000 * value_s, 3)
