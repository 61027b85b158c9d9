"""The file of a recorded session: JSON lines, a first one that says what it is, then a request and its answer in each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..errors import MalleeError

FORMAT = 1


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mallee_session: int


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`request` and `answer` are PDUs in hexadecimal; an answer of None: nothing came."""

    link: str
    unit: int
    request: str
    answer: str | None
    time: str = ""
    """UTC, of the request."""


def read_session(path: Path) -> list[Exchange]:
    """The exchanges of a recording, in their order. Raises MalleeError that names the file and the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MalleeError(
            f"{path}: {(getattr(error, 'strerror', None) or 'not UTF-8 text').lower()}",
            "there is no recording yet, or another file was named",
            "record one: pytest --mallee-record, with the devices at hand",
        ) from error
    return list(_parsed(path, lines))


def _parsed(path: Path, lines: list[str]) -> Iterator[Exchange]:
    for number, line in enumerate(lines or [""], 1):
        try:
            if number > 1:
                found = msgspec.json.decode(line, type=Exchange)
                bytes.fromhex(found.request + (found.answer or ""))
                yield found
            elif msgspec.json.decode(line, type=Head).mallee_session != FORMAT:
                raise ValueError(f"its format is not {FORMAT}")
        except (msgspec.DecodeError, ValueError) as error:
            raise MalleeError(
                f"{path}:{number}: no recorded session: {error}",
                "the file was cut off or edited, or is of another release",
                "record it again: pytest --mallee-record, with the devices at hand",
            ) from error
