"""What is handed to the recorder: plain data, made in the control loop, written in another thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..device.dictionary import Dictionary
from ..device.journal import JournalEntry
from ..pod.document import Event
from ..reading import Snapshot


class Heard(NamedTuple):
    """What one device gave. `snapshot` None: nothing new, and `reason` says why. `interval_s` is how often such a snapshot
    comes, None: with each scan."""

    device: str
    dictionary: Dictionary | None
    snapshot: Snapshot | None
    reason: str = ""
    interval_s: float | None = None


class JournalRead(NamedTuple):
    """The ring of a controller as it was read. `boot` and `uptime_s` None: the controller does not say. `lasting`: it outlives
    a start."""

    device: str
    entries: Sequence[JournalEntry]
    boot: int | None
    uptime_s: int | None
    lasting: bool


class Scanned(NamedTuple):
    """A scan of the pod, or (`extra`) what was read beside the scans. `time_ms` is when it was handed over, `clock_s` the same
    on a clock that does not jump."""

    time_ms: int
    clock_s: float
    heard: Sequence[Heard] = ()
    events: Sequence[Event] = ()
    journals: Sequence[JournalRead] = ()
    extra: bool = False
