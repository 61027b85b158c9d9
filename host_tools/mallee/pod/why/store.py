"""The files in which a running host shows its last document and keeps its notes, beside those of its alarms."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from .. import linelog
from ..alarms import atomic
from ..document import PodDocument, from_json, to_json
from .noting import Note

DOCUMENT, LOG, OLD_LOG = "document.json", "decisions.jsonl", "decisions.1.jsonl"
ADVISING = "advise"
"""Folder of a host that only advises, inside that of the host that controls."""
LOG_MAX_BYTES = 4_000_000


class Published(msgspec.Struct, frozen=True):
    """A document as it was found. `age_s` None: the host ended in order, and said so."""

    document: PodDocument
    age_s: float | None


class DecisionStore:
    """Of one pod and host number, in `folder`. Writing raises OSError, and belongs to the running host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        atomic.clear(self.folder)

    def publish(self, document: PodDocument) -> None:
        """Whole or not at all for whoever reads; not worth waiting for the disk each second."""
        atomic.write(self.folder / DOCUMENT, to_json(document), durable=False)

    def append(self, notes: Iterable[Note]) -> None:
        linelog.append(self.folder / LOG, self.folder / OLD_LOG, LOG_MAX_BYTES, notes)

    def close(self) -> None:
        """The host ends: its document is history from now on."""
        with suppress(OSError):
            os.utime(self.folder / DOCUMENT, (0, 0))

    def published(self) -> Published | None:
        """The last document; None where there is none that this program can read."""
        path = self.folder / DOCUMENT
        try:
            written_s = path.stat().st_mtime
            document = from_json(path.read_bytes())
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return None
        return Published(document, None if written_s == 0 else max(0.0, time.time() - written_s))

    def notes(self) -> tuple[list[Note], int]:
        """Oldest first, and how many lines could not be read."""
        return linelog.read((self.folder / OLD_LOG, self.folder / LOG), Note)
