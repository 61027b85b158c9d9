"""Whether all of a history can be read."""

from __future__ import annotations

import msgspec

from ..errors import MalleeError
from .query import History


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`level`: `damaged` where something is lost, `note` otherwise."""

    level: str
    where: str
    what: str


def audit(history: History) -> list[Finding]:
    """Every page as SQLite checks it, and every block by its check sum. Raises MalleeError where not even that can be done."""
    found = [Finding(level="damaged", where=str(history.path), what=line) for line in history.page_errors()]
    try:
        for where, what in history.block_errors():
            found.append(Finding(level="damaged", where=where, what=what))
    except MalleeError as error:
        found.append(Finding(level="damaged", where=str(history.path), what=error.what))
    return found
