"""What a history holds: of each device how much and from when to when, of each resolution, and what was lost."""

from __future__ import annotations

from pathlib import Path

import msgspec

from .compaction import Level
from .journals import datetime_of
from .query import Extent, History


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """`frames` are the raw ones that are there; `bytes` what all resolutions take. Times are UTC."""

    device: str
    points: int
    first: str | None
    last: str | None
    frames: int
    bytes: int
    gaps: int
    events: int


class ResolutionRow(msgspec.Struct, frozen=True, kw_only=True):
    resolution: str
    first: str | None
    last: str | None
    bytes: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """`file_bytes` is the file with its log, on the disk. `counters` are those of docs/history.md."""

    file: str
    file_bytes: int
    devices: tuple[DeviceRow, ...]
    resolutions: tuple[ResolutionRow, ...]
    counters: dict[str, int]


def overview(history: History) -> Overview:
    """Raises MalleeError where the file cannot be read."""
    extents = history.extents()
    gaps, events = history.numbers("gap"), history.numbers("event")
    points: dict[str, set[str]] = {}
    for series in history.series():
        points.setdefault(series.device, set()).add(series.point)
    devices = [_device(name, len(found), extents, gaps, events) for name, found in sorted(points.items())]
    resolutions = [_resolution(level, [each for each in extents if each.level is level]) for level in Level]
    return Overview(
        file=str(history.path),
        file_bytes=file_bytes(history.path),
        devices=tuple(devices),
        resolutions=tuple(row for row in resolutions if row.first is not None),
        counters=history.counters(),
    )


def file_bytes(path: Path) -> int:
    """The file with its log."""
    beside = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]
    return sum(each.stat().st_size for each in beside if each.is_file())


def _device(name: str, points: int, extents: list[Extent], gaps: dict[str, int], events: dict[str, int]) -> DeviceRow:
    own = [each for each in extents if each.device == name]
    return DeviceRow(
        device=name,
        points=points,
        first=_time(min((each.first_ms for each in own), default=None)),
        last=_time(max((each.last_ms for each in own), default=None)),
        frames=sum(each.rows for each in own if each.level is Level.RAW),
        bytes=sum(each.bytes for each in own),
        gaps=gaps.get(name, 0),
        events=events.get(name, 0),
    )


def _resolution(level: Level, own: list[Extent]) -> ResolutionRow:
    return ResolutionRow(
        resolution=level.name.lower(),
        first=_time(min((each.first_ms for each in own), default=None)),
        last=_time(max((each.last_ms for each in own), default=None)),
        bytes=sum(each.bytes for each in own),
    )


def _time(time_ms: int | None) -> str | None:
    return None if time_ms is None else datetime_of(time_ms).isoformat(timespec="seconds").replace("+00:00", "Z")
