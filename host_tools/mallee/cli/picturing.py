"""A picture that a command was asked for, into its file."""

from __future__ import annotations

from pathlib import Path

from ..errors import MalleeError


def write_picture(path: Path, text: str) -> None:
    """Raises MalleeError where the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MalleeError(
            f"cannot write {path}: {(error.strerror or 'no such place').lower()}",
            "the folder does not exist or is read only",
            "name another file",
        ) from error
