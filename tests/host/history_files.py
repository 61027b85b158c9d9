"""Histories for tests: two devices whose numbers follow from the number of the scan, and what reads them back."""

from __future__ import annotations

import random
from pathlib import Path

from mallee.history.compaction import DAY_MS, Limits
from mallee.history.frames import FrameCoder
from mallee.history.query import History
from mallee.history.rows import Entry, StoredFrame
from mallee.history.series import Layout, Series
from mallee.history.store import Store
from mallee.reading import Quality, Scalar

BEGIN_MS = 1_767_225_600_500  # 2026-01-01T00:00:00.5Z
MB = 1_000_000
STATES = ((0, "stopped"), (1, "running"), (2, "fault"))
LIMITS = Limits(raw_ms=14 * DAY_MS, minute_ms=180 * DAY_MS, hour_ms=1825 * DAY_MS, bytes=1000 * MB)


def layout(device: str, unit: str = "degC") -> Layout:
    return Layout(
        device,
        (
            Series(device, "temperature", unit, "number", "h", -2),
            Series(device, "energy", "Wh", "number", "Q"),
            Series(device, "state", "", "choice", "H", 0, STATES),
            Series(device, "closed", "", "flags", "H", 0, tuple((bit, f"branch_{bit + 1}") for bit in range(8))),
            Series(device, "ratio", "1", "real", "d"),
        ),
    )


def values(device: str, n: int) -> tuple[list[Scalar], list[Quality] | None]:
    """Of scan n, always the same: noise, a counter, words, flags and doubles; every seventh has a sensor fault."""
    source = random.Random(f"{device}/{n}")
    found: list[Scalar] = [
        source.randrange(-2000, 9000) / 100 if n % 50 == 0 else (3700 + source.randrange(-20, 21)) / 100,
        10**12 + 37 * n,
        STATES[n // 9 % 3][1],
        frozenset(f"branch_{bit + 1}" for bit in range(8) if n >> bit & 1),
        source.gauss(0.0, 1e300),
    ]
    if n % 7:
        return found, None
    qualities = [Quality.GOOD] * len(found)
    found[0], qualities[0] = None, Quality.FAULT
    return found, qualities


DEVICES = ("pdu-1", "skid-1")


class Filler:
    """Appends scans by their number, `step_ms` apart."""

    def __init__(self, store: Store, step_ms: int = 1000, begin_ms: int = BEGIN_MS) -> None:
        self.store, self.step_ms, self.begin_ms = store, step_ms, begin_ms
        layouts = {device: layout(device) for device in DEVICES}
        self._forms = {device: (store.number(of), FrameCoder(of)) for device, of in layouts.items()}

    def entry(self, n: int) -> Entry:
        time_ms = self.begin_ms + n * self.step_ms
        frames = []
        for device, (number, coder) in self._forms.items():
            found, qualities = values(device, n)
            frames.append(StoredFrame(number, time_ms - 3, coder.encode(number, -3, found, qualities)))
        return Entry(time_ms, frames)

    def add(self, *numbers: int, work: bool = True) -> None:
        for n in numbers:
            self.store.append(self.entry(n))
            while work and self.store.work():
                pass


def make(path: Path, *, max_bytes: int = 1000 * MB, limits: Limits = LIMITS, flush: bool = False) -> Store:
    """Without `flush` the disk is not waited for: that is for power cuts, which no test makes."""
    store = Store(path, max_bytes, limits, now_ms=BEGIN_MS, version="test")
    if not flush:
        store.database.execute("PRAGMA synchronous = OFF")
    return store


def check_all(path: Path, last: int, step_ms: int = 1000) -> int:
    """Every scan from 0 to the newest, which is `last` or a later one, is there as it was. Returns the newest."""
    newest = -1
    with History(path) as history:
        for device in DEVICES:
            pieces = history.read(layout(device).series, 0, 1 << 60)
            assert [piece.series for piece in pieces] == list(layout(device).series)
            times = [(time + 3 - BEGIN_MS) // step_ms for time in pieces[0].times_ms]
            assert times == list(range(len(times)))
            newest = len(times) - 1
            assert newest >= last, f"scan {last} was committed, and {newest} is the newest"
            for n in times:
                found, qualities = values(device, n)
                assert [piece.values[n] for piece in pieces] == found
                assert [type(piece.values[n]) for piece in pieces] == [type(value) for value in found]
                codes = [Quality.GOOD if p.qualities is None else p.qualities[n] for p in pieces]
                assert codes == (qualities or [Quality.GOOD] * len(found))
        assert history.damaged_blocks == 0
        assert history.page_errors() == []
    return newest
