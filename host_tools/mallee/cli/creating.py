"""Files that a command writes as it goes."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ..errors import MalleeError


def create(path: Path) -> BinaryIO:
    """Raises MalleeError."""
    try:
        return path.open("wb")
    except OSError as error:
        raise MalleeError(
            f"cannot write {path}: {error.strerror}", "the folder does not exist or is read only", "name another file"
        ) from error
