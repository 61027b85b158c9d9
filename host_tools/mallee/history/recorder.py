"""Takes scans from the control loop and writes them in a thread of its own: a slow disk, or a full one, never stalls control.

The loop hands over and goes on; nothing is computed there. What the thread cannot take is dropped and counted, and the gap that
this makes is recorded as one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from ..errors import ExitCode, MalleeError
from .entries import Entries
from .problems import DamagedFile
from .rows import Entry
from .scanned import Scanned
from .store import Store

WAITING_MAX = 120
"""Scans that may wait for the disk: two minutes at one a second, some 10 MB of 200 controllers."""
_TRY_AGAIN_SCANS = 30
"""After the file could not be opened."""


class Status(NamedTuple):
    """Counters since the recorder was started. `problem`: why nothing is being written, None while it is."""

    recorded: int
    dropped_scans: int
    failed_writes: int
    waiting: int
    problem: MalleeError | None


class Recorder:
    """`open_store(time in ms)` is called in the thread, again and again until it succeeds."""

    def __init__(
        self,
        open_store: Callable[[int], Store],
        *,
        scan_s: float,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._open_store = open_store
        self._scan_s = scan_s
        self._queue: queue.Queue[Scanned | None] = queue.Queue(waiting_max)
        self._counts = {"recorded_scans": 0, "dropped_scans": 0, "failed_writes": 0, "failed_jobs": 0}
        self._told = dict(self._counts)  # what the file knows of them
        self._problem: MalleeError | None = None
        self._store: Store | None = None
        self._entries: Entries | None = None
        self._wait_scans = 0
        self._last_ms = 0
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def take(self, scanned: Scanned) -> None:
        """Never waits."""
        try:
            self._queue.put_nowait(scanned)
        except queue.Full:
            self._counts["dropped_scans"] += 1

    @property
    def status(self) -> Status:
        counts = self._counts
        return Status(
            counts["recorded_scans"],
            counts["dropped_scans"],
            counts["failed_writes"],
            self._queue.qsize(),
            self._problem,
        )

    def close(self, wait_s: float = 10.0) -> bool:
        """Write what waits, and end. False: the disk did not take it in time, and the thread is left to it."""
        try:
            self._queue.put(None, timeout=wait_s)
        except queue.Full:
            return False
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (scanned := self._queue.get()) is not None:
            self._last_ms = scanned.time_ms
            try:
                self._write(scanned)
            except MalleeError as error:
                self._lose(error)
            except Exception as error:  # a bug here must not end the recording, and must be seen
                self._lose(_bug(error))
        if self._store is not None:
            with suppress(MalleeError):
                self._store.append(Entry(self._last_ms, counts=self._news()))
            self._store.close(self._last_ms)

    def _news(self) -> dict[str, int]:
        """What the file does not know yet of the counters."""
        return {name: count - self._told[name] for name, count in self._counts.items()}

    def _write(self, scanned: Scanned) -> None:
        if self._store is None:
            if self._wait_scans > 0:
                self._wait_scans -= 1
                self._counts["failed_writes"] += 1
                return
            self._store = self._open_store(scanned.time_ms)
            self._entries = Entries(self._store, self._scan_s)
        assert self._entries is not None
        before, counted = dict(self._counts), not scanned.extra
        if before["dropped_scans"] > self._told["dropped_scans"]:
            self._entries.lost("dropped")
        news = self._news()
        entry = self._entries.of(scanned, {**news, "recorded_scans": news["recorded_scans"] + counted})
        self._store.append(entry)
        self._entries.stored()
        self._counts["recorded_scans"] += counted
        self._told = {**before, "recorded_scans": self._counts["recorded_scans"]}
        self._problem = None
        self._work(self._store)

    def _work(self, store: Store) -> None:
        """Pack and drop what is due, until the next scan is there."""
        try:
            while self._queue.empty() and store.work():
                pass
        except MalleeError as error:
            self._counts["failed_jobs"] += 1
            self._problem = error
            if isinstance(error, DamagedFile):
                self._give_up()

    def _lose(self, error: MalleeError) -> None:
        """Nothing of this scan was stored."""
        self._counts["failed_writes"] += 1
        self._problem = error
        if self._entries is not None:
            self._entries.failed()
            self._entries.lost("not_written")
        if self._store is None or isinstance(error, DamagedFile) or error.code is ExitCode.BUG:
            self._give_up()

    def _give_up(self) -> None:
        """Open the file again after a while."""
        if self._store is not None:
            self._store.close(self._last_ms)
        self._store, self._entries, self._wait_scans = None, None, _TRY_AGAIN_SCANS


def _bug(error: Exception) -> MalleeError:
    return MalleeError(
        f"{type(error).__name__}: {error}",
        "a bug of mallee",
        "report it; the pod is controlled all the same",
        ExitCode.BUG,
    )
