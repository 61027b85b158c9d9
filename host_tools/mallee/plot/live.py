"""Values from now on, for a plot of what nobody recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from fnmatch import fnmatchcase

from ..device.device import Device
from ..device.dictionary import Point
from ..device.selecting import fitting, select
from ..errors import MalleeError, NotFound
from ..history import curves
from ..history.curves import Curve
from ..pod.config import PodConfig
from ..pod.fleet import Fleet
from ..pod.why.asking import place_and_point
from ..poll.watching import WatchSummary, watch
from ..reading import Quality, Snapshot
from ..suggest import did_you_mean

_NO_NUMBERS = ("text", "hex", "quality", "enum", "flags")


async def polled(
    config: PodConfig,
    wanted: Sequence[str],
    interval_s: float,
    stop: asyncio.Event,
    timeout_s: float,
    summary: WatchSummary,
) -> list[Curve]:
    """Curves of DEVICE.POINT or patterns until `stop`. Raises MalleeError for a name that there is not, and where nobody
    answers."""
    async with Fleet(config, timeout_s=timeout_s) as fleet:
        chosen: dict[str, tuple[Device, dict[str, Point]]] = {}
        for text in wanted:
            known: list[str] = []
            fitted = False
            for name, pattern in _places(config, text):
                device = chosen[name][0] if name in chosen else await fleet.device(name)
                points = _named(device, name, pattern) if text.startswith(name) else _fitting(device, pattern)
                known += [f"{name}.{point.name}" for point in device.dictionary.points]
                if points:
                    fitted = True
                    chosen.setdefault(name, (device, {}))[1].update({point.name: point for point in points})
            if not fitted:
                raise NotFound(
                    f"no number fits {text!r}",
                    "a typing error, or a * that was to go beyond one part of a name: pdu-*.branch.*.power has three",
                    did_you_mean(text, known, most=3),
                )
        found = {name: {point: Curve(f"{name}.{point}", unit.unit, []) for point, unit in points.items()}
                 for name, (_, points) in chosen.items()}  # fmt: skip

        async def listen(name: str) -> None:
            async for snapshot in watch(chosen[name][0], list(found[name]), interval_s, summary, stop):
                _add(found[name], snapshot)

        await asyncio.gather(*(listen(name) for name in chosen))
    return [curve for each in found.values() for curve in each.values()]


def _places(config: PodConfig, text: str) -> list[tuple[str, str]]:
    """Device and pattern of its points; of a pattern of devices all that it fits. Names may have points in them."""
    names = [member.name for member in config.members]
    if "://" in text or any(text == name or text.startswith(f"{name}.") for name in names):
        return [place_and_point(config, [text])]
    parts = text.split(".")
    found: dict[str, str] = {}
    for at in range(1, len(parts) + 1):
        place = ".".join(parts[:at])
        found |= {name: ".".join(parts[at:]) or "*" for name in names if fnmatchcase(name, place)}
    return list(found.items()) or [place_and_point(config, [text])]


def _fitting(device: Device, pattern: str) -> list[Point]:
    """A device may have none of them: the pattern is about others."""
    known = [point for point in device.dictionary.points if point.kind not in _NO_NUMBERS]
    return [point for point in fitting(device.dictionary, pattern) if point in known]


def _named(device: Device, name: str, pattern: str) -> list[Point]:
    known = [point for point in device.dictionary.points if point.kind not in _NO_NUMBERS]
    try:
        points = fitting(device.dictionary, pattern or "*") or select(device.dictionary, [pattern])
    except MalleeError as error:
        names = [f"{name}.{point.name}" for point in known]
        raise MalleeError(error.what, error.likely, did_you_mean(f"{name}.{pattern}", names, most=3)) from error
    numbers = [point for point in points if point in known]
    if not numbers:
        raise curves.no_numbers([f"{name}.{pattern}"])
    return numbers


def _add(found: dict[str, Curve], snapshot: Snapshot) -> None:
    for name, curve in found.items():
        reading = snapshot.readings.get(name)
        if reading is None or reading.quality is not Quality.GOOD:
            curve.points.append(curves.Point(snapshot.when.timestamp(), None))
        elif not curve.points or reading.time.timestamp() > curve.points[-1].time_s:
            curve.points.append(curves.Point(reading.time.timestamp(), reading.number))
