"""Where the reference data is: $MALLEE_REFERENCE_DATA, else shared/data beside the repository (docs/plant.md)."""

from __future__ import annotations

import csv
import os
from pathlib import Path

FOLDER = Path(os.environ.get("MALLEE_REFERENCE_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
MISSING = "the reference data is not here; docs/plant.md says where its original is"


class NoReference(Exception):
    """The reference data is not on this machine."""


def rows(path: str) -> list[dict[str, str]]:
    """Rows of a CSV below FOLDER. Raises NoReference."""
    file = FOLDER / path
    if not file.exists():
        raise NoReference(MISSING)
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
