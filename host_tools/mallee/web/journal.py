"""Who did what through the page: a line as it is asked, a line as it has ended. What cannot be noted is not done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from ..errors import ExitCode, MalleeError
from ..pod import linelog
from .roles import Role

LOG, OLD_LOG = "web-actions.jsonl", "web-actions.1.jsonl"
LOG_MAX_BYTES = 4_000_000
Outcome = Literal["asked", "done", "refused", "failed"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """`by` is the token's name. `id` is the same of what was asked and of its end; `refused` without `asked` before it: the role
    did not allow it."""

    time: datetime
    id: str
    by: str
    role: Role
    verb: str
    target: str
    detail: str = ""
    outcome: Outcome = "asked"
    why: str = ""


class ActionJournal:
    """Beside the pod's other files, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, entry: Entry) -> None:
        """Raises MalleeError where nothing can be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            linelog.append(self.folder / LOG, self.folder / OLD_LOG, LOG_MAX_BYTES, (entry,))
        except OSError as error:
            raise CannotNote(
                f"the journal of actions cannot be written: {self.folder / LOG}: {error.strerror or error}",
                "the disk is full, or the folder belongs to another user",
                "free space there, or serve the page as the user of the host; what is not noted is not done",
                ExitCode.USAGE,
            ) from error

    def entries(self) -> tuple[list[Entry], int]:
        """Oldest first, and how many lines could not be read."""
        return linelog.read((self.folder / OLD_LOG, self.folder / LOG), Entry)


class CannotNote(MalleeError):
    """Nothing was done."""
