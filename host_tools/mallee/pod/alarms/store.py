"""The files of a pod's alarms: the book of the running host, what people ask of it, and the log. docs/alarms.md has the layout.

Other processes hand an action over as a file of its own, renamed into place: none is ever half there, and two writers never
meet.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from .. import linelog
from ..document import Event
from . import atomic, storing
from .actions import Action
from .storing import Kept

BOOK, ACTIONS, LOG, OLD_LOG, DAMAGED = "book.json", "actions", "log.jsonl", "log.1.jsonl", ".damaged"
LOG_MAX_BYTES = 4_000_000
HEARTBEAT_S = 10.0
"""A running host renews the date of its book at least so often."""
_GIVEN_UP_S = 30.0
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


class AlarmStore:
    """Of one pod and host number, in `folder`. Everything but `hand_over` and `view` belongs to the running host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: bytes = b""

    # The running host.

    def open(self) -> tuple[Kept | None, str]:
        """What a run before left, and what is wrong with it: a damaged book is moved aside. Raises OSError where nothing can be
        written."""
        (self.folder / ACTIONS).mkdir(parents=True, exist_ok=True)
        for folder in (self.folder, self.folder / ACTIONS):
            atomic.clear(folder)
        path = self.folder / BOOK
        try:
            return storing.decode(path.read_bytes()), ""
        except FileNotFoundError:
            return None, ""
        except ValueError as error:
            aside = _move_aside(path)
            return None, f"the alarm book was damaged ({error}); it is kept as {aside.name}, and a new one is begun"

    def take(self) -> tuple[list[Action], list[str]]:
        """What people asked for since, oldest first; and what was wrong with files that could not be read: those are moved
        aside."""
        actions: list[Action] = []
        wrong: list[str] = []
        for path in _waiting(self.folder):
            try:
                action = msgspec.json.decode(path.read_bytes(), type=Action)
                if path.stem != action.id:
                    raise msgspec.ValidationError(f"it says that it is action {action.id!r}")
                actions.append(action)
            except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
                wrong.append(f"{path.name} is no action ({error}); it is kept as {_move_aside(path).name}")
            except OSError as error:
                wrong.append(f"{path.name} cannot be read: {error.strerror}")
        return actions, wrong

    def save(self, kept: Kept) -> None:
        """Write the book if anything but its date has changed; else show that the host is alive. Raises OSError."""
        path = self.folder / BOOK
        comparable = storing.encode(msgspec.structs.replace(kept, time=_NO_DATE))
        if comparable != self._written or not path.exists():
            atomic.write(path, storing.encode(kept))
            self._written = comparable
        elif time.time() - path.stat().st_mtime > HEARTBEAT_S:
            os.utime(path)

    def forget(self, actions: Iterable[Action]) -> None:
        """After `save`: what was done is in the book, under its number, so that nothing is done twice or not at all."""
        for action in actions:
            with suppress(OSError):
                (self.folder / ACTIONS / f"{action.id}.json").unlink()

    def append(self, events: Iterable[Event]) -> None:
        """To the log. Raises OSError."""
        linelog.append(self.folder / LOG, self.folder / OLD_LOG, LOG_MAX_BYTES, events)

    def close(self) -> None:
        """The host ends: nobody shall take its book for living."""
        with suppress(OSError):
            os.utime(self.folder / BOOK, (0, 0))

    # Other processes.

    def hand_over(self, action: Action) -> None:
        """Raises OSError."""
        folder = self.folder / ACTIONS
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write(folder / f"{action.id}.json", msgspec.json.encode(action))

    def view(self) -> Kept | None:
        """The book of the host if it runs, as it was a scan ago at most; None without one."""
        path = self.folder / BOOK
        try:
            age_s = time.time() - path.stat().st_mtime
            kept = storing.decode(path.read_bytes())
        except (OSError, ValueError):
            return None
        return kept if age_s < max(_GIVEN_UP_S, 3 * kept.scan_s) else None

    def events(self) -> tuple[list[Event], int]:
        """The log, oldest first, and how many lines of it could not be read."""
        return linelog.read((self.folder / OLD_LOG, self.folder / LOG), Event)


def _waiting(folder: Path) -> list[Path]:
    """In the order in which they were handed over: their names begin with the time."""
    try:
        return sorted(path for path in (folder / ACTIONS).iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return []


def _move_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}.{number}{DAMAGED}")).exists():
        number += 1
    path.replace(aside)
    return aside
