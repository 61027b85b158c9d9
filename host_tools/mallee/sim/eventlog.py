"""What happened in a run, as a hash over all of it and a list of the latest: two runs are the same when their hashes are."""

from __future__ import annotations

import hashlib
import struct
from collections import deque
from typing import NamedTuple


class Event(NamedTuple):
    """`kind` such as "to", "from", "outputs", "state"; `subject` a controller or host; `data` what was carried."""

    time_us: int
    kind: str
    subject: str
    data: bytes


class EventLog:
    """`keep` events are held for people and tests (None: all); the hash covers every event."""

    def __init__(self, keep: int | None = 1000) -> None:
        self._sha256 = hashlib.sha256()
        self.latest: deque[Event] = deque(maxlen=keep)
        self.count = 0

    def record(self, time_us: int, kind: str, subject: str, data: bytes = b"") -> None:
        self.count += 1
        head = struct.pack("<qHHI", time_us, len(kind), len(subject), len(data))
        self._sha256.update(b"".join((head, kind.encode(), subject.encode(), data)))
        self.latest.append(Event(time_us, kind, subject, data))

    @property
    def digest(self) -> str:
        return self._sha256.hexdigest()

    def states(self) -> list[tuple[float, str, str]]:
        """Latest state changes: seconds, who, what."""
        return [(e.time_us / 1e6, e.subject, e.data.decode()) for e in self.latest if e.kind == "state"]
