"""What happened before somebody looked: from the log of alarms here, and from the history with the journals of controllers.

Each source may be missing. What a host wrote into both of them is told once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from ..pod.alarms import eemua
from ..pod.alarms.store import AlarmStore
from ..pod.document import Event
from .journals import datetime_of, ms_of
from .query import History
from .rows import Event as Recorded


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """`by`: who noted it. `estimated`: a controller whose clock nobody had set; when it happened, or was learnt."""

    time: datetime
    device: str
    kind: str
    text: str
    by: Literal["host", "controller"] = "host"
    estimated: bool = False


def of_document(event: Event) -> Happened:
    text = event.text or f"the host {event.kind}"  # marks in the log have none
    return Happened(time=event.time, device=event.device, kind=event.kind, text=text)


def latest(folder: Path, history: Path | None, most: int, seen: Iterable[Event] = ()) -> tuple[list[Happened], int]:
    """The newest `most`, oldest first, and how many lines of the log could not be read. `folder` is the host's; `seen` is what
    the asker heard itself. Reads the disk. Raises MalleeError where the history cannot be read."""
    log, unreadable = AlarmStore(folder).events()
    told = [event for event in log if event.kind != eemua.RUNNING][-most:]  # those only say that the host still ran
    found = [of_document(event) for event in (*told, *seen)]
    if history is not None and history.exists():
        with History(history) as recorded:
            found += [_recorded(event) for event in recorded.latest_events(most)]
    once: dict[tuple[int, str, str], Happened] = {}
    for each in found:
        once.setdefault((ms_of(each.time), each.device, each.text), each)  # of two the log's has the finer time
    return sorted(once.values(), key=lambda each: each.time)[-most:], unreadable


def _recorded(event: Recorded) -> Happened:
    controller = event.source == "journal"
    return Happened(
        time=datetime_of(event.seen_ms if event.time_ms is None else event.time_ms),
        device=event.device,
        kind=event.kind,
        text=f"{event.kind}: {event.what}".replace("_", " ") if controller else event.what,
        by="controller" if controller else "host",
        estimated=event.estimated or event.time_ms is None,
    )
