"""The store of a pod file's [history], for its recorder. A damaged file is moved aside, once, and another is begun."""

from __future__ import annotations

from pathlib import Path

from .. import __version__
from ..errors import MalleeError
from ..pod.config import HistorySection
from .compaction import DAY_MS, Limits
from .problems import DamagedFile
from .store import Store

DAMAGED = ".damaged"
_BYTES_PER_MB = 1_000_000


def limits_of(section: HistorySection) -> Limits:
    return Limits(
        raw_ms=round(section.raw_days * DAY_MS),
        minute_ms=round(section.minute_days * DAY_MS),
        hour_ms=round(section.max_age_days * DAY_MS),
        bytes=section.max_size_MB * _BYTES_PER_MB,
    )


def open_store(section: HistorySection, now_ms: int) -> Store:
    """Raises MalleeError. One damaged file is kept beside: with a second one it is the disk that is to be looked at, and
    DamagedFile is raised."""
    path, limits = Path(section.path), limits_of(section)

    def opened() -> Store:
        return Store(path, limits.bytes, limits, now_ms=now_ms, version=__version__)

    try:
        return opened()
    except DamagedFile:
        aside = path.with_name(path.name + DAMAGED)
        if aside.exists():
            raise
        _move(path, aside)
        return opened()


def _move(path: Path, aside: Path) -> None:
    for end in ("", "-wal", "-shm"):
        part = path.with_name(path.name + end)
        try:
            part.rename(aside.with_name(aside.name + end))
        except FileNotFoundError:
            pass  # a file without a log
        except OSError as error:
            raise MalleeError(
                f"{part} is damaged and cannot be moved aside: {error.strerror}",
                "the folder cannot be written",
                f"move it to {aside} by hand",
            ) from error
