"""Pictures of a test: the numbers that it read, and the fast currents around a trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ..device.recording import Recording
from ..history.curves import Curve, Point
from ..plot.drawing import drawn
from ..plot.plotted import plot
from .controller import Sample

_LEAST = 2  # points of a curve that is more than a dot
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC).timestamp()  # where only the time since the start is known


def of_samples(samples: Sequence[Sample], device: str) -> bytes | None:
    """SVG of everything that was read twice or more; None where nothing was. Raises MalleeError without matplotlib."""
    curves: dict[str, Curve] = {}
    for at_s, reading in samples:
        curve = curves.setdefault(reading.name, Curve(reading.name, reading.unit, []))
        curve.points.append(Point(_NO_DATE + at_s, reading.number))
    shown = [curve for curve in curves.values() if len(curve.points) >= _LEAST]
    if not shown:
        return None
    times = [point.time_s for curve in shown for point in curve.points]
    return drawn(
        plot(shown, min(times), max(times)), "svg", f"{device}: what the test read, seconds of the board's time"
    )


def of_recording(recording: Recording, device: str) -> bytes:
    """SVG of the flight recorder's channels. Raises MalleeError without matplotlib."""
    when_s = _NO_DATE + (recording.uptime_s or 0) if recording.time is None else recording.time.timestamp()
    curves = [
        Curve(
            f"{channel}, tripped" if channel in recording.tripped else channel,
            recording.unit,
            [Point(when_s + recording.at_ms(at) / 1000, value) for at, value in enumerate(values)],
        )
        for channel, values in zip(recording.channels, recording.samples, strict=True)
    ]
    last = recording.before + recording.after - 1
    begin_s, end_s = when_s + recording.at_ms(0) / 1000, when_s + recording.at_ms(last) / 1000
    return drawn(plot(curves, begin_s, end_s), "svg", f"{device}: {recording.alarm}")
