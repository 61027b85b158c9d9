"""What the history of 200 controllers costs: processor time, bytes a sample, the time of a query."""

from __future__ import annotations

import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from mallee.device.decoding import Decoded
from mallee.history.compaction import DAY_MS, Limits
from mallee.history.entries import Entries
from mallee.history.journals import datetime_of
from mallee.history.query import History
from mallee.history.scanned import Heard, Scanned
from mallee.history.store import Store
from mallee.reading import Scalar, Snapshot
from mallee.resources import dictionary

from ..figure import Figure
from .registers import NOISE_PERCENT, Recorded, recorded

_REAL_S = 420
_COPIES = 20
"""Of each of the ten controllers, each copy of another part of the record."""
_SAMPLES_PER_S = 12_000
_FOR_SCANS = 400
"""Fewer than were recorded: what is played twice would be packed by repeating itself."""
_BEGIN_MS = 1_767_225_600_000
_LIMITS = Limits(raw_ms=14 * DAY_MS, minute_ms=180 * DAY_MS, hour_ms=1825 * DAY_MS, bytes=10**10)
_STEPS = 2
"""Noise that is added for the hard case: each number moves by up to so many of its raw steps, in each scan anew."""


class Cost(NamedTuple):
    """CPU µs and bytes of the file a sample, with packing, the hour's block and the summary of its minutes; ms of a commit."""

    cpu_us: float
    bytes: float
    commit_ms: float
    read_ms: float


def measure() -> dict[str, Figure]:
    real = recorded(_REAL_S)
    clean, noisy = cost(real, 0), cost(real, _STEPS)
    what = "fast blocks of the default pod (firmware on virtual boards, training load, transmitters with "
    what += f"{NOISE_PERCENT:g} % noise), {_REAL_S} s recorded, played to {10 * _COPIES} controllers from different "
    what += f"places of it, {_FOR_SCANS} scans each; "
    what += "every scan committed, minutes and the hour packed, minutes summarised; "
    hard = f"each number moved by up to {_STEPS} raw steps in each scan; "
    share = f"processor time of the writing thread for {_SAMPLES_PER_S} samples a second, of one core; "
    size = "the file's used pages over samples; "
    return {
        "cpu": Figure(_percent(clean), share + what),
        "bytes": Figure(round(clean.bytes, 3), size + what),
        "noisy.cpu": Figure(_percent(noisy), share + hard + what),
        "noisy.bytes": Figure(round(noisy.bytes, 3), size + hard + what),
        "commit": Figure(round(clean.commit_ms, 1), "median wall time of a commit with flush to this disk; " + what),
        "read": Figure(
            round(clean.read_ms, 1),
            f"wall time to read {_FOR_SCANS} values of one point of an hour's block; " + what,
        ),
    }


def _percent(found: Cost) -> float:
    return round(100 * found.cpu_us * _SAMPLES_PER_S / 1e6, 2)


def cost(real: list[Recorded], steps: int) -> Cost:
    """Of the same values, with `steps` of noise added."""
    source = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        store = Store(path, 10**10, _LIMITS, now_ms=_BEGIN_MS, version="bench")
        entries = Entries(store, 1.0)
        cpu_s, samples, commits = 0.0, 0, []
        for n in range(_FOR_SCANS + 1):
            # The last scan comes an hour later: the hour before it is over, and is packed.
            time_ms = _BEGIN_MS + 1000 * n + (3_600_000 if n == _FOR_SCANS else 0)
            scanned = Scanned(time_ms, time_ms / 1000, _heard(real, n, time_ms, steps, source))
            began_s, began_cpu_s = time.perf_counter(), time.thread_time()
            entry = entries.of(scanned, {})
            store.append(entry)
            entries.stored()
            commits.append(time.perf_counter() - began_s)
            while store.work():
                pass
            cpu_s += time.thread_time() - began_cpu_s
            samples += sum(len(store.layouts.by_number[frame.layout].series) for frame in entry.frames)
        used = store.used_bytes()
        store.close(_BEGIN_MS)
        with History(path) as history:
            series = next(each for each in history.series() if each.point == "power")
            began_s = time.perf_counter()
            (piece,) = history.read([series], 0, _BEGIN_MS + 3_600_000)
            read_ms = 1000 * (time.perf_counter() - began_s)
            assert len(piece.times_ms) == _FOR_SCANS
    return Cost(1e6 * cpu_s / samples, used / samples, 1000 * sorted(commits)[len(commits) // 2], read_ms)


def _heard(real: list[Recorded], n: int, time_ms: int, steps: int, source: random.Random) -> list[Heard]:
    heard = []
    for copy in range(_COPIES):
        for number, (profile, scans) in enumerate(real):
            shift = (copy * len(scans)) // _COPIES
            decoded = scans[1 + (n + shift) % (len(scans) - 1)]
            moved = _moved(decoded, profile, steps, source) if steps else decoded.scalars
            when = datetime_of(time_ms) - timedelta(milliseconds=300 + number)
            shown = Decoded.__new__(Decoded)
            shown.names, shown.units, shown._at = decoded.names, decoded.units, decoded._at
            shown.scalars, shown.qualities, shown.when = moved, decoded.qualities, when
            name = f"{profile}-{number}-{copy}"
            heard.append(Heard(name, dictionary(profile), Snapshot(name, when, shown)))
    return heard


def _moved(decoded: Decoded, profile: str, steps: int, source: random.Random) -> list[Scalar]:
    points = dictionary(profile).by_name
    moved: list[Scalar] = []
    for name, value in zip(decoded.names, decoded.scalars, strict=True):
        point = points[name]
        if isinstance(value, float) and point.scale < 0:
            divisor = 10**-point.scale
            moved.append(max(0, round(value * divisor) + source.randint(-steps, steps)) / divisor)
        elif isinstance(value, int) and not isinstance(value, bool) and point.unit in ("W", "kW"):
            moved.append(max(0, value + source.randint(-steps, steps) * 10**point.scale))
        else:
            moved.append(value)
    return moved
